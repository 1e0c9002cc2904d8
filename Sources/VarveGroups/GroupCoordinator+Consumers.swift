import VarveTerms

/// What members of consumer groups ask for.
extension GroupCoordinator {
    /// ConsumerGroupHeartbeat: answered at once. What it sees of topics is `topics`.
    public mutating func consumerHeartbeat(
        _ request: ConsumerHeartbeat, from context: ConsumerContext, token: RequestToken,
        at now: Moment, into effects: inout [GroupEffect]
    ) {
        var answer: ConsumerHeartbeatAnswer
        do throws(GroupRefusal) {
            try check(request)
            if request.epoch < ConsumerEpoch.join {
                answer = try consumerLeave(request, at: now, into: &effects)
            } else {
                answer = try consumerBeat(request, context, at: now, into: &effects)
            }
        } catch {
            answer = ConsumerHeartbeatAnswer(error)
        }
        effects.append(.answer(token, .consumerHeartbeat(answer)))
    }

    private mutating func consumerBeat(
        _ request: ConsumerHeartbeat, _ context: ConsumerContext, at now: Moment,
        into effects: inout [GroupEffect]
    ) throws(GroupRefusal) -> ConsumerHeartbeatAnswer {
        if consumerGroups[request.group] == nil {
            try makeConsumerGroup(for: request, at: now, into: &effects)
        }
        let outcome = withConsumerGroup(request.group, at: now, into: &effects) {
            group, turn -> Result<ConsumerHeartbeatAnswer, GroupRefusal> in
            do throws(GroupRefusal) {
                let answer = try group.beat(request, from: context, &turn)
                group.resolvePatterns(&turn)
                return .success(answer)
            } catch {
                return .failure(error)
            }
        }
        guard let outcome else { throw consumerGroupNotFound(request.group) }
        return try outcome.get()
    }

    private func consumerGroupNotFound(_ id: String) -> GroupRefusal {
        GroupRefusal(.groupIDNotFound, "Consumer group \(id) not found.")
    }

    /// A group of offsets alone, or one that its classic members have left, gives its place to a
    /// consumer group; the offsets stay.
    private mutating func makeConsumerGroup(
        for request: ConsumerHeartbeat, at now: Moment, into effects: inout [GroupEffect]
    ) throws(GroupRefusal) {
        let id = request.group
        guard request.epoch == ConsumerEpoch.join else {
            guard groups[id] == nil else {
                throw GroupRefusal(.groupIDNotFound, "Group \(id) is not a consumer group.")
            }
            throw consumerGroupNotFound(id)
        }
        if let classic = groups[id] {
            guard classic.members.isEmpty else {
                return try upgrade(classic, at: now, into: &effects)
            }
            withGroup(id, at: now, into: &effects) { $0.resign(.rebalanceInProgress, &$1) }
            groups[id] = nil
            effects.append([.group(id, nil)], in: settings)
        }
        consumerGroups[id] = ConsumerGroup(id: id)
    }

    private mutating func consumerLeave(
        _ request: ConsumerHeartbeat, at now: Moment, into effects: inout [GroupEffect]
    ) throws(GroupRefusal) -> ConsumerHeartbeatAnswer {
        let id = request.group
        let outcome = withConsumerGroup(id, at: now, into: &effects) {
            group, turn -> Result<ConsumerHeartbeatAnswer, GroupRefusal> in
            do throws(GroupRefusal) {
                return .success(try group.leave(request, &turn))
            } catch {
                return .failure(error)
            }
        }
        guard let outcome else {
            let isClassic = groups[id] != nil
            throw GroupRefusal(
                .groupIDNotFound,
                isClassic ? "Group \(id) is not a consumer group." : "Group \(id) not found.")
        }
        let answer = try outcome.get()
        downgradeIfDue(id, at: now, into: &effects)
        return answer
    }

    // MARK: What no group would take

