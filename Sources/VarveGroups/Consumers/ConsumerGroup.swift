import VarveTerms

/// A group of Kafka's second protocol: its coordinator assigns, and each member is led to its part
/// by heartbeats alone. What one member is to lose it hands back before another one gets it. Pure.
///
/// Everything that a crash must not lose is changed by `apply` only, with the record that tells of
/// it; times of sessions are not recorded, and begin anew.
///
/// *Invariants*: `alarm` is not later than any deadline of the group; `owners` names, for each
/// partition, the one member that has it assigned or has not handed it back; the target epoch is
/// not above the group epoch; `instances` names exactly the static members.
/// *Source*: KIP-848, KIP-1251; docs/internals/groups.md.
struct ConsumerGroup: Hashable {
    let id: String
    /// Grows whenever members or what they can be given change.
    private(set) var epoch = Self.firstEpoch
    /// Whether a record tells the epoch.
    private(set) var hasEpochRecord = false
    /// `TopicCatalog.fingerprint` of the subscribed topics when the epoch was last looked at.
    private(set) var metadataHash: Int64 = 0
    /// For which group epoch the target was computed.
    private(set) var targetEpoch = Self.firstEpoch
    /// When; `.none` before the first.
    private(set) var targetTimestamp = Timestamp.none
    /// Member id → what it is to have in the end.
    private(set) var target: [String: PartitionSet] = [:]
    private(set) var members: [String: ConsumerMember] = [:]
    /// Instance id → member id.
    private(set) var instances: [String: String] = [:]
    /// Topic id → partition → member id.
    private(set) var owners: [UniqueID: [Int32: String]] = [:]
    /// Regular expression → the topics that match.
    private(set) var patterns: [String: StoredPattern] = [:]
    /// The version of the catalog that `metadataHash` was computed from.
    var catalogVersion: Int64?
    /// No timer of the group is due before; nil when there is none.
    private(set) var alarm: Instant?

    /// The epoch of a group in which nothing has happened.
    static let firstEpoch: Int32 = 1

    init(id: String) { self.id = id }

    // MARK: Reading and changing

    /// Takes one record of the group; records may hold anything.
    mutating func apply(_ record: ConsumerRecord) {
        switch record {
        case .epoch(let stored):
            epoch = max(stored?.epoch ?? Self.firstEpoch, Self.firstEpoch)
            metadataHash = stored?.metadataHash ?? 0
            hasEpochRecord = stored != nil
        case .member(let memberID, let profile?): take(profile, of: memberID)
        case .member(let memberID, nil): remove(memberID)
        case .targetEpoch(let stored):
            targetEpoch = max(stored?.epoch ?? Self.firstEpoch, Self.firstEpoch)
            targetTimestamp = stored?.timestamp ?? .none
        case .target(let memberID, let set):
            target[memberID] = set
            members[memberID]?.isWithinTarget = false
        case .current(let memberID, let current):
            setCurrent(current ?? CurrentAssignment(), of: memberID)
        case .pattern(let text, let stored): patterns[text] = stored
        }
    }

    private mutating func take(_ profile: MemberProfile, of memberID: String) {
        if let old = members[memberID]?.profile.instanceID, instances[old] == memberID {
            instances[old] = nil
        }
        if let instance = profile.instanceID { instances[instance] = memberID }
        if members[memberID] == nil {
            members[memberID] = ConsumerMember(id: memberID, profile: profile)
        } else {
            members[memberID]?.profile = profile
        }
    }

    private mutating func remove(_ memberID: String) {
        setCurrent(CurrentAssignment(), of: memberID)
        guard let member = members.removeValue(forKey: memberID) else { return }
        if let instance = member.profile.instanceID, instances[instance] == memberID {
            instances[instance] = nil
        }
    }

    private mutating func setCurrent(_ current: CurrentAssignment, of memberID: String) {
        guard let old = members[memberID]?.current else { return }
        for held in [old.assigned, old.pendingRevocation] {
            forEachPartition(of: held) { group, topic, partition in
                guard group.owners[topic]?[partition] == memberID else { return }
                group.owners[topic]?[partition] = nil
                if group.owners[topic]?.isEmpty == true { group.owners[topic] = nil }
            }
        }
        for held in [current.assigned, current.pendingRevocation] {
            forEachPartition(of: held) { $0.owners[$1, default: [:]][$2] = memberID }
        }
        members[memberID]?.current = current
        members[memberID]?.isWithinTarget = false
    }

    /// A member was found to have nothing that is not in its target. Holds until either changes.
    mutating func noteWithinTarget(_ memberID: String) {
        members[memberID]?.isWithinTarget = true
    }

    private mutating func forEachPartition(
        of held: EpochPartitions, _ body: (inout ConsumerGroup, UniqueID, Int32) -> Void
    ) {
        for (topic, epochs) in held.topics {
            for partition in epochs.keys { body(&self, topic, partition) }
        }
    }

    /// Does what a record says, and has it recorded.
    mutating func write(_ record: ConsumerRecord, _ turn: inout ConsumerTurn) {
        apply(record)
        turn.records.append(.consumer(id, record))
    }

