internal import VarveMetadata
internal import VarveRecords
internal import VarveTerms
internal import VarveTransactions
internal import VarveTransport
internal import VarveWire

/// Requests of transactional producers: each goes to the coordinator of its transactional id.
extension Broker {
    // MARK: EndTxn

    func endTxn(_ request: EndTxnRequest, _ context: RequestContext, on loop: EventLoop) {
        var response = EndTxnResponse()
        let id = request.transactionalId
        guard !id.isEmpty else {
            response.errorCode = .invalidRequest
            return answer(response, to: context, on: loop)
        }
        let claim = ProducerIdentity(id: request.producerId, epoch: request.producerEpoch)
        let outcome: TransactionOutcome = request.committed ? .commit : .abort
        let decided = decide(on: id, at: context.wallClock) { coordinator, now, effects in
            coordinator.end(
                outcome, of: id, by: claim, version: context.version >= 5 ? .v2 : .v0, at: now,
                freshProducerID: { self.durableProducerID(at: context.wallClock) },
                into: &effects)
        }
        guard let decided else {
            response.errorCode = .coordinatorNotAvailable
            return answer(response, to: context, on: loop)
        }
        switch decided.answer {
        case .success(let producer):
            response.producerId = producer.id
            response.producerEpoch = producer.epoch
        case .failure(let error):
            response.errorCode = error.code(knowsFencing: context.version >= 2)
        }
        answer(response, to: context, after: decided.home) { response in
            response = EndTxnResponse()
            response.errorCode = .notCoordinator
        }
    }

    // MARK: AddOffsetsToTxn

    func addOffsetsToTxn(
        _ request: AddOffsetsToTxnRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = AddOffsetsToTxnResponse()
        let id = request.transactionalId
        guard !id.isEmpty else {
            response.errorCode = .invalidRequest
            return answer(response, to: context, on: loop)
        }
        guard let offsets = offsetsPartition(of: request.groupId, at: context.wallClock) else {
            response.errorCode = .coordinatorNotAvailable
            return answer(response, to: context, on: loop)
        }
        let claim = ProducerIdentity(id: request.producerId, epoch: request.producerEpoch)
        let decided = decide(on: id, at: context.wallClock) { coordinator, now, effects in
            coordinator.add(
                [offsets.place], to: id, by: claim, version: .v0, at: now, into: &effects)
        }
        guard let decided else {
            response.errorCode = .coordinatorNotAvailable
            return answer(response, to: context, on: loop)
        }
        response.errorCode = decided.answer?.code(knowsFencing: context.version >= 2) ?? .none
        answer(response, to: context, after: decided.home) { response in
            response.errorCode = .notCoordinator
        }
    }

    // MARK: AddPartitionsToTxn

    func addPartitionsToTxn(
        _ request: AddPartitionsToTxnRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = AddPartitionsToTxnResponse()
        var homes: [Partition?] = []
        for wanted in request.wanted(in: context.version) {
            let (topics, home) = add(wanted, context)
            response.resultsByTransaction.append(
                .init(transactionalId: wanted.transactionalId, topicResults: topics))
            homes.append(home)
        }
        afterFlush.append { loop in
            for (place, home) in homes.enumerated() {
                guard let home, home.flushFailure != nil else { continue }
                self.giveUp(home)
                response.resultsByTransaction[place].refuse(.notCoordinator)
            }
            if context.version < 4 {
                response.resultsByTopicV3AndBelow =
                    response.resultsByTransaction.first?.topicResults ?? []
                response.resultsByTransaction = []
            }
            self.answer(response, to: context, on: loop)
        }
    }

    private typealias TopicResults = [AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult]

    /// Adds the partitions of one transaction, all or none, or looks whether they are in it.
    /// - Returns: the partition that must be flushed before the answer.
    private func add(
        _ wanted: AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction,
        _ context: RequestContext
    ) -> (TopicResults, Partition?) {
        let id = wanted.transactionalId
        let places = wanted.topics.flatMap { topic in
            topic.partitions.map { TransactionPartition(topic.name, $0) }
        }
        guard !places.isEmpty else { return (wanted.results { _ in .none }, nil) }
        guard !id.isEmpty else { return (wanted.results { _ in .invalidRequest }, nil) }
        let refusals = refusals(of: places, context)
        guard refusals.isEmpty else {
            return (wanted.results { refusals[$0] ?? .operationNotAttempted }, nil)
        }
        let claim = ProducerIdentity(id: wanted.producerId, epoch: wanted.producerEpoch)
        let version: TransactionVersion = context.version >= 5 ? .v2 : .v0
        let decided = decide(on: id, at: context.wallClock) {
            coordinator, now, effects -> Result<Set<TransactionPartition>, TransactionError> in
            if wanted.verifyOnly {
                return coordinator.verify(Set(places), in: id, by: claim)
            }
            let error = coordinator.add(
                Set(places), to: id, by: claim, version: version, at: now, into: &effects)
            return error.map { .failure($0) } ?? .success(Set(places))
        }
        guard let decided else { return (wanted.results { _ in .coordinatorNotAvailable }, nil) }
        switch decided.answer {
        case .success(let known):
            let results = wanted.results { known.contains($0) ? .none : .transactionAbortable }
            return (results, decided.home)
        case .failure(let error):
            let code = error.code(knowsFencing: context.version >= 2)
            return (wanted.results { _ in code }, decided.home)
        }
    }

    /// Which partitions cannot be added, and why.
    private func refusals(
        of places: [TransactionPartition], _ context: RequestContext
    ) -> [TransactionPartition: ErrorCode] {
        var refusals: [TransactionPartition: ErrorCode] = [:]
        for place in places {
            let isHere = partitions.isHere(place.topic, place.index)
            if !isHere { refusals[place] = .unknownTopicOrPartition }
            // Versions for clients; the others are what brokers say to each other.
            if context.version < 4, isHere, TopicImage.internalNames.contains(place.topic) {
                refusals[place] = .topicAuthorizationFailed
            }
        }
        return refusals
    }
}

extension Partition {
    /// As transactions name it.
    var place: TransactionPartition { TransactionPartition(topic, index) }
}

extension AddPartitionsToTxnRequest {
    /// The transactions that it is about: up to version 3 there is one.
    fileprivate func wanted(in version: Int16) -> [AddPartitionsToTxnTransaction] {
        guard version < 4 else { return transactions }
        return [
            .init(
                transactionalId: v3AndBelowTransactionalId, producerId: v3AndBelowProducerId,
                producerEpoch: v3AndBelowProducerEpoch, verifyOnly: false,
                topics: v3AndBelowTopics)
        ]
    }
}

extension AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction {
    /// A result for each partition of the request, in its order.
    fileprivate func results(
        _ code: (TransactionPartition) -> ErrorCode
    ) -> [AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult] {
        topics.map { topic in
            .init(
                name: topic.name,
                resultsByPartition: topic.partitions.map {
                    .init(
                        partitionIndex: $0,
                        partitionErrorCode: code(TransactionPartition(topic.name, $0)))
                })
        }
    }
}

extension AddPartitionsToTxnResponse.AddPartitionsToTxnResult {
    fileprivate mutating func refuse(_ code: ErrorCode) {
        for topic in topicResults.indices {
            for row in topicResults[topic].resultsByPartition.indices {
                topicResults[topic].resultsByPartition[row].partitionErrorCode = code
            }
        }
    }
}
