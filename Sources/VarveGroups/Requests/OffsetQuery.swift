public import VarveTerms

/// OffsetFetch, for one group: how far has it read?
public struct OffsetQuery: Hashable, Sendable {
    public var group: String
    /// Nil: every partition that has an offset.
    public var topics: [QueriedTopic]?

    public init(group: String, topics: [QueriedTopic]? = nil) {
        (self.group, self.topics) = (group, topics)
    }
}

/// One topic of an OffsetFetch.
public struct QueriedTopic: Hashable, Sendable {
    public var topic: String
    /// When it is known: offsets of an older topic of the same name are then left out.
    public var topicID: UniqueID
    public var partitions: [Int32]

    public init(topic: String, topicID: UniqueID = .zero, partitions: [Int32]) {
        (self.topic, self.topicID, self.partitions) = (topic, topicID, partitions)
    }
}

/// The offsets of one topic.
public struct TopicOffsets: Hashable, Sendable {
    public var topic: String
    /// As the query had it, or as the offsets have it when everything was asked for.
    public var topicID: UniqueID
    public var partitions: [PartitionOffset]
}

/// The offset of one partition.
public struct PartitionOffset: Hashable, Sendable {
    public var partition: Int32
    /// Nil: none; on the wire, offset −1, leader epoch −1 and no metadata.
    public var stored: StoredOffset?
    /// Whether a transaction may still move it, which is told only of stable offsets asked for.
    public var isUnstable = false
}