    /// The tombstones of all that was recorded of a group; its epoch's comes last.
    var tombstones: [GroupRecord] {
        var records: [ConsumerRecord] = []
        for memberID in members.keys.sorted() {
            records += [.current(memberID, nil), .target(memberID, nil), .member(memberID, nil)]
        }
        records += patterns.keys.sorted().map { .pattern($0, nil) }
        records += [.targetEpoch(nil), .epoch(nil)]
        return records.map { .consumer(id, $0) }
    }

    // MARK: What it is

    var state: ConsumerGroupState {
        if members.isEmpty { return .empty }
        if epoch > targetEpoch { return .assigning }
        let isReconciled = members.values.allSatisfy {
            $0.isAway || ($0.current.state == .stable && $0.current.epoch == targetEpoch)
        }
        return isReconciled ? .stable : .reconciling
    }

    /// The topics that a member wants: those it names, and those its expression was found to match.
    func subscription(of profile: MemberProfile) -> Set<String> {
        guard let found = patterns[profile.subscribedPattern] else {
            return profile.subscribedTopics
        }
        return profile.subscribedTopics.union(found.topics)
    }

    /// - Complexity: O(members × topics)
    var subscribedTopics: Set<String> {
        members.values.reduce(into: []) { $0.formUnion(subscription(of: $1.profile)) }
    }

    func isSubscribed(to topic: String) -> Bool {
        members.values.contains { member in
            member.profile.subscribedTopics.contains(topic)
                || patterns[member.profile.subscribedPattern]?.topics.contains(topic) == true
        }
    }

    /// The assignor that most members name; the first one where nobody does, or as many.
    func assignor(of settings: GroupSettings) -> PartitionAssignor {
        var votes: [PartitionAssignor: Int] = [:]
        for member in members.values {
            if let name = member.profile.assignor, let choice = PartitionAssignor(rawValue: name) {
                votes[choice, default: 0] += 1
            }
        }
        let most = votes.values.max()
        return settings.assignors.first { votes[$0] == most } ?? settings.assignors.first
            ?? .uniform
    }

    // MARK: Timers

    mutating func setSession(_ deadline: Instant?, of memberID: String) {
        members[memberID]?.sessionEnds = deadline
        if let deadline { arm(deadline) }
    }

    mutating func setDuty(_ deadline: Instant?, of memberID: String) {
        members[memberID]?.dutyEnds = deadline
        if let deadline { arm(deadline) }
    }

    /// Makes sure that the alarm is not after `deadline`.
    private mutating func arm(_ deadline: Instant) { alarm = min(alarm ?? deadline, deadline) }

    /// Sets the alarm to the next deadline there is.
    /// - Complexity: O(members)
    mutating func rearm() { alarm = members.values.lazy.compactMap(\.nextDeadline).min() }

    // MARK: Checks

    /// - Complexity: O(partitions); for tests.
    func checkInvariants() {
        var held: [UniqueID: [Int32: String]] = [:]
        for member in members.values {
            for set in [member.current.assigned, member.current.pendingRevocation] {
                for (topic, epochs) in set.topics {
                    for partition in epochs.keys {
                        let other = held[topic]?[partition]
                        precondition(other == nil, "\(member.id) and \(other ?? "") own one")
                        held[topic, default: [:]][partition] = member.id
                    }
                }
            }
        }
        precondition(held == owners, "owners \(owners), members have \(held)")
        precondition(targetEpoch <= epoch, "target \(targetEpoch) above \(epoch)")
        for (instance, memberID) in instances {
            precondition(members[memberID]?.profile.instanceID == instance)
        }
        for member in members.values {
            precondition(member.isAway || member.current.epoch <= targetEpoch)
            let isWithin =
                target[member.id]?.contains(member.current.assigned.partitions)
                ?? member.current.assigned.isEmpty
            precondition(isWithin || !member.isWithinTarget, "\(member.id) has too much")
            if let deadline = member.nextDeadline {
                precondition(alarm.map { $0 <= deadline } == true, "an alarm is late")
            }
        }
    }
}

/// Where a consumer group stands.
public enum ConsumerGroupState: Hashable, Sendable, CaseIterable {
    /// No members; offsets may be left.
    case empty
    /// Something has changed, and the target is not computed yet.
    case assigning
    /// Members are on their way to the target.
    case reconciling
    /// All have what the target gives them.
    case stable

    /// What Kafka calls it.
    public var name: String {
        switch self {
        case .empty: "Empty"
        case .assigning: "Assigning"
        case .reconciling: "Reconciling"
        case .stable: "Stable"
        }
    }
}

/// What one request or one look at the timers of a consumer group works with: the time, the
/// limits, the topics, and what is to be recorded.
struct ConsumerTurn {
    let now: Moment
    let settings: GroupSettings
    let topics: TopicCatalog
    var records: [GroupRecord] = []

    func deadline(after duration: Duration) -> Instant { now.instant.advanced(by: duration) }
}
