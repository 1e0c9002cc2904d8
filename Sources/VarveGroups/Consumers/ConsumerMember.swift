import VarveTerms

/// One member of a consumer group.
struct ConsumerMember: Hashable {
    let id: String
    var profile: MemberProfile
    var current = CurrentAssignment()
    /// Whether all that it has assigned is known to be in its target: nearly each heartbeat asks,
    /// and to look takes a while where it has thousands of partitions.
    var isWithinTarget = false
    /// When it is given up unless it is heard of.
    var sessionEnds: Instant?
    /// When it is given up unless it has done what it was told: handed back what was taken from it,
    /// or, in the classic protocol, joined anew or fetched its part.
    var dutyEnds: Instant?

    init(id: String, profile: MemberProfile) { (self.id, self.profile) = (id, profile) }

    /// Whether it waits for its instance to come back (KIP-848, a static member that left).
    var isAway: Bool { current.epoch == ConsumerEpoch.awayStatic }

    var nextDeadline: Instant? {
        guard let sessionEnds, let dutyEnds else { return sessionEnds ?? dutyEnds }
        return min(sessionEnds, dutyEnds)
    }
}

/// Member epochs that are signs.
enum ConsumerEpoch {
    /// Joins, or joins anew.
    static let join: Int32 = 0
    /// Leaves for good.
    static let leave: Int32 = -1
    /// Leaves, and its instance comes back.
    static let awayStatic: Int32 = -2
}

/// What a member says of itself: `ConsumerGroupMemberMetadataValue`.
public struct MemberProfile: Hashable, Sendable {
    public var instanceID: String?
    public var rackID: String?
    public var clientID: String
    public var clientHost: String
    public var subscribedTopics: Set<String>
    /// A regular expression over names of topics; empty: none.
    public var subscribedPattern: String
    public var rebalanceTimeoutMs: Int32
    /// Nil: the member does not care.
    public var assignor: String?
    /// Of a member that speaks the classic protocol.
    public var classic: ClassicMembership?

    public init(
        instanceID: String? = nil, rackID: String? = nil, clientID: String, clientHost: String,
        subscribedTopics: Set<String> = [], subscribedPattern: String = "",
        rebalanceTimeoutMs: Int32 = -1, assignor: String? = nil,
        classic: ClassicMembership? = nil
    ) {
        (self.instanceID, self.rackID) = (instanceID, rackID)
        (self.clientID, self.clientHost) = (clientID, clientHost)
        self.subscribedTopics = subscribedTopics
        self.subscribedPattern = subscribedPattern
        self.rebalanceTimeoutMs = rebalanceTimeoutMs
        (self.assignor, self.classic) = (assignor, classic)
    }

    /// An upper bound of the size of the encoded record, without its key.
    var sizeMax: Int {
        let texts = [instanceID, rackID, clientID, clientHost, subscribedPattern, assignor]
        let strings = texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
        let topics = subscribedTopics.reduce(0) { $0 + $1.utf8.count + 5 }
        let classics =
            classic?.protocols.reduce(0) { $0 + $1.name.utf8.count + $1.metadata.count + 12 } ?? 0
        return 128 + strings + topics + classics
    }
}

/// How a member that speaks the classic protocol keeps its session in a consumer group.
public struct ClassicMembership: Hashable, Sendable {
    public var sessionTimeoutMs: Int32
    public var protocols: [GroupProtocol]

    public init(sessionTimeoutMs: Int32, protocols: [GroupProtocol]) {
        (self.sessionTimeoutMs, self.protocols) = (sessionTimeoutMs, protocols)
    }
}

/// What a member has: `ConsumerGroupCurrentMemberAssignmentValue`.
public struct CurrentAssignment: Hashable, Sendable {
    /// How far a member is on its way to its target.
    public enum State: Int8, Hashable, Sendable {
        /// It has what its epoch gives it.
        case stable = 0
        /// It has partitions that it is to hand back.
        case unrevoked = 1
        /// It waits for partitions that others hand back.
        case unreleased = 2
        /// Of a later version of the format.
        case unknown = 127
    }

    /// 0 before the first; −2: a static member that is away.
    public var epoch: Int32 = 0
    public var previousEpoch: Int32 = 0
    public var state = State.stable
    /// What it may read.
    public var assigned = EpochPartitions()
    /// What it is to hand back; nobody else has it before.
    public var pendingRevocation = EpochPartitions()

    public init() {}

    /// Whether the same partitions are assigned, in whatever epochs.
    /// - Complexity: O(1) for a copy.
    func hasPartitions(of other: CurrentAssignment) -> Bool {
        assigned == other.assigned || assigned.partitions == other.assigned.partitions
    }

    mutating func advance(to epoch: Int32) {
        if self.epoch != epoch { (previousEpoch, self.epoch) = (self.epoch, epoch) }
    }
}
