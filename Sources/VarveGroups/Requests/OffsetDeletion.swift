/// OffsetDelete: forget how far an idle group has read. Unknown topics and partitions are the
/// caller's to answer.
public struct OffsetDeletion: Hashable, Sendable {
    public var group: String
    public var topics: [DeletedTopic]

    public init(group: String, topics: [DeletedTopic]) {
        (self.group, self.topics) = (group, topics)
    }
}

/// One topic of an OffsetDelete.
public struct DeletedTopic: Hashable, Sendable {
    public var topic: String
    public var partitions: [Int32]

    public init(topic: String, partitions: [Int32]) {
        (self.topic, self.partitions) = (topic, partitions)
    }
}

/// The answer to an OffsetDelete.
public struct OffsetDeletionAnswer: Hashable, Sendable {
    /// Why the whole request is refused; there are then no rows.
    public var error: GroupError?
    /// Topics and partitions of the request, in its order.
    public var topics: [TopicOutcomes]
}
