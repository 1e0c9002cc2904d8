internal import VarveLog
internal import VarveMetadata
internal import VarveShares
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// What share groups have done, for administrators.
extension Broker {
    // MARK: DescribeShareGroupOffsets

    func describeShareGroupOffsets(
        _ request: DescribeShareGroupOffsetsRequest, _ context: RequestContext,
        on loop: EventLoop
    ) {
        var work = ShareWork(context)
        var response = DescribeShareGroupOffsetsResponse()
        for group in request.groups {
            var row = DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseGroup()
            row.groupId = group.groupId
            let topics =
                group.topics?.map { (name: $0.topicName, partitions: $0.partitions) }
                ?? allTopics(of: group.groupId, &work)
            row.topics = topics.map { describe($0.name, $0.partitions, of: group.groupId, &work) }
            response.groups.append(row)
        }
        answer(response, after: work, to: context) { response in
            for place in response.groups.indices {
                response.groups[place].topics = []
                response.groups[place].errorCode = .coordinatorNotAvailable
            }
        }
    }

    private func allTopics(
        of group: String, _ work: inout ShareWork
    ) -> [(name: String, partitions: [Int32])] {
        guard hasShareGroup(group) else { return [] }
        let found = try? withShareGroups(of: group, &work) { groups, _ in groups.topics(of: group) }
        // A crash may leave a topic there that is gone.
        let topics = found?.initialized.filter { image[topic: $0.key] != nil } ?? [:]
        return topics.values.map { ($0.name, $0.partitions.sorted()) }.sorted { $0.0 < $1.0 }
    }

    private func describe(
        _ name: String, _ partitions: [Int32], of group: String, _ work: inout ShareWork
    ) -> DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseTopic {
        let id = image[topic: name]?.id
        return .init(
            topicName: name, topicId: id ?? .zero,
            partitions: partitions.map { index in
                guard let id, let topic = partition(name, index) else {
                    // Kafka never answers for a partition that there is not.
                    let code: ErrorCode = id == nil ? .none : .unknownTopicOrPartition
                    return .init(
                        partitionIndex: index, startOffset: -1, lag: -1, errorCode: code)
                }
                let key = SharePartitionKey(group: group, topicID: id, partition: index)
                return describe(key, of: topic, &work)
            })
    }

    private func describe(
        _ key: SharePartitionKey, of topic: Partition, _ work: inout ShareWork
    ) -> DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponsePartition {
        let state: ShareState?
        do throws(ShareTrouble) {
            state = try withShareStates(of: key, &work) { states, _ in states.summary(of: key) }
        } catch {
            return .init(
                partitionIndex: key.partition, startOffset: -1, lag: -1, errorCode: error.code)
        }
        guard let state, var standing = SharePartition(state, limits: ShareLimits()) else {
            return .init(partitionIndex: key.partition, startOffset: -1, lag: -1)
        }
        // What the log has no more nobody lags behind.
        standing.moveStart(to: topic.reader.startOffset)
        let ahead = standing.start.distance(to: topic.highWatermark)
        return .init(
            partitionIndex: key.partition, startOffset: standing.start.rawValue,
            leaderEpoch: state.leaderEpoch, lag: max(0, ahead - standing.finalCount))
    }

    // MARK: AlterShareGroupOffsets

