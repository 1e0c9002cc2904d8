/// SyncGroup: the leader brings the assignment, every member fetches its part.
public struct SyncRequest: Hashable, Sendable {
    /// The version of the request: from 5 on it must name the protocol (KIP-559).
    public var version: Int16
    public var claim: MemberClaim
    public var protocolType: String?
    public var protocolName: String?
    /// Empty unless the leader asks.
    public var assignments: [MemberAssignment]

    public init(
        version: Int16, claim: MemberClaim, protocolType: String? = nil,
        protocolName: String? = nil, assignments: [MemberAssignment] = []
    ) {
        (self.version, self.claim) = (version, claim)
        (self.protocolType, self.protocolName) = (protocolType, protocolName)
        self.assignments = assignments
    }
}

/// A member's part, in a form that only its client understands.
public struct MemberAssignment: Hashable, Sendable {
    public var memberID: String
    public var assignment: [UInt8]

    public init(memberID: String, assignment: [UInt8]) {
        (self.memberID, self.assignment) = (memberID, assignment)
    }
}

/// The answer to a SyncGroup.
public struct SyncAnswer: Hashable, Sendable {
    public var error: GroupError?
    public var protocolType: String?
    public var protocolName: String?
    public var assignment: [UInt8] = []

    init(error: GroupError? = nil) { self.error = error }
}
