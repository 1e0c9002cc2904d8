internal import VarveGroups
internal import VarveTerms
internal import VarveWire

/// Records of `__consumer_offsets`, between the terms of groups and the messages of the wire.
enum GroupRecordCoding {
    /// Writes the key of a record.
    static func encodeKey(
        of record: GroupRecord, into writer: inout WireWriter
    ) throws(WireError) {
        switch record {
        case .group(let id, _): try GroupMetadataKey(group: id).encodeKey(into: &writer)
        case .offset(let key, _):
            try OffsetCommitKey(group: key.group, topic: key.topic, partition: key.partition)
                .encodeKey(into: &writer)
        case .consumer(let id, let record): try encodeKey(of: record, in: id, into: &writer)
        }
    }

    /// Writes the value of a record.
    /// - Returns: false for a tombstone, which has none.
    static func encodeValue(
        of record: GroupRecord, into writer: inout WireWriter
    ) throws(WireError) -> Bool {
        switch record {
        case .group(_, nil), .offset(_, nil): return false
        case .group(_, let stored?):
            try message(stored).encodeValue(into: &writer, version: 3)
        case .offset(_, let stored?):
            // Only version 1 tells when an offset expires.
            let version: Int16 = stored.expireTimestamp == .none ? 4 : 1
            try message(stored).encodeValue(into: &writer, version: version)
        case .consumer(_, let record): return try encodeValue(of: record, into: &writer)
        }
        return true
    }

    private static func message(_ stored: StoredGroup) -> GroupMetadataValue {
        var message = GroupMetadataValue()
        message.protocolType = stored.protocolType
        message.generation = stored.generation
        message.protocol = stored.protocolName
        message.leader = stored.leader
        message.currentStateTimestamp = stored.stateTimestamp.milliseconds
        message.members = stored.members.map { member in
            var row = GroupMetadataValue.MemberMetadata()
            row.memberId = member.memberID
            row.groupInstanceId = member.instanceID
            row.clientId = member.clientID
            row.clientHost = member.clientHost
            row.rebalanceTimeout = member.rebalanceTimeoutMs
            row.sessionTimeout = member.sessionTimeoutMs
            row.subscription = member.subscription
            row.assignment = member.assignment
            return row
        }
        return message
    }

    private static func message(_ stored: StoredOffset) -> OffsetCommitValue {
        var message = OffsetCommitValue()
        message.offset = stored.offset
        message.leaderEpoch = stored.leaderEpoch
        message.metadata = stored.metadata
        message.commitTimestamp = stored.commitTimestamp.milliseconds
        message.expireTimestamp = stored.expireTimestamp.milliseconds
        message.topicId = stored.topicID
        return message
    }

    // MARK: Decoding

    /// - Returns: nil for a record of a kind of group that is not served here.
    static func decode(key: RawSpan, value: RawSpan?) throws(WireError) -> GroupRecord? {
        var reader = WireReader(key)
        let kind = try reader.recordKey()
        switch kind {
        case 2:
            let id = try GroupMetadataKey(decodingKey: &reader).group
            guard let value else { return .group(id, nil) }
            return .group(id, try group(value))
        // Type 0 was written before offsets had leader epochs; its key is the same.
        case 0, 1:
            let key = try OffsetCommitKey(decodingKey: &reader)
            let place = OffsetKey(
                group: key.group, topic: key.topic, partition: key.partition)
            guard let value else { return .offset(place, nil) }
            return .offset(place, try offset(value))
        default: return try consumerRecord(kind, &reader, value)
        }
    }

    private static func group(_ value: RawSpan) throws(WireError) -> StoredGroup {
        let message = try body(GroupMetadataValue.self, of: value)
        return StoredGroup(
            protocolType: message.protocolType, generation: message.generation,
            protocolName: message.protocol, leader: message.leader,
            stateTimestamp: Timestamp(milliseconds: message.currentStateTimestamp),
            members: message.members.map {
                StoredMember(
                    memberID: $0.memberId, instanceID: $0.groupInstanceId,
                    clientID: $0.clientId, clientHost: $0.clientHost,
                    rebalanceTimeoutMs: $0.rebalanceTimeout, sessionTimeoutMs: $0.sessionTimeout,
                    subscription: $0.subscription, assignment: $0.assignment)
            })
    }

    private static func offset(_ value: RawSpan) throws(WireError) -> StoredOffset {
        let message = try body(OffsetCommitValue.self, of: value)
        return StoredOffset(
            offset: message.offset, leaderEpoch: message.leaderEpoch, metadata: message.metadata,
            commitTimestamp: Timestamp(milliseconds: message.commitTimestamp),
            expireTimestamp: Timestamp(milliseconds: message.expireTimestamp),
            topicID: message.topicId)
    }

    static func body<Message: WireMessage>(
        _ type: Message.Type, of value: RawSpan
    ) throws(WireError) -> Message {
        var reader = WireReader(value)
        return try Message(decodingValue: &reader)
    }
}