    /// Lets a group without members begin elsewhere.
    func alterShareGroupOffsets(
        _ request: AlterShareGroupOffsetsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = AlterShareGroupOffsetsResponse()
        var starts: [TopicPartition: Offset] = [:]
        var names: [UniqueID: String] = [:]
        for topic in request.topics {
            let id = image[topic: topic.topicName]?.id
            var row = AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponseTopic()
            row.topicName = topic.topicName
            row.topicId = id ?? .zero
            for partition in topic.partitions {
                let index = partition.partitionIndex
                row.partitions.append(.init(partitionIndex: index))
                let last = row.partitions.count - 1
                if let id, partitions.isHere(topic.topicName, index) {
                    guard let start = Offset(exactly: partition.startOffset) else {
                        row.partitions[last].errorCode = .invalidRequest
                        continue
                    }
                    starts[TopicPartition(topicID: id, index: index)] = start
                    names[id] = topic.topicName
                } else {
                    row.partitions[last].errorCode = .unknownTopicOrPartition
                    row.partitions[last].errorMessage = Self.notHere
                }
            }
            response.responses.append(row)
        }
        var work = ShareWork(context)
        do throws(ShareTrouble) {
            let group = request.groupId
            guard hasShareGroup(group) || !hasOtherGroup(group, context, on: loop) else {
                throw ShareTrouble(.groupIDNotFound, "Group \(group) is not a share group.")
            }
            let needed = try withShareGroups(of: group, &work) {
                groups, records throws(ShareRefusal) in
                try groups.alter(
                    ShareAssignment(starts.keys), of: group, named: names, into: &records)
            }
            for (place, start) in starts { try begin(place, at: start, needed, &work) }
            finish(response, needed, after: work, to: context)
        } catch {
            let refusal = AlterShareGroupOffsetsResponse(
                errorCode: error.code, errorMessage: error.message)
            answer(refusal, after: work, to: context) { $0.errorCode = .coordinatorNotAvailable }
        }
    }

    private static let notHere = "This server does not host this topic-partition."

    private func begin(
        _ place: TopicPartition, at start: Offset, _ needed: ShareInitialization,
        _ work: inout ShareWork
    ) throws(ShareTrouble) {
        let key = SharePartitionKey(
            group: needed.group, topicID: place.topicID, partition: place.index)
        let now = work.wallClock
        try withShareStates(of: key, &work) { states, records throws(ShareRefusal) in
            try states.initialize(
                key, stateEpoch: needed.stateEpoch, start: start, at: now, into: &records)
        }
        shares.forget(key)
    }

    /// Lets the group write down where it begins, once that is durable, and answers then.
    private func finish(
        _ response: AlterShareGroupOffsetsResponse, _ needed: ShareInitialization,
        after work: ShareWork, to context: RequestContext
    ) {
        afterFlush.append { _ in
            var next = ShareWork(work.now, work.wallClock)
            let isNoted: Void? =
                work.isLost
                ? nil
                : try? self.withShareGroups(of: needed.group, &next) { groups, records in
                    groups.didInitialize(needed.partitions, of: needed.group, into: &records)
                }
            let lost = AlterShareGroupOffsetsResponse(errorCode: .coordinatorNotAvailable)
            self.answer(isNoted == nil ? lost : response, after: next, to: context) { $0 = lost }
        }
    }

    // MARK: DeleteShareGroupOffsets

    /// Forgets what a group without members has done with topics.
    func deleteShareGroupOffsets(
        _ request: DeleteShareGroupOffsetsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = DeleteShareGroupOffsetsResponse()
        var ids: Set<UniqueID> = []
        for topic in request.topics {
            if let id = image[topic: topic.topicName]?.id {
                ids.insert(id)
                response.responses.append(.init(topicName: topic.topicName, topicId: id))
            } else {
                response.responses.append(
                    .init(
                        topicName: topic.topicName, errorCode: .unknownTopicOrPartition,
                        errorMessage: Self.notHere))
            }
        }
        let group = request.groupId
        deleteStates(ids, of: group, ShareWork(context)) { trouble, work in
            var response = response
            if let trouble {
                response = .init(errorCode: trouble.code, errorMessage: trouble.message)
            }
            self.answer(response, after: work, to: context) {
                $0 = .init(errorCode: .coordinatorNotAvailable)
            }
        }
    }

