/// A group as DescribeGroups shows it.
public struct GroupDescription: Hashable, Sendable {
    public var group: String
    public var state: GroupState
    /// Empty when no member ever joined.
    public var protocolType: String
    /// Empty unless the group is stable.
    public var protocolName: String
    /// In the order in which they joined.
    public var members: [MemberDescription]
}

/// A member as DescribeGroups shows it.
public struct MemberDescription: Hashable, Sendable {
    public var memberID: String
    public var instanceID: String?
    public var clientID: String
    public var clientHost: String
    /// Empty unless the group is stable.
    public var metadata: [UInt8]
    public var assignment: [UInt8]
}

/// A group as ListGroups shows it.
public struct GroupListing: Hashable, Sendable {
    public var group: String
    public var kind: GroupKind
    public var protocolType: String
    /// What Kafka calls its state.
    public var state: String
}
