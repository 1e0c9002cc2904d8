internal import VarveGroups
internal import VarveTerms
internal import VarveWire

/// Records of consumer groups (KIP-848).
extension GroupRecordCoding {
    static func encodeKey(
        of record: ConsumerRecord, in group: String, into writer: inout WireWriter
    ) throws(WireError) {
        switch record {
        case .epoch: try ConsumerGroupMetadataKey(groupId: group).encodeKey(into: &writer)
        case .member(let id, _):
            try ConsumerGroupMemberMetadataKey(groupId: group, memberId: id)
                .encodeKey(into: &writer)
        case .targetEpoch:
            try ConsumerGroupTargetAssignmentMetadataKey(groupId: group).encodeKey(into: &writer)
        case .target(let id, _):
            try ConsumerGroupTargetAssignmentMemberKey(groupId: group, memberId: id)
                .encodeKey(into: &writer)
        case .current(let id, _):
            try ConsumerGroupCurrentMemberAssignmentKey(groupId: group, memberId: id)
                .encodeKey(into: &writer)
        case .pattern(let text, _):
            try ConsumerGroupRegularExpressionKey(groupId: group, regularExpression: text)
                .encodeKey(into: &writer)
        }
    }

    /// - Returns: false for a tombstone.
    static func encodeValue(
        of record: ConsumerRecord, into writer: inout WireWriter
    ) throws(WireError) -> Bool {
        guard record.isValue else { return false }
        switch record {
        case .epoch(let stored):
            var message = ConsumerGroupMetadataValue()
            message.epoch = stored?.epoch ?? 0
            message.metadataHash = stored?.metadataHash ?? 0
            try message.encodeValue(into: &writer, version: 0)
        case .member(_, let profile):
            try profile.map(message)?.encodeValue(into: &writer, version: 0)
        case .targetEpoch(let stored):
            var message = ConsumerGroupTargetAssignmentMetadataValue()
            message.assignmentEpoch = stored?.epoch ?? 0
            message.assignmentTimestamp = stored?.timestamp.milliseconds ?? 0
            try message.encodeValue(into: &writer, version: 0)
        case .target(_, let set):
            var message = ConsumerGroupTargetAssignmentMemberValue()
            message.topicPartitions = (set ?? PartitionSet()).inOrder.map {
                .init(topicId: $0.topic, partitions: $0.partitions)
            }
            try message.encodeValue(into: &writer, version: 0)
        case .current(_, let current):
            try current.map(message)?.encodeValue(into: &writer, version: 0)
        case .pattern(_, let stored):
            var message = ConsumerGroupRegularExpressionValue()
            message.topics = (stored?.topics ?? []).sorted()
            message.version = stored?.version ?? 0
            message.timestamp = stored?.timestamp.milliseconds ?? 0
            try message.encodeValue(into: &writer, version: 0)
        }
        return true
    }

    private static func message(_ profile: MemberProfile) -> ConsumerGroupMemberMetadataValue {
        var message = ConsumerGroupMemberMetadataValue()
        message.instanceId = profile.instanceID
        message.rackId = profile.rackID
        message.clientId = profile.clientID
        message.clientHost = profile.clientHost
        message.subscribedTopicNames = profile.subscribedTopics.sorted()
        message.subscribedTopicRegex = profile.subscribedPattern
        message.rebalanceTimeoutMs = profile.rebalanceTimeoutMs
        message.serverAssignor = profile.assignor
        message.classicMemberMetadata = profile.classic.map { classic in
            .init(
                sessionTimeoutMs: classic.sessionTimeoutMs,
                supportedProtocols: classic.protocols.map {
                    .init(name: $0.name, metadata: $0.metadata)
                })
        }
        return message
    }

    private static func message(
        _ current: CurrentAssignment
    ) -> ConsumerGroupCurrentMemberAssignmentValue {
        typealias Row = ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions
        let rows = { (set: EpochPartitions) in
            set.inOrder.map { topic, partitions in
                Row(
                    topicId: topic, partitions: partitions.map(\.partition),
                    assignmentEpochs: partitions.map(\.epoch))
            }
        }
        var message = ConsumerGroupCurrentMemberAssignmentValue()
        message.memberEpoch = current.epoch
        message.previousMemberEpoch = current.previousEpoch
        message.state = current.state.rawValue
        message.assignedPartitions = rows(current.assigned)
        message.partitionsPendingRevocation = rows(current.pendingRevocation)
        return message
    }

    // MARK: Decoding

