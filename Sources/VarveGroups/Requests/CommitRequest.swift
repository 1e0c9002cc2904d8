public import VarveTerms

/// OffsetCommit: remember how far the group has read.
///
/// Whether topics and partitions exist is the caller's to check: it answers rows for unknown ones
/// itself and sends the others here.
public struct CommitRequest: Hashable, Sendable {
    /// The version of the request: from 9 on an unknown group has an error of its own.
    public var version: Int16
    /// Generation −1 with an empty member id: a consumer without membership, or an administrator.
    public var claim: MemberClaim
    /// How long to keep the offsets (versions 2 to 4); nil, and −1 on the wire: the retention of
    /// the coordinator.
    public var retention: Duration?
    public var topics: [TopicCommits]

    public init(
        version: Int16, claim: MemberClaim, retention: Duration? = nil, topics: [TopicCommits]
    ) {
        (self.version, self.claim) = (version, claim)
        (self.retention, self.topics) = (retention, topics)
    }
}

/// The offsets of one topic in an OffsetCommit.
public struct TopicCommits: Hashable, Sendable {
    public var topic: String
    /// The caller fills it in for versions that send only a name; `.zero` when it is unknown.
    public var topicID: UniqueID
    public var partitions: [PartitionCommit]

    public init(topic: String, topicID: UniqueID = .zero, partitions: [PartitionCommit]) {
        (self.topic, self.topicID, self.partitions) = (topic, topicID, partitions)
    }
}

/// The offset of one partition in an OffsetCommit.
public struct PartitionCommit: Hashable, Sendable {
    public var partition: Int32
    /// Kept as sent, whatever it is.
    public var offset: Int64
    /// −1: unknown.
    public var leaderEpoch: Int32
    /// Nil is kept as an empty string.
    public var metadata: String?

    public init(
        partition: Int32, offset: Int64, leaderEpoch: Int32 = -1, metadata: String? = nil
    ) {
        (self.partition, self.offset) = (partition, offset)
        (self.leaderEpoch, self.metadata) = (leaderEpoch, metadata)
    }
}

/// The answer to an OffsetCommit: topics and partitions of the request, in its order.
public struct CommitAnswer: Hashable, Sendable {
    public var topics: [TopicOutcomes]
}

/// What became of the partitions of one topic.
public struct TopicOutcomes: Hashable, Sendable {
    public var topic: String
    /// As the request had it.
    public var topicID: UniqueID
    public var partitions: [PartitionOutcome]
}

/// What became of one partition of a request.
public struct PartitionOutcome: Hashable, Sendable {
    public var partition: Int32
    /// Nil is success.
    public var error: GroupError?
}
