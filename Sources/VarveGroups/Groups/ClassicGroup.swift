import VarveTerms

/// A group of Kafka's first protocol: members join, one of them leads and assigns, all fetch
/// their parts, and everything begins again when someone comes or goes. Pure.
///
/// *Invariants*: `alarm` is not later than any deadline of the group; exactly the groups without
/// members are empty or preparing a rebalance that makes them so; a token that waits here is
/// answered exactly once.
/// *Source*: KIP-62, KIP-134, KIP-345, KIP-394; docs/internals/groups.md.
struct ClassicGroup: Hashable {
    let id: String
    private(set) var state = GroupState.empty
    /// When it came into its state; `.none` if a record did not say.
    private(set) var stateTimestamp: Timestamp
    var generation: Int32 = 0
    /// Nil until a member joins: offsets alone make a group without one.
    var protocolType: String?
    /// Nil without a generation.
    var protocolName: String?
    var members = MemberTable()
    /// Ids given out with `memberIDRequired`, and when each is forgotten.
    var pendingMembers: [String: Instant] = [:]
    /// Of the last generation; nil when it is not known.
    var subscribedTopics: Set<String>?
    /// Present exactly in `preparingRebalance`.
    var joinPhase: JoinPhase?
    /// When members that have not asked for their part are removed.
    var syncDeadline: Instant?
    /// No timer of the group is due before; nil when there is none.
    private(set) var alarm: Instant?

    /// What ends the wait for members in `preparingRebalance`.
    enum JoinPhase: Hashable {
        /// The first generation after the group was empty: wait for more members, in steps of the
        /// delay, as long as each step brings one and time is left.
        case gathering(until: Instant, delay: Duration, remaining: Duration, didGrow: Bool)
        /// Any other: until all have joined again, or until the slowest must have.
        case rejoining(until: Instant)

        var deadline: Instant {
            switch self {
            case .gathering(let until, _, _, _): until
            case .rejoining(let until): until
            }
        }
    }

    init(id: String, at now: Timestamp) { (self.id, stateTimestamp) = (id, now) }

    // MARK: State

    mutating func enter(_ next: GroupState, at now: Timestamp) {
        precondition(state.successors.contains(next), "group \(id): \(state) → \(next)")
        (state, stateTimestamp) = (next, now)
        if next != .preparingRebalance { joinPhase = nil }
    }

    /// Whether it could be forgotten if it had no offsets.
    var isIdle: Bool { state == .empty && pendingMembers.isEmpty }

    /// Whether all members, and all that were given an id, wait for the next generation.
    var haveAllJoined: Bool {
        members.awaitingJoinCount >= members.count && pendingMembers.isEmpty
    }

    var usesConsumerProtocol: Bool { protocolType == ConsumerSubscription.protocolType }

    /// Unknown subscriptions of consumers count as subscriptions to everything.
    func isSubscribed(to topic: String) -> Bool {
        subscribedTopics.map { $0.contains(topic) } ?? usesConsumerProtocol
    }

    /// The topics that the members' metadata names; nil when some of it names none.
    mutating func noteSubscriptions() {
        subscribedTopics = nil
        guard usesConsumerProtocol, protocolName != nil || members.isEmpty else { return }
        var all: Set<String> = []
        for member in members.values {
            let metadata = member.metadata(for: protocolName)
            guard let topics = ConsumerSubscription.topics(in: metadata) else { return }
            all.formUnion(topics)
        }
        subscribedTopics = all
    }

    // MARK: Who is asking

    /// Why a request that claims to come from a member does not.
    func refusal(of claim: MemberClaim) -> GroupError? {
        if let instance = claim.instanceID {
            guard let current = members.memberID(ofInstance: instance) else {
                return .unknownMemberID
            }
            if current != claim.memberID { return .fencedInstanceID }
        }
        return members[claim.memberID] == nil ? .unknownMemberID : nil
    }

    // MARK: Timers

    /// Makes sure that the alarm is not after `deadline`.
    mutating func arm(_ deadline: Instant) { alarm = min(alarm ?? deadline, deadline) }

    /// Sets the alarm to the next deadline there is.
    /// - Complexity: O(members)
    mutating func rearm() {
        var next = members.values.lazy.compactMap(\.silenceEnds).min()
        for deadline in [joinPhase?.deadline, syncDeadline, pendingMembers.values.min()] {
            if let deadline { next = min(next ?? deadline, deadline) }
        }
        alarm = next
    }

    /// A member was heard of: its session begins anew.
    mutating func renewSession(of memberID: String, _ turn: Turn) {
        guard let member = members[memberID] else { return }
        let deadline = turn.deadline(after: member.sessionTimeout)
        members.setDeadline(deadline, of: memberID)
        arm(deadline)
    }

    // MARK: Records

    /// The group's record with these assignments.
    func record(assignment: (GroupMember) -> [UInt8]) -> StoredGroup {
        let name = state == .empty ? nil : protocolName
        return StoredGroup(
            protocolType: protocolType ?? "", generation: generation, protocolName: name,
            leader: members.leader, stateTimestamp: stateTimestamp,
            members: members.inOrder.map { $0.stored(for: name, assignment: assignment($0)) })
    }

    /// The group that a record tells of. Nothing in it is believed: members that come twice,
    /// or a leader that is none, are left out.
    init(id: String, _ stored: StoredGroup) {
        self.id = id
        (generation, stateTimestamp) = (stored.generation, stored.stateTimestamp)
        protocolType = stored.protocolType.isEmpty ? nil : stored.protocolType
        protocolName = stored.protocolName
        for member in stored.members {
            let isTaken = member.instanceID.map { members.memberID(ofInstance: $0) != nil }
            guard members[member.memberID] == nil, isTaken != true else { continue }
            members.insert(GroupMember(member, protocolName: protocolName))
        }
        members.adoptLeader(stored.leader)
        state = members.isEmpty ? .empty : .stable
        noteSubscriptions()
    }
}
