/// ShareGroupHeartbeat: how members join, stay, and leave.
public struct ShareHeartbeat: Hashable, Sendable {
    public var group: String
    public var member: String
    /// 0 joins, −1 leaves.
    public var epoch: Int32
    public var rackID: String?
    /// Nil: as before.
    public var topics: [String]?
    public var clientID: String
    public var clientHost: String

    public init(
        group: String, member: String, epoch: Int32, rackID: String? = nil, topics: [String]?,
        clientID: String = "", clientHost: String = ""
    ) {
        (self.group, self.member, self.epoch) = (group, member, epoch)
        (self.rackID, self.topics) = (rackID, topics)
        (self.clientID, self.clientHost) = (clientID, clientHost)
    }

    /// How long a name may be: records of groups write it behind an `int16`.
    static let nameSizeMax = Int(Int16.max)
    /// What the names of a member may take together: they stand in one record.
    static let profileSizeMax = 512 * 1024

    /// Why it makes no sense for any group; nil when it does.
    var refusal: ShareRefusal? {
        if group.isEmpty { return ShareRefusal(.invalidRequest, "GroupId can't be empty.") }
        if member.isEmpty { return ShareRefusal(.invalidRequest) }
        if rackID?.isEmpty == true {
            return ShareRefusal(.invalidRequest, "RackId can't be empty.")
        }
        if epoch < -1 { return ShareRefusal(.invalidRequest, "MemberEpoch is invalid.") }
        if epoch == 0, topics?.isEmpty ?? true {
            return ShareRefusal(
                .invalidRequest, "SubscribedTopicNames must be set in first request.")
        }
        let names = [group, member, clientID, clientHost, rackID ?? ""] + (topics ?? [])
        let size = names.reduce(0) { $0 + $1.utf8.count }
        guard names.allSatisfy({ $0.utf8.count <= Self.nameSizeMax }), size <= Self.profileSizeMax
        else { return ShareRefusal(.invalidRequest, "A name is too long.") }
        return nil
    }
}

/// What a member is told.
public struct ShareHeartbeatAnswer: Hashable, Sendable {
    /// −1: it left.
    public var epoch: Int32
    /// Nil when it left.
    public var interval: Duration?
    /// Nil: as before.
    public var assignment: ShareAssignment?

    public init(epoch: Int32, interval: Duration? = nil, assignment: ShareAssignment? = nil) {
        (self.epoch, self.interval, self.assignment) = (epoch, interval, assignment)
    }
}

/// States that a group needs before their partitions can be assigned.
public struct ShareInitialization: Hashable, Sendable {
    public var group: String
    /// Of the group: what is older is fenced off.
    public var stateEpoch: Int32
    public var partitions: ShareAssignment
}
