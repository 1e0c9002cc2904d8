public import VarveTerms

/// The classic groups, and the offsets of groups, of one partition of `__consumer_offsets`.
///
/// A pure state machine: requests and the time go in, effects come out; it reads no clock and
/// writes no file. What it decides it takes as done at once, so after a failed append the caller
/// throws it away and reads the partition anew.
///
/// *Threads*: a value, owned by one shard.
/// *Source*: KIP-62, KIP-134, KIP-211, KIP-345, KIP-394; docs/internals/groups.md.
public struct GroupCoordinator {
    public let settings: GroupSettings
    var groups: [String: ClassicGroup] = [:]
    /// No group without offsets stands here, and none that is not in `groups`.
    var offsets: [String: GroupOffsets] = [:]
    /// Offsets of transactions that are open.
    var pending = PendingOffsets()
    var alarms = AlarmQueue<String>()
    /// When offsets are next checked for their age; nil before `begin`.
    var retentionCheck: Instant?

    /// - Precondition: `settings` are the broker's; no request is taken before `begin`.
    public init(settings: GroupSettings = GroupSettings()) { self.settings = settings }

    // MARK: Reading the partition

    /// Takes one record of the partition, in the order of offsets. Records may hold anything.
    public mutating func apply(_ record: GroupRecord) {
        switch record {
        case .group(let id, let stored?):
            groups[id] = ClassicGroup(id: id, stored)
        case .group(let id, nil):
            // Offsets without a group are those of consumers without membership.
            groups[id] = offsets[id].map { _ in ClassicGroup(id: id, at: .none) }
        case .offset(let key, let stored?):
            pending.supersede(key)
            keep(stored, for: key)
        case .offset(let key, nil):
            pending.supersede(key)
            offsets[key.group]?[key.topic, key.partition] = nil
            if offsets[key.group]?.isEmpty == true { offsets[key.group] = nil }
        }
    }

    /// Takes what a group has committed.
    mutating func keep(_ stored: StoredOffset, for key: OffsetKey) {
        if groups[key.group] == nil {
            groups[key.group] = ClassicGroup(id: key.group, at: stored.commitTimestamp)
        }
        offsets[key.group, default: GroupOffsets()][key.topic, key.partition] = stored
    }

    /// The partition is read: from now on groups are served, and all sessions begin.
    public mutating func begin(at now: Moment, into effects: inout [GroupEffect]) {
        let turn = Turn(now: now, settings: settings, effects: [])
        retentionCheck = turn.deadline(after: settings.offsetsRetentionCheckInterval)
        for id in groups.keys.sorted() {
            withGroup(id, at: now, into: &effects) { $0.begin(&$1) }
        }
    }

    /// The partition went to another broker, or this one stops: answers all who wait. The
    /// coordinator is of no use afterwards.
    public mutating func resign(
        because error: GroupError = .notCoordinator, at now: Moment,
        into effects: inout [GroupEffect]
    ) {
        for id in groups.keys.sorted() {
            withGroup(id, at: now, into: &effects) { $0.resign(error, &$1) }
        }
    }

    // MARK: Time

    /// When `expire` is to be called next, or earlier; nil when nothing is waited for.
    public var nextDeadline: Instant? {
        guard let first = alarms.first else { return retentionCheck }
        return retentionCheck.map { min(first, $0) } ?? first
    }

    /// Does what is due by now: rebalances end, silent members go, old offsets expire.
    public mutating func expire(at now: Moment, into effects: inout [GroupEffect]) {
        for id in alarms.popDue(at: now.instant).sorted() {
            withGroup(id, at: now, into: &effects) { $0.runTimers(&$1) }
        }
        guard let due = retentionCheck, due <= now.instant else { return }
        retentionCheck = now.instant.advanced(by: settings.offsetsRetentionCheckInterval)
        expireOffsets(at: now, into: &effects)
    }

    // MARK: Groups

    /// Lets a group work, and takes over its alarm.
    /// - Returns: what `work` does; nil when there is no such group.
    @discardableResult
    mutating func withGroup<Outcome>(
        _ id: String, at now: Moment, into effects: inout [GroupEffect],
        _ work: (inout ClassicGroup, inout Turn) -> Outcome
    ) -> Outcome? {
        guard let index = groups.index(forKey: id) else { return nil }
        var turn = Turn(now: now, settings: settings, effects: [])
        swap(&turn.effects, &effects)
        let outcome = work(&groups.values[index], &turn)
        swap(&turn.effects, &effects)
        alarms.set(groups.values[index].alarm, for: id)
        return outcome
    }

    /// Forgets a group and its offsets.
    /// - Returns: the tombstones of all of it.
    mutating func forget(_ id: String) -> [GroupRecord] {
        let kept = offsets.removeValue(forKey: id) ?? GroupOffsets()
        let held = pending.keys { $0.group == id && kept[$0.topic, $0.partition] == nil }
        for key in pending.keys(where: { $0.group == id }) { pending.supersede(key) }
        groups[id] = nil
        alarms.set(nil, for: id)
        return (kept.keys(of: kept.topics.keys, in: id) + held).map { .offset($0, nil) }
            + [.group(id, nil)]
    }
}
