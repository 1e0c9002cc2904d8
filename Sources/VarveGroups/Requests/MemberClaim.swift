/// Who a request says that it comes from.
public struct MemberClaim: Hashable, Sendable {
    public var group: String
    /// Empty: none.
    public var memberID: String
    /// `group.instance.id` of a static member (KIP-345).
    public var instanceID: String?
    /// −1: none.
    public var generation: Int32

    public init(group: String, memberID: String, instanceID: String? = nil, generation: Int32 = -1)
    {
        (self.group, self.memberID) = (group, memberID)
        (self.instanceID, self.generation) = (instanceID, generation)
    }
}