    /// Deletes the states that a group without members has of topics: what is to go is written down
    /// first, so that a crash leaves nothing that seems to be there.
    ///
    /// - Parameter then: is called once all of it is durable, or with what went wrong.
    func deleteStates(
        _ ids: Set<UniqueID>, of group: String, isForced: Bool = false, _ work: ShareWork,
        then: @escaping (ShareTrouble?, ShareWork) -> Void
    ) {
        var first = work
        do throws(ShareTrouble) {
            try withShareGroups(of: group, &first) { groups, records throws(ShareRefusal) in
                if !isForced, let refusal = groups.refusalToChange(group) { throw refusal }
                groups.beginToDelete(ids, of: group, into: &records)
            }
        } catch {
            return then(error, first)
        }
        let begun = first
        afterFlush.append { _ in
            var second = ShareWork(work.now, work.wallClock)
            do throws(ShareTrouble) {
                if begun.isLost { throw .noCoordinator }
                try self.dropStates(ids, of: group, &second)
            } catch {
                return then(error, second)
            }
            let dropped = second
            self.afterFlush.append { _ in
                var third = ShareWork(work.now, work.wallClock)
                do throws(ShareTrouble) {
                    if dropped.isLost { throw .noCoordinator }
                    try self.withShareGroups(of: group, &third) { groups, records in
                        groups.didDelete(ids, of: group, into: &records)
                    }
                    then(nil, third)
                } catch {
                    then(error, third)
                }
            }
        }
    }

    private func dropStates(
        _ ids: Set<UniqueID>, of group: String, _ work: inout ShareWork
    ) throws(ShareTrouble) {
        for partition in partitions.partitions(of: ShareHost.stateTopic) {
            let keys = try withShareStates(in: partition, &work) { states, _ in
                states.keys(of: group)
            }
            for key in keys where ids.contains(key.topicID) {
                try withShareStates(in: partition, &work) { states, records in
                    states.delete(key, into: &records)
                }
                shares.forget(key)
            }
        }
    }

    // MARK: Deleting groups

    /// Deletes a share group as part of a DeleteGroups.
    func deleteShareGroup(_ name: String, _ context: RequestContext, on loop: EventLoop) {
        let work = ShareWork(context)
        var first = work
        let topics = try? withShareGroups(of: name, &first) { groups, _ in groups.topics(of: name) }
        let ids = Set(topics.map { Array($0.initialized.keys) + Array($0.initializing.keys) } ?? [])
        deleteStates(ids, of: name, work) { trouble, _ in
            var last = ShareWork(work.now, work.wallClock)
            var code = trouble?.code
            if trouble == nil {
                do throws(ShareTrouble) {
                    try self.withShareGroups(of: name, &last) {
                        groups, records throws(ShareRefusal) in
                        try groups.delete(name, into: &records)
                    }
                } catch {
                    code = error.code
                }
            }
            let deleted = last
            self.afterFlush.append { loop in
                if deleted.isLost { code = .coordinatorNotAvailable }
                self.groups.deletions.groups[context.slot]?.codes[name] = code ?? ErrorCode.none
                self.send([], to: context, on: loop)
            }
        }
    }

    /// A topic is gone: what share groups did with it goes with it, and with the topics of share
    /// groups go the groups, or what they have done.
    func forgetShares(of topic: String, _ id: UniqueID, at now: Timestamp) {
        if topic == GroupHost.topic || topic == ShareHost.stateTopic {
            if topic == GroupHost.topic { shares.groups.removeAll() }
            shares.states.removeAll()
            for key in shares.partitions.keys { shares.forget(key) }
            return
        }
        forgetShares(of: id, at: now)
    }

    /// What share groups did with a topic goes.
    func forgetShares(of id: UniqueID, at now: Timestamp) {
        let work = ShareWork(clock.now(), now)
        for partition in partitions.partitions(of: GroupHost.topic) {
            var listing = work
            let names = try? withShareGroups(in: partition, &listing) { groups, _ in
                groups.groups(with: id)
            }
            for name in names ?? [] {
                // What a crash leaves of it goes when the group is read again.
                deleteStates([id], of: name, isForced: true, work) { _, _ in }
            }
        }
    }
}
