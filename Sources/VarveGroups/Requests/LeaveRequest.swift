/// LeaveGroup: members go, or an administrator removes them (KIP-345).
public struct LeaveRequest: Hashable, Sendable {
    public var group: String
    /// Versions below 3 name one.
    public var members: [LeavingMember]

    public init(group: String, members: [LeavingMember]) {
        (self.group, self.members) = (group, members)
    }
}

/// One member that goes.
public struct LeavingMember: Hashable, Sendable {
    /// Empty: whoever bears the instance id.
    public var memberID: String
    public var instanceID: String?

    public init(memberID: String, instanceID: String? = nil) {
        (self.memberID, self.instanceID) = (memberID, instanceID)
    }
}

/// The answer to a LeaveGroup.
public struct LeaveAnswer: Hashable, Sendable {
    /// Why the whole request is refused; the rows are then empty. Versions below 3, which have no
    /// rows, write `singleError` instead.
    public var error: GroupError?
    /// One row for each member of the request, in its order.
    public var members: [LeftMember]

    /// What a request of version 0 to 2 is answered.
    public var singleError: GroupError? { error ?? members.first?.error }
}

/// What became of one member that was to go.
public struct LeftMember: Hashable, Sendable {
    public var memberID: String
    public var instanceID: String?
    /// Nil: it left.
    public var error: GroupError?
}
