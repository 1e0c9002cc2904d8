public import VarveTerms

/// A protocol that a member can work with (for consumers, an assignor), and its metadata for it.
public struct GroupProtocol: Hashable, Sendable {
    public var name: String
    public var metadata: [UInt8]

    public init(name: String, metadata: [UInt8]) { (self.name, self.metadata) = (name, metadata) }
}

/// Who sends a JoinGroup, seen from the connection.
public struct JoinContext: Hashable, Sendable {
    public var clientID: String
    public var clientHost: String
    /// Random; it ends the member id if this join needs a new one, as a UUID of version 4.
    public var uniqueID: UniqueID

    public init(clientID: String, clientHost: String, uniqueID: UniqueID) {
        (self.clientID, self.clientHost, self.uniqueID) = (clientID, clientHost, uniqueID)
    }
}

/// JoinGroup: become a member, or say that one is still there for the next generation.
public struct JoinRequest: Hashable, Sendable {
    /// The version of the request. From 4 on a new member is first given its id (KIP-394), from 9
    /// on a static leader can be told to skip the assignment (KIP-814).
    public var version: Int16
    public var group: String
    /// Empty: a new member, or a static one that comes back.
    public var memberID: String
    public var instanceID: String?
    public var protocolType: String
    /// What the member can work with, what it likes best first.
    public var protocols: [GroupProtocol]
    public var sessionTimeout: Duration
    /// Negative: as long as the session timeout, as it was in version 0.
    public var rebalanceTimeout: Duration

    public init(
        version: Int16, group: String, memberID: String = "", instanceID: String? = nil,
        protocolType: String, protocols: [GroupProtocol], sessionTimeout: Duration,
        rebalanceTimeout: Duration
    ) {
        (self.version, self.group) = (version, group)
        (self.memberID, self.instanceID) = (memberID, instanceID)
        (self.protocolType, self.protocols) = (protocolType, protocols)
        (self.sessionTimeout, self.rebalanceTimeout) = (sessionTimeout, rebalanceTimeout)
    }
}

/// The answer to a JoinGroup: a generation, or why there is none.
public struct JoinAnswer: Hashable, Sendable {
    public var error: GroupError?
    public var generation: Int32 = -1
    /// Nil without a generation.
    public var protocolType: String?
    /// Nil without a generation; versions below 7 write it as an empty string.
    public var protocolName: String?
    public var leader = ""
    /// Whether the leader has nothing to assign: the group's assignment stands.
    public var skipAssignment = false
    public var memberID: String
    /// Every member, for the leader only.
    public var members: [JoinedMember] = []

    init(memberID: String, error: GroupError? = nil) {
        (self.memberID, self.error) = (memberID, error)
    }
}

/// A member as its leader sees it.
public struct JoinedMember: Hashable, Sendable {
    public var memberID: String
    public var instanceID: String?
    /// The member's metadata for the protocol of the generation.
    public var metadata: [UInt8]
}