    private func check(_ request: ConsumerHeartbeat) throws(GroupRefusal) {
        func refuse(_ message: String) -> GroupRefusal { GroupRefusal(.invalidRequest, message) }
        if request.group.allSatisfy(\.isWhitespace) { throw refuse("GroupId can't be empty.") }
        if isTooLong(request.group) { throw refuse("GroupId is too long.") }
        if request.memberID.isEmpty, request.version >= 1 || request.epoch != ConsumerEpoch.join {
            throw refuse("MemberId can't be empty.")
        }
        if isTooLong(request.memberID) { throw refuse("MemberId is too long.") }
        if request.instanceID?.isEmpty == true { throw refuse("InstanceId can't be empty.") }
        if request.rackID?.isEmpty == true { throw refuse("RackId can't be empty.") }
        switch request.epoch {
        case ConsumerEpoch.join: try checkJoin(request)
        case ConsumerEpoch.awayStatic where request.instanceID == nil:
            throw refuse("InstanceId can't be null.")
        case ..<ConsumerEpoch.awayStatic: throw refuse("MemberEpoch is invalid.")
        default: break
        }
        if let name = request.assignor,
            PartitionAssignor(rawValue: name).map(settings.assignors.contains) != true
        {
            let names = settings.assignors.map(\.rawValue).joined(separator: ", ")
            throw GroupRefusal(
                .unsupportedAssignor,
                "ServerAssignor \(name) is not supported. Supported assignors: \(names).")
        }
        try checkPattern(of: request)
    }

    private func checkJoin(_ request: ConsumerHeartbeat) throws(GroupRefusal) {
        if request.rebalanceTimeoutMs == -1 {
            throw GroupRefusal(
                .invalidRequest, "RebalanceTimeoutMs must be provided in first request.")
        }
        if request.owned?.isEmpty != true {
            throw GroupRefusal(
                .invalidRequest, "TopicPartitions must be empty when (re-)joining.")
        }
        if request.subscribedTopics == nil, request.subscribedPattern == nil {
            throw GroupRefusal(
                .invalidRequest,
                "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when "
                    + "(re-)joining.")
        }
    }

    private func checkPattern(of request: ConsumerHeartbeat) throws(GroupRefusal) {
        guard let text = request.subscribedPattern, !text.isEmpty else { return }
        if isTooLong(text) {
            throw GroupRefusal(.invalidRegularExpression, "SubscribedTopicRegex is too long.")
        }
        do throws(PatternError) {
            _ = try TopicPattern(text)
        } catch {
            throw GroupRefusal(
                .invalidRegularExpression,
                "SubscribedTopicRegex `\(text)` is not a valid regular expression: "
                    + "\(error.description).")
        }
    }

    // MARK: Groups

    /// Lets a consumer group work, has recorded what it did, and takes over its alarm.
    /// - Returns: what `work` does; nil when there is no such group.
    @discardableResult
    mutating func withConsumerGroup<Outcome>(
        _ id: String, at now: Moment, into effects: inout [GroupEffect],
        _ work: (inout ConsumerGroup, inout ConsumerTurn) -> Outcome
    ) -> Outcome? {
        guard let index = consumerGroups.index(forKey: id) else { return nil }
        var turn = ConsumerTurn(now: now, settings: settings, topics: topics)
        let outcome = work(&consumerGroups.values[index], &turn)
        effects.append(turn.records, in: settings)
        alarms.set(consumerGroups.values[index].alarm, for: id)
        return outcome
    }

    /// How many members the consumer groups have together.
    /// - Complexity: O(groups)
    public var consumerMemberCount: Int {
        consumerGroups.values.reduce(0) { $0 + $1.members.count }
    }

    // MARK: What administrators ask

    /// ConsumerGroupDescribe of one group.
    ///
    /// It may tell of records that are not durable yet, as `fetchOffsets` may.
    /// - Returns: nil when there is no such consumer group; `kind(of:)` tells whether it is one
    ///   of another kind.
    public func describeConsumers(_ id: String) -> ConsumerGroupDescription? {
        guard let group = consumerGroups[id] else { return nil }
        return ConsumerGroupDescription(
            group: id, state: group.state, epoch: group.epoch, targetEpoch: group.targetEpoch,
            assignor: group.assignor(of: settings).rawValue,
            members: group.members.values.sorted { $0.id < $1.id }.map { member in
                ConsumerDescription(
                    memberID: member.id, profile: member.profile, epoch: member.current.epoch,
                    assigned: described(member.current.assigned.partitions),
                    target: described(group.target[member.id] ?? PartitionSet()))
            })
    }

    private func described(_ set: PartitionSet) -> [DescribedPartitions] {
        set.inOrder.compactMap { topic, partitions in
            topics.name(of: topic).map {
                DescribedPartitions(topicID: topic, topic: $0, partitions: partitions)
            }
        }
    }

    /// Which protocol the members of a group speak; nil when there is no such group.
    public func kind(of id: String) -> GroupKind? {
        groups[id] != nil ? .classic : consumerGroups[id] != nil ? .consumer : nil
    }
}
