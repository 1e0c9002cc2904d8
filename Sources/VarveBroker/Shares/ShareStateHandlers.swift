internal import VarveShares
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// The states of share partitions, for brokers that lead them. This broker does not ask itself.
extension Broker {
    /// What one row of such a request comes to.
    private func outcome<Value>(
        _ group: String, _ id: UniqueID, _ index: Int32, _ work: inout ShareWork,
        _ body: (SharePartitionKey, inout ShareStateCoordinator, inout [ShareStateRecord])
            throws(ShareRefusal) -> Value
    ) -> Result<Value, ShareTrouble> {
        let key = SharePartitionKey(group: group, topicID: id, partition: index)
        do throws(ShareTrouble) {
            guard id != .zero, index >= 0, group.utf8.count <= Int(Int16.max) else {
                throw ShareTrouble(.invalidRequest)
            }
            return .success(
                try withShareStates(of: key, &work) { states, records throws(ShareRefusal) in
                    try body(key, &states, &records)
                })
        } catch {
            return .failure(error)
        }
    }

    func initializeShareGroupState(
        _ request: InitializeShareGroupStateRequest, _ context: RequestContext,
        on loop: EventLoop
    ) {
        var work = ShareWork(context)
        var response = InitializeShareGroupStateResponse()
        let now = context.wallClock
        for topic in request.topics where !request.groupId.isEmpty {
            let rows = topic.partitions.map { row in
                let made = outcome(request.groupId, topic.topicId, row.partition, &work) {
                    key, states, records throws(ShareRefusal) in
                    try states.initialize(
                        key, stateEpoch: row.stateEpoch, start: Offset(exactly: row.startOffset),
                        at: now, into: &records)
                    shares.forget(key)
                }
                return InitializeShareGroupStateResponse.PartitionResult(
                    partition: row.partition, errorCode: made.code, errorMessage: made.message)
            }
            response.results.append(.init(topicId: topic.topicId, partitions: rows))
        }
        answer(response, after: work, to: context) { response in
            for topic in response.results.indices {
                for row in response.results[topic].partitions.indices {
                    response.results[topic].partitions[row].errorCode = .coordinatorNotAvailable
                }
            }
        }
    }

    func readShareGroupState(
        _ request: ReadShareGroupStateRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var work = ShareWork(context)
        var response = ReadShareGroupStateResponse()
        let now = context.wallClock
        for topic in request.topics where !request.groupId.isEmpty {
            let rows = topic.partitions.map { row in
                let read = outcome(request.groupId, topic.topicId, row.partition, &work) {
                    key, states, records throws(ShareRefusal) in
                    try states.read(key, leaderEpoch: row.leaderEpoch, at: now, into: &records)
                }
                var result = ReadShareGroupStateResponse.PartitionResult(
                    partition: row.partition, errorCode: read.code, errorMessage: read.message)
                if case .success(let state) = read {
                    result.stateEpoch = state.stateEpoch
                    result.startOffset = state.start?.rawValue ?? -1
                    result.stateBatches = state.batches.map {
                        .init(
                            firstOffset: $0.firstOffset, lastOffset: $0.lastOffset,
                            deliveryState: $0.state.rawValue, deliveryCount: $0.deliveryCount)
                    }
                }
                return result
            }
            response.results.append(.init(topicId: topic.topicId, partitions: rows))
        }
        answer(response, after: work, to: context) { response in
            for topic in response.results.indices {
                for row in response.results[topic].partitions.indices {
                    let index = response.results[topic].partitions[row].partition
                    response.results[topic].partitions[row] = .init(
                        partition: index, errorCode: .coordinatorNotAvailable)
                }
            }
        }
    }

    func writeShareGroupState(
        _ request: WriteShareGroupStateRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var work = ShareWork(context)
        var response = WriteShareGroupStateResponse()
        let now = context.wallClock
        for topic in request.topics where !request.groupId.isEmpty {
            let rows = topic.partitions.map { row in
                let update = ShareStateUpdate(
                    start: Offset(exactly: row.startOffset),
                    deliveryCompleteCount: row.deliveryCompleteCount,
                    batches: row.stateBatches.compactMap {
                        StateBatch(
                            first: $0.firstOffset, last: $0.lastOffset, state: $0.deliveryState,
                            deliveryCount: $0.deliveryCount)
                    })
                let written = outcome(request.groupId, topic.topicId, row.partition, &work) {
                    key, states, records throws(ShareRefusal) in
                    try states.write(
                        update, to: key, stateEpoch: row.stateEpoch, leaderEpoch: row.leaderEpoch,
                        at: now, into: &records)
                    shares.forget(key)
                }
                return WriteShareGroupStateResponse.PartitionResult(
                    partition: row.partition, errorCode: written.code,
                    errorMessage: written.message)
            }
            response.results.append(.init(topicId: topic.topicId, partitions: rows))
        }
        answer(response, after: work, to: context) { response in
            for topic in response.results.indices {
                for row in response.results[topic].partitions.indices {
                    response.results[topic].partitions[row].errorCode = .coordinatorNotAvailable
                }
            }
        }
    }

    func deleteShareGroupState(
        _ request: DeleteShareGroupStateRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var work = ShareWork(context)
        var response = DeleteShareGroupStateResponse()
        for topic in request.topics where !request.groupId.isEmpty {
            let rows = topic.partitions.map { row in
                let deleted = outcome(request.groupId, topic.topicId, row.partition, &work) {
                    key, states, records in
                    states.delete(key, into: &records)
                    shares.forget(key)
                }
                return DeleteShareGroupStateResponse.PartitionResult(
                    partition: row.partition, errorCode: deleted.code,
                    errorMessage: deleted.message)
            }
            response.results.append(.init(topicId: topic.topicId, partitions: rows))
        }
        answer(response, after: work, to: context) { response in
            for topic in response.results.indices {
                for row in response.results[topic].partitions.indices {
                    response.results[topic].partitions[row].errorCode = .coordinatorNotAvailable
                }
            }
        }
    }

    func readShareGroupStateSummary(
        _ request: ReadShareGroupStateSummaryRequest, _ context: RequestContext,
        on loop: EventLoop
    ) {
        var work = ShareWork(context)
        var response = ReadShareGroupStateSummaryResponse()
        for topic in request.topics where !request.groupId.isEmpty {
            let rows = topic.partitions.map { row in
                let read = outcome(request.groupId, topic.topicId, row.partition, &work) {
                    key, states, _ in states.summary(of: key)
                }
                var result = ReadShareGroupStateSummaryResponse.PartitionResult(
                    partition: row.partition, errorCode: read.code, errorMessage: read.message)
                guard case .success(let state) = read else { return result }
                result.startOffset = state?.start?.rawValue ?? -1
                result.stateEpoch = state?.stateEpoch ?? 0
                result.leaderEpoch = state?.leaderEpoch ?? 0
                if context.version >= 1 {
                    result.deliveryCompleteCount = state?.deliveryCompleteCount ?? -1
                }
                return result
            }
            response.results.append(.init(topicId: topic.topicId, partitions: rows))
        }
        answer(response, after: work, to: context) { response in
            for topic in response.results.indices {
                for row in response.results[topic].partitions.indices {
                    response.results[topic].partitions[row].errorCode = .coordinatorNotAvailable
                }
            }
        }
    }
}

extension Result where Failure == ShareTrouble {
    fileprivate var code: ErrorCode {
        if case .failure(let trouble) = self { trouble.code } else { .none }
    }

    fileprivate var message: String? {
        if case .failure(let trouble) = self { trouble.message } else { nil }
    }
}