    /// - Returns: nil for a record of another kind.
    static func consumerRecord(
        _ kind: Int16, _ key: inout WireReader, _ value: RawSpan?
    ) throws(WireError) -> GroupRecord? {
        switch kind {
        case 3:
            let id = try ConsumerGroupMetadataKey(decodingKey: &key).groupId
            guard let value else { return .consumer(id, .epoch(nil)) }
            let message = try body(ConsumerGroupMetadataValue.self, of: value)
            let stored = StoredEpoch(epoch: message.epoch, metadataHash: message.metadataHash)
            return .consumer(id, .epoch(stored))
        case 6:
            let id = try ConsumerGroupTargetAssignmentMetadataKey(decodingKey: &key).groupId
            guard let value else { return .consumer(id, .targetEpoch(nil)) }
            let message = try body(ConsumerGroupTargetAssignmentMetadataValue.self, of: value)
            let stored = StoredTargetEpoch(
                epoch: message.assignmentEpoch,
                timestamp: Timestamp(milliseconds: message.assignmentTimestamp))
            return .consumer(id, .targetEpoch(stored))
        case 16:
            let key = try ConsumerGroupRegularExpressionKey(decodingKey: &key)
            guard let value else {
                return .consumer(key.groupId, .pattern(key.regularExpression, nil))
            }
            let message = try body(ConsumerGroupRegularExpressionValue.self, of: value)
            let stored = StoredPattern(
                topics: Set(message.topics), version: message.version,
                timestamp: Timestamp(milliseconds: message.timestamp))
            return .consumer(key.groupId, .pattern(key.regularExpression, stored))
        default: return try memberRecord(kind, &key, value)
        }
    }

    private static func memberRecord(
        _ kind: Int16, _ key: inout WireReader, _ value: RawSpan?
    ) throws(WireError) -> GroupRecord? {
        switch kind {
        case 5:
            let key = try ConsumerGroupMemberMetadataKey(decodingKey: &key)
            guard let value else { return .consumer(key.groupId, .member(key.memberId, nil)) }
            return .consumer(key.groupId, .member(key.memberId, try profile(value)))
        case 7:
            let key = try ConsumerGroupTargetAssignmentMemberKey(decodingKey: &key)
            guard let value else { return .consumer(key.groupId, .target(key.memberId, nil)) }
            let message = try body(ConsumerGroupTargetAssignmentMemberValue.self, of: value)
            let set = PartitionSet(message.topicPartitions.map { ($0.topicId, $0.partitions) })
            return .consumer(key.groupId, .target(key.memberId, set))
        case 8:
            let key = try ConsumerGroupCurrentMemberAssignmentKey(decodingKey: &key)
            guard let value else { return .consumer(key.groupId, .current(key.memberId, nil)) }
            return .consumer(key.groupId, .current(key.memberId, try current(value)))
        default: return nil
        }
    }

    private static func profile(_ value: RawSpan) throws(WireError) -> MemberProfile {
        let message = try body(ConsumerGroupMemberMetadataValue.self, of: value)
        return MemberProfile(
            instanceID: message.instanceId, rackID: message.rackId, clientID: message.clientId,
            clientHost: message.clientHost, subscribedTopics: Set(message.subscribedTopicNames),
            subscribedPattern: message.subscribedTopicRegex ?? "",
            rebalanceTimeoutMs: message.rebalanceTimeoutMs, assignor: message.serverAssignor,
            classic: message.classicMemberMetadata.map { classic in
                ClassicMembership(
                    sessionTimeoutMs: classic.sessionTimeoutMs,
                    protocols: classic.supportedProtocols.map {
                        GroupProtocol(name: $0.name, metadata: $0.metadata)
                    })
            })
    }

    private static func current(_ value: RawSpan) throws(WireError) -> CurrentAssignment {
        let message = try body(ConsumerGroupCurrentMemberAssignmentValue.self, of: value)
        var current = CurrentAssignment()
        current.epoch = message.memberEpoch
        current.previousEpoch = message.previousMemberEpoch
        current.state = CurrentAssignment.State(rawValue: message.state) ?? .unknown
        for row in message.assignedPartitions {
            insert(row, into: &current.assigned, since: message.memberEpoch)
        }
        for row in message.partitionsPendingRevocation {
            insert(row, into: &current.pendingRevocation, since: message.memberEpoch)
        }
        return current
    }

    /// Kafka before 4.3 wrote no assignment epochs: the member's own is then as early as is known.
    private static func insert(
        _ row: ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions,
        into set: inout EpochPartitions, since epoch: Int32
    ) {
        let epochs = row.assignmentEpochs ?? []
        for (place, partition) in row.partitions.enumerated() {
            set[row.topicId, partition] = place < epochs.count ? epochs[place] : epoch
        }
    }
}
