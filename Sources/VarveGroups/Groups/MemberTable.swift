import VarveTerms

/// The members of one group, with what is counted over them.
///
/// *Invariants*: `instances` names exactly the static members; `supporters` counts, for each
/// protocol, the members that name it; the two counts equal what a walk over the members finds;
/// a chosen leader is a member.
struct MemberTable: Hashable {
    private var members: [String: GroupMember] = [:]
    /// Instance id → member id.
    private var instances: [String: String] = [:]
    private var supporters: [String: Int] = [:]
    private(set) var awaitingJoinCount = 0
    private(set) var unsyncedCount = 0
    /// Nil after the leader has gone, until another is elected.
    private var chosenLeader: String?
    private var nextOrdinal: UInt64 = 0

    var count: Int { members.count }
    var isEmpty: Bool { members.isEmpty }

    subscript(id: String) -> GroupMember? { members[id] }

    /// The member that leads: as long as nobody is elected after the leader has gone, the first.
    /// - Complexity: O(1) once a leader is chosen, else O(n): many may go at once, and only after
    ///   the last of them does it matter who leads.
    var leader: String? {
        chosenLeader ?? members.values.min { $0.ordinal < $1.ordinal }?.id
    }

    func memberID(ofInstance instanceID: String) -> String? { instances[instanceID] }

    /// In the order in which they joined.
    /// - Complexity: O(n log n)
    var inOrder: [GroupMember] { members.values.sorted { $0.ordinal < $1.ordinal } }

    var values: Dictionary<String, GroupMember>.Values { members.values }

    /// How long the slowest member may take to join again.
    /// - Complexity: O(n)
    var rebalanceTimeout: Duration { members.values.map(\.rebalanceTimeout).max() ?? .zero }

    // MARK: Coming and going

    /// - Precondition: no member has this id.
    mutating func insert(_ member: GroupMember) {
        precondition(members[member.id] == nil, "member \(member.id) is there already")
        var member = member
        member.ordinal = nextOrdinal
        nextOrdinal += 1
        if let instance = member.instanceID { instances[instance] = member.id }
        count(member, by: 1)
        members[member.id] = member
        if members.count == 1 { chosenLeader = member.id }
    }

    /// - Returns: the member as it was; nil when there is none.
    mutating func remove(_ id: String) -> GroupMember? {
        guard let member = members.removeValue(forKey: id) else { return nil }
        if let instance = member.instanceID { instances[instance] = nil }
        count(member, by: -1)
        if chosenLeader == id { chosenLeader = nil }
        return member
    }

    /// Gives a member another id; the place in the order and the leadership stay.
    mutating func rename(_ id: String, to newID: String) {
        precondition(members[newID] == nil, "member \(newID) is there already")
        guard var member = members.removeValue(forKey: id) else { return }
        member.id = newID
        if let instance = member.instanceID { instances[instance] = newID }
        members[newID] = member
        if chosenLeader == id { chosenLeader = newID }
    }

    /// Changes a member in place, and the counts with it. Nothing happens without such a member.
    mutating func update(_ id: String, _ change: (inout GroupMember) -> Void) {
        guard let index = members.index(forKey: id) else { return }
        count(members.values[index], by: -1)
        change(&members.values[index])
        count(members.values[index], by: 1)
    }

    /// Moves a deadline; nothing is counted over them, so heartbeats stay cheap.
    mutating func setDeadline(_ deadline: Instant?, of id: String) {
        guard let index = members.index(forKey: id) else { return }
        members.values[index].deadline = deadline
    }

    private mutating func count(_ member: GroupMember, by step: Int) {
        if member.awaitingJoin != nil { awaitingJoinCount += step }
        if !member.hasSynced { unsyncedCount += step }
        for proposal in member.protocols {
            let count = supporters[proposal.name, default: 0] + step
            supporters[proposal.name] = count == 0 ? nil : count
        }
    }

    // MARK: Choosing

    /// Keeps the leader if it has joined again, else chooses the first member that has.
    /// - Returns: whether the group has a leader that waits for the next generation.
    mutating func electJoinedLeader() -> Bool {
        if let chosenLeader, members[chosenLeader]?.awaitingJoin != nil { return true }
        guard let next = inOrder.first(where: { $0.awaitingJoin != nil }) else { return false }
        chosenLeader = next.id
        return true
    }

    /// Takes the leader that a record names, if it is a member.
    mutating func adoptLeader(_ id: String?) {
        if let id, members[id] != nil { chosenLeader = id }
    }

    /// Whether every member names one of these protocols.
    func allSupport(anyOf protocols: [GroupProtocol]) -> Bool {
        protocols.contains { supporters[$0.name, default: 0] == members.count }
    }

    /// The protocol that most members like best among those that all of them name. Kafka leaves
    /// a draw to its hash table; here the leader's order decides.
    var electedProtocol: String? {
        let candidates = Set(supporters.filter { $0.value == members.count }.keys)
        var votes: [String: Int] = [:]
        for member in members.values {
            if let vote = member.protocols.first(where: { candidates.contains($0.name) }) {
                votes[vote.name, default: 0] += 1
            }
        }
        let most = votes.values.max()
        let order = leader.flatMap { members[$0]?.protocols } ?? []
        return order.first { votes[$0.name] == most && candidates.contains($0.name) }?.name
    }

    /// - Complexity: O(n × protocols); for tests.
    func checkInvariants() {
        let all = Array(members.values)
        precondition(awaitingJoinCount == all.count { $0.awaitingJoin != nil })
        precondition(unsyncedCount == all.count { !$0.hasSynced })
        precondition(
            instances.count == all.count { $0.instanceID != nil }, "\(instances.count) instances")
        for (instance, id) in instances { precondition(members[id]?.instanceID == instance) }
        precondition(chosenLeader.map { members[$0] != nil } ?? true, "\(chosenLeader ?? "–")")
        var counted: [String: Int] = [:]
        for member in all { for one in member.protocols { counted[one.name, default: 0] += 1 } }
        precondition(counted == supporters, "\(counted) ≠ \(supporters)")
    }
}
