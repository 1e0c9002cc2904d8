internal import VarveGroups
internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// Requests of the members of consumer groups (KIP-848).
extension Broker {
    func consumerGroupHeartbeat(
        _ request: ConsumerGroupHeartbeatRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        guard hasConsumerGroups else {
            var response = ConsumerGroupHeartbeatResponse()
            response.errorCode = .unsupportedVersion
            return answer(response, to: context, on: loop)
        }
        guard !hasShareGroup(request.groupId) else {
            var response = ConsumerGroupHeartbeatResponse()
            response.errorCode = .groupIdNotFound
            response.errorMessage = "Group \(request.groupId) is not a consumer group."
            return answer(response, to: context, on: loop)
        }
        let heartbeat = ConsumerHeartbeat(
            version: context.version, group: request.groupId, memberID: request.memberId,
            epoch: request.memberEpoch, instanceID: request.instanceId, rackID: request.rackId,
            rebalanceTimeoutMs: request.rebalanceTimeoutMs,
            subscribedTopics: request.subscribedTopicNames,
            subscribedPattern: request.subscribedTopicRegex, assignor: request.serverAssignor,
            owned: request.topicPartitions.map { rows in
                PartitionSet(rows.map { ($0.topicId, $0.partitions) })
            })
        let from = ConsumerContext(
            clientID: context.clientID ?? "", clientHost: context.clientHost,
            uniqueID: surroundings.randomness.uniqueID(), times: consumerTimes(of: request.groupId),
            memberCount: groups.consumerMemberCount(at: context.arrival),
            roundTrip: peers[context.slot.connection]?.roundTrip ?? .zero)
        let topics = topicCatalog
        let isAsked = withCoordinator(of: request.groupId, context, on: loop) {
            coordinator, token, now, effects in
            coordinator.topics = topics
            coordinator.consumerHeartbeat(
                heartbeat, from: from, token: token, at: now, into: &effects)
        }
        if !isAsked { refuseGroupRequest(context, .coordinatorNotAvailable, on: loop) }
    }

    func send(
        _ answer: ConsumerHeartbeatAnswer, to context: RequestContext, on loop: EventLoop
    ) {
        var response = ConsumerGroupHeartbeatResponse()
        response.errorCode = answer.error?.code ?? .none
        response.errorMessage = answer.message
        response.memberId = answer.memberID
        response.memberEpoch = answer.epoch
        response.heartbeatIntervalMs = answer.heartbeatIntervalMs
        response.assignment = answer.assignment.map { set in
            let names = { (id: UniqueID) in self.image[topic: id]?.name ?? "" }
            return .init(
                topicPartitions: set.inOrder.sorted { names($0.topic) < names($1.topic) }
                    .map { .init(topicId: $0.topic, partitions: $0.partitions) })
        }
        self.answer(response, to: context, on: loop)
    }

    /// The topics as coordinators see them; made anew after the metadata log has grown.
    var topicCatalog: TopicCatalog {
        let version = metadata.log.ends.written.rawValue
        if groups.topics.version != version {
            groups.topics = TopicCatalog(
                version: version,
                topics: image.topics.mapValues { topic in
                    TopicCatalog.Topic(
                        id: topic.id, partitionCount: Int32(topic.partitions.count),
                        isInternal: topic.isInternal)
                })
        }
        return groups.topics
    }

    /// The times of a group: its own, where they were set, else the broker's.
    private func consumerTimes(of group: String) -> ConsumerTimes {
        let configs = GroupConfigs(group: group, broker: brokerConfigs)
        var times = ConsumerTimes()
        let milliseconds = { (name: String) -> Duration? in
            guard let definition = ConfigTable.groups[name] else { return nil }
            return configs.value(of: definition).flatMap { Int64($0) }.map { .milliseconds($0) }
        }
        times.sessionTimeout = milliseconds("consumer.session.timeout.ms") ?? times.sessionTimeout
        times.heartbeatInterval =
            milliseconds("consumer.heartbeat.interval.ms") ?? times.heartbeatInterval
        times.assignmentInterval =
            milliseconds("consumer.assignment.interval.ms") ?? times.assignmentInterval
        let shortest = configs.broker.value(of: "varve.consumer.heartbeat.interval.min.ms")
        times.heartbeatIntervalMin =
            shortest.flatMap { Int64($0) }.map { .milliseconds($0) } ?? times.heartbeatIntervalMin
        return times
    }

