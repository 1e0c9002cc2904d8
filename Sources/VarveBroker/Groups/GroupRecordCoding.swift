internal import VarveBytes
internal import VarveGroups
internal import VarveTerms
internal import VarveWire

/// Records of `__consumer_offsets`: key and value each begin with an `int16`; that of the key says
/// what the record is, that of the value in which version its message is.
enum GroupRecordCoding {
    /// Appends the key of a record.
    static func appendKey(
        of record: GroupRecord, to buffer: inout ByteBuffer
    ) throws(WireError) {
        switch record {
        case .group(let id, _):
            try append(GroupMetadataKey(group: id), version: 0, after: 2, to: &buffer)
        case .offset(let key, _):
            try append(
                OffsetCommitKey(group: key.group, topic: key.topic, partition: key.partition),
                version: 0, after: 1, to: &buffer)
        }
    }

    /// Appends the value of a record.
    /// - Returns: false for a tombstone, which has none.
    static func appendValue(
        of record: GroupRecord, to buffer: inout ByteBuffer
    ) throws(WireError) -> Bool {
        switch record {
        case .group(_, nil), .offset(_, nil): return false
        case .group(_, let stored?):
            try append(message(stored), version: 3, after: 3, to: &buffer)
        case .offset(_, let stored?):
            let version: Int16 = stored.expireTimestamp == .none ? 4 : 1
            try append(message(stored), version: version, after: version, to: &buffer)
        }
        return true
    }

    private static func append(
        _ message: some WireMessage, version: Int16, after first: Int16,
        to buffer: inout ByteBuffer
    ) throws(WireError) {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        buffer.append(first)
        buffer.append(writer.buffer.bytes)
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

    /// - Returns: nil for a record of another kind of group.
    static func decode(key: RawSpan, value: RawSpan?) throws(WireError) -> GroupRecord? {
        guard key.byteCount >= 2 else { return nil }
        var reader = WireReader(key.extracting(2..<key.byteCount))
        switch key.int16(at: 0) {
        case 2:
            let id = try GroupMetadataKey(decoding: &reader, version: 0).group
            guard let value else { return .group(id, nil) }
            return .group(id, try group(value))
        case 0, 1:
            let key = try OffsetCommitKey(decoding: &reader, version: 0)
            let place = OffsetKey(
                group: key.group, topic: key.topic, partition: key.partition)
            guard let value else { return .offset(place, nil) }
            return .offset(place, try offset(value))
        default: return nil
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

    private static func body<Message: WireMessage>(
        _ type: Message.Type, of value: RawSpan
    ) throws(WireError) -> Message {
        let version = value.byteCount < 2 ? -1 : value.int16(at: 0)
        var reader = WireReader(value.extracting(min(2, value.byteCount)..<value.byteCount))
        return try Message(decoding: &reader, version: version)
    }
}
