public import VarveTerms

/// The protocols of groups (KIP-848).
public enum GroupKind: String, Hashable, Sendable {
    /// Members join and sync, and one of them assigns.
    case classic
    /// The coordinator assigns.
    case consumer
}

/// A group as ConsumerGroupDescribe shows it.
public struct ConsumerGroupDescription: Hashable, Sendable {
    public var group: String
    public var state: ConsumerGroupState
    public var epoch: Int32
    public var targetEpoch: Int32
    public var assignor: String
    /// In the order of their ids.
    public var members: [ConsumerDescription]
}

/// A member as ConsumerGroupDescribe shows it.
public struct ConsumerDescription: Hashable, Sendable {
    public var memberID: String
    public var profile: MemberProfile
    public var epoch: Int32
    public var assigned: [DescribedPartitions]
    public var target: [DescribedPartitions]
}

/// Partitions of a topic that exists.
public struct DescribedPartitions: Hashable, Sendable {
    public var topicID: UniqueID
    public var topic: String
    /// Ascending.
    public var partitions: [Int32]
}
