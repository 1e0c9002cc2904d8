public import VarveTerms

/// A record of `__consumer_offsets` that concerns groups, with the fields of Kafka's schemas; a nil
/// value is a tombstone.
public enum GroupRecord: Hashable, Sendable {
    /// `GroupMetadataKey` (type 2) and `GroupMetadataValue`, written in version 3.
    case group(String, StoredGroup?)
    /// `OffsetCommitKey` (type 1) and `OffsetCommitValue`, written in version 4, or in version 1
    /// when `expireTimestamp` is set, since only that version carries it.
    case offset(OffsetKey, StoredOffset?)
    /// One of the records of a consumer group.
    case consumer(String, ConsumerRecord)

    /// An upper bound of the size of the encoded record.
    var sizeMax: Int {
        switch self {
        case .group(let id, let stored): 64 + id.utf8.count + (stored?.sizeMax ?? 0)
        case .offset(let key, let stored):
            128 + key.group.utf8.count + key.topic.utf8.count + (stored?.metadata.utf8.count ?? 0)
        case .consumer(let id, let record): 64 + id.utf8.count + record.sizeMax
        }
    }
}

/// `GroupMetadataValue`.
public struct StoredGroup: Hashable, Sendable {
    /// Empty when no member ever joined.
    public var protocolType: String
    public var generation: Int32
    public var protocolName: String?
    public var leader: String?
    /// When the group came into its state; `.none` in records of version 0 and 1.
    public var stateTimestamp: Timestamp
    /// None: the group is empty.
    public var members: [StoredMember]

    public init(
        protocolType: String, generation: Int32, protocolName: String?, leader: String?,
        stateTimestamp: Timestamp, members: [StoredMember]
    ) {
        (self.protocolType, self.generation) = (protocolType, generation)
        (self.protocolName, self.leader) = (protocolName, leader)
        (self.stateTimestamp, self.members) = (stateTimestamp, members)
    }

    /// An upper bound of the size of the encoded value.
    var sizeMax: Int {
        let strings = protocolType.utf8.count + (protocolName?.utf8.count ?? 0)
        return members.reduce(64 + strings + (leader?.utf8.count ?? 0)) { size, member in
            size + 32 + member.memberID.utf8.count + (member.instanceID?.utf8.count ?? 0)
                + member.clientID.utf8.count + member.clientHost.utf8.count
                + member.subscription.count + member.assignment.count
        }
    }
}

/// `MemberMetadata` of `GroupMetadataValue`.
public struct StoredMember: Hashable, Sendable {
    public var memberID: String
    public var instanceID: String?
    public var clientID: String
    public var clientHost: String
    /// −1 in records of version 0: the session timeout stands for it.
    public var rebalanceTimeoutMs: Int32
    public var sessionTimeoutMs: Int32
    /// The member's metadata for the group's protocol.
    public var subscription: [UInt8]
    public var assignment: [UInt8]

    public init(
        memberID: String, instanceID: String?, clientID: String, clientHost: String,
        rebalanceTimeoutMs: Int32, sessionTimeoutMs: Int32, subscription: [UInt8],
        assignment: [UInt8]
    ) {
        (self.memberID, self.instanceID) = (memberID, instanceID)
        (self.clientID, self.clientHost) = (clientID, clientHost)
        self.rebalanceTimeoutMs = rebalanceTimeoutMs
        self.sessionTimeoutMs = sessionTimeoutMs
        (self.subscription, self.assignment) = (subscription, assignment)
    }
}

/// `OffsetCommitKey`.
public struct OffsetKey: Hashable, Sendable {
    public var group: String
    public var topic: String
    public var partition: Int32

    public init(group: String, topic: String, partition: Int32) {
        (self.group, self.topic, self.partition) = (group, topic, partition)
    }
}

/// `OffsetCommitValue`: how far a group says that it has read a partition.
public struct StoredOffset: Hashable, Sendable {
    /// As the client sent it: Kafka takes negative numbers and numbers past the log's end, too.
    public var offset: Int64
    /// −1: unknown.
    public var leaderEpoch: Int32
    public var metadata: String
    public var commitTimestamp: Timestamp
    /// When the offset expires whatever the retention says; `.none` unless an old client asked.
    public var expireTimestamp: Timestamp
    /// `.zero`: unknown.
    public var topicID: UniqueID

    public init(
        offset: Int64, leaderEpoch: Int32 = -1, metadata: String = "",
        commitTimestamp: Timestamp, expireTimestamp: Timestamp = .none, topicID: UniqueID = .zero
    ) {
        (self.offset, self.leaderEpoch, self.metadata) = (offset, leaderEpoch, metadata)
        self.commitTimestamp = commitTimestamp
        self.expireTimestamp = expireTimestamp
        self.topicID = topicID
    }
}