    // MARK: ConsumerGroupDescribe

    func consumerGroupDescribe(
        _ request: ConsumerGroupDescribeRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = ConsumerGroupDescribeResponse()
        response.groups = request.groupIds.map {
            describeConsumers($0, request.includeAuthorizedOperations, context, on: loop)
        }
        answerAfterFlush(response, to: context)
    }

    private func describeConsumers(
        _ id: String, _ includesOperations: Bool, _ context: RequestContext, on loop: EventLoop
    ) -> ConsumerGroupDescribeResponse.DescribedGroup {
        var row = ConsumerGroupDescribeResponse.DescribedGroup()
        row.groupId = id
        guard hasConsumerGroups else {
            row.errorCode = .unsupportedVersion
            return row
        }
        guard !id.isEmpty else {
            row.errorCode = .invalidGroupId
            return row
        }
        var found: ConsumerGroupDescription?
        var kind: GroupKind?
        var unused: RequestToken?
        let topics = topicCatalog
        let isAsked = withCoordinator(of: id, context, on: loop) { coordinator, token, _, _ in
            coordinator.topics = topics
            found = coordinator.describeConsumers(id)
            kind = coordinator.kind(of: id)
            unused = token
        }
        // Groups are described at once: nothing comes later.
        if let unused { _ = groups.context(of: unused) }
        guard isAsked else {
            row.errorCode = .coordinatorNotAvailable
            return row
        }
        guard let found else {
            row.errorCode = .groupIdNotFound
            row.errorMessage =
                kind == nil && !hasShareGroup(id)
                ? "Group \(id) not found." : "Group \(id) is not a consumer group."
            return row
        }
        row.groupState = found.state.name
        row.groupEpoch = found.epoch
        row.assignmentEpoch = found.targetEpoch
        row.assignorName = found.assignor
        row.members = found.members.map { Self.described($0, context.version) }
        if includesOperations { row.authorizedOperations = AuthorizedOperations.group }
        return row
    }

    private static func described(
        _ member: ConsumerDescription, _ version: Int16
    ) -> ConsumerGroupDescribeResponse.Member {
        typealias Assignment = ConsumerGroupDescribeResponse.Assignment
        let rows = { (parts: [DescribedPartitions]) in
            Assignment(
                topicPartitions: parts.sorted { $0.topic < $1.topic }.map {
                    .init(topicId: $0.topicID, topicName: $0.topic, partitions: $0.partitions)
                })
        }
        var row = ConsumerGroupDescribeResponse.Member()
        row.memberId = member.memberID
        row.instanceId = member.profile.instanceID
        row.rackId = member.profile.rackID
        row.memberEpoch = member.epoch
        row.clientId = member.profile.clientID
        row.clientHost = member.profile.clientHost
        row.subscribedTopicNames = member.profile.subscribedTopics.sorted()
        row.subscribedTopicRegex = member.profile.subscribedPattern
        row.assignment = rows(member.assigned)
        row.targetAssignment = rows(member.target)
        // 0: classic, 1: consumer.
        if version >= 1 { row.memberType = member.profile.classic == nil ? 1 : 0 }
        return row
    }
}

extension ConsumerTimes {
    /// The broker's.
    init(_ configs: StaticConfigs) {
        self.init()
        let milliseconds = { (name: String) in configs.integer(name).map(Duration.milliseconds) }
        sessionTimeout = milliseconds("group.consumer.session.timeout.ms") ?? sessionTimeout
        heartbeatInterval =
            milliseconds("group.consumer.heartbeat.interval.ms") ?? heartbeatInterval
        assignmentInterval =
            milliseconds("group.consumer.assignment.interval.ms") ?? assignmentInterval
    }
}
