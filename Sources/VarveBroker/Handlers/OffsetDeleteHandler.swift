internal import VarveGroups
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Deletes what a group committed for partitions.
    func offsetDelete(
        _ request: OffsetDeleteRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = OffsetDeleteResponse()
        var topics: [DeletedTopic] = []
        for topic in request.topics {
            var rows = OffsetDeleteResponse.OffsetDeleteResponseTopic()
            rows.name = topic.name
            var known: [Int32] = []
            for partition in topic.partitions.map(\.partitionIndex) {
                let isThere = partitions.isHere(topic.name, partition)
                rows.partitions.append(
                    .init(
                        partitionIndex: partition,
                        errorCode: isThere ? .none : .unknownTopicOrPartition))
                if isThere { known.append(partition) }
            }
            response.topics.append(rows)
            if !known.isEmpty { topics.append(DeletedTopic(topic: topic.name, partitions: known)) }
        }
        groups.deletions.offsets[context.slot] = response
        let deletion = OffsetDeletion(group: request.groupId, topics: topics)
        let isAsked = withCoordinator(of: request.groupId, context, on: loop) {
            coordinator, token, _, effects in
            coordinator.deleteOffsets(deletion, token: token, into: &effects)
        }
        if !isAsked { refuseGroupRequest(context, .coordinatorNotAvailable, on: loop) }
    }

    func send(_ answer: OffsetDeletionAnswer, to context: RequestContext, on loop: EventLoop) {
        var response =
            groups.deletions.offsets.removeValue(forKey: context.slot) ?? OffsetDeleteResponse()
        if let error = answer.error {
            response.errorCode = error.code
            response.topics = []
        }
        for topic in answer.topics {
            for row in topic.partitions where row.error != nil {
                setCode(row.error?.code ?? .none, of: topic.topic, row.partition, in: &response)
            }
        }
        self.answer(response, to: context, on: loop)
    }

    private func setCode(
        _ code: ErrorCode, of topic: String, _ partition: Int32,
        in response: inout OffsetDeleteResponse
    ) {
        for place in response.topics.indices where response.topics[place].name == topic {
            for row in response.topics[place].partitions.indices
            where response.topics[place].partitions[row].partitionIndex == partition {
                response.topics[place].partitions[row].errorCode = code
            }
        }
    }

    /// A topic is gone: what groups committed for it goes with it, and with the topic of the
    /// groups go the groups.
    func forgetOffsets(of topic: String, at now: Timestamp) {
        if topic == TransactionHost.topic { transactions.coordinators.removeAll() }
        guard topic != GroupHost.topic else {
            for partition in partitions.partitions(of: topic) { resign(partition) }
            return
        }
        let moment = Moment(instant: clock.now(), timestamp: now)
        withEveryCoordinator(at: moment) { coordinator, effects in
            coordinator.deleteTopics([topic], into: &effects)
        }
    }
}
