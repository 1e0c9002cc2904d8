internal import VarveGroups
internal import VarveLog
internal import VarveMetadata
internal import VarveTerms
internal import VarveTransactions
internal import VarveTransport
internal import VarveWire

/// What administrators ask about transactions and producers.
extension Broker {
    // MARK: DescribeTransactions

    func describeTransactions(
        _ request: DescribeTransactionsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = DescribeTransactionsResponse()
        response.transactionStates = request.transactionalIds.map { describe($0, context) }
        answerAfterFlush(response, to: context)
    }

    private func describe(
        _ id: String, _ context: RequestContext
    ) -> DescribeTransactionsResponse.TransactionState {
        var row = DescribeTransactionsResponse.TransactionState()
        row.transactionalId = id
        guard !id.isEmpty else {
            row.errorCode = .invalidRequest
            return row
        }
        guard image[topic: TransactionHost.topic] != nil else {
            row.errorCode = .transactionalIdNotFound
            return row
        }
        let decided = decide(on: id, at: context.wallClock) { coordinator, _, _ in
            coordinator.describe(id)
        }
        guard let decided else {
            row.errorCode = .coordinatorNotAvailable
            return row
        }
        guard let stored = decided.answer else {
            row.errorCode = .transactionalIdNotFound
            return row
        }
        row.transactionState = stored.state.name
        row.transactionTimeoutMs = stored.timeoutMs
        row.transactionStartTimeMs = stored.start.milliseconds
        row.producerId = stored.producer.id
        row.producerEpoch = stored.producer.epoch
        row.topics = Dictionary(grouping: stored.partitions, by: \.topic)
            .sorted { $0.key < $1.key }
            .map { .init(topic: $0.key, partitions: $0.value.map(\.index).sorted()) }
        return row
    }

    // MARK: ListTransactions

    func listTransactions(
        _ request: ListTransactionsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = ListTransactionsResponse()
        response.unknownStateFilters = request.stateFilters.filter {
            !TransactionState.names.contains($0)
        }
        let age: Duration? =
            request.durationFilter < 0 ? nil : .milliseconds(request.durationFilter)
        let text = request.transactionalIdPattern ?? ""
        let pattern = NamePattern(text)
        guard text.isEmpty || pattern != nil else {
            response.errorCode = .invalidRegularExpression
            return answer(response, to: context, on: loop)
        }
        let now = TransactionCoordinator.Moment(
            instant: context.arrival, timestamp: context.wallClock)
        for home in partitions.partitions(of: TransactionHost.topic) {
            let rows = withTransactions(of: home, at: now) { coordinator, now, _ in
                coordinator.list(
                    states: Set(request.stateFilters),
                    producerIDs: Set(request.producerIdFilters), olderThan: age,
                    at: now.timestamp
                ) { text.isEmpty || pattern?.matches($0) == true }
            }
            guard let rows else {
                response.errorCode = .coordinatorLoadInProgress
                response.transactionStates = []
                break
            }
            response.transactionStates += rows.map { record in
                .init(
                    transactionalId: record.transactionalID,
                    producerId: record.value?.producer.id ?? -1,
                    transactionState: record.value?.state.name ?? "")
            }
        }
        answerAfterFlush(response, to: context)
    }

    // MARK: DescribeProducers

    func describeProducers(
        _ request: DescribeProducersRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = DescribeProducersResponse()
        response.topics = request.topics.map { topic in
            .init(
                name: topic.name,
                partitions: topic.partitionIndexes.map { producers(of: topic.name, $0) })
        }
        answerAfterFlush(response, to: context)
    }

    private func producers(
        of topic: String, _ index: Int32
    ) -> DescribeProducersResponse.PartitionResponse {
        var row = DescribeProducersResponse.PartitionResponse()
        row.partitionIndex = index
        if let complaint = TopicName.complaint(about: topic) {
            row.errorCode = .invalidTopicException
            row.errorMessage = complaint
            return row
        }
        guard let partition = partition(topic, index) else {
            row.errorCode = absence(of: topic, index)
            if image[topic: topic] == nil {
                row.errorMessage = "This server does not host this topic-partition."
            }
            return row
        }
        row.activeProducers = partition.log.activeProducers.map { producer in
            .init(
                producerId: producer.id, producerEpoch: Int32(producer.epoch),
                lastSequence: producer.lastSequence ?? -1,
                lastTimestamp: producer.lastTimestamp.milliseconds,
                coordinatorEpoch: producer.coordinatorEpoch,
                currentTxnStartOffset: producer.transactionStart?.rawValue ?? -1)
        }
        return row
    }
}
