public import VarveTerms

/// The groups, and their offsets, of one partition of `__consumer_offsets`.
///
/// A pure state machine: requests and the time go in, effects come out; it reads no clock and
/// writes no file. What it decides it takes as done at once, so after a failed append the caller
/// throws it away and reads the partition anew.
///
/// *Threads*: a value, owned by one shard.
/// *Source*: KIP-62, KIP-134, KIP-211, KIP-345, KIP-394, KIP-848; docs/internals/groups.md.
public struct GroupCoordinator {
    public let settings: GroupSettings
    /// The topics that there are, for consumer groups; groups learn of a new catalog with their
    /// next heartbeat.
    public var topics = TopicCatalog()
    var groups: [String: ClassicGroup] = [:]
    /// No group of these is in `groups`.
    var consumerGroups: [String: ConsumerGroup] = [:]
    /// No group without offsets stands here, and none that is no group.
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
            consumerGroups[id] = nil
            groups[id] = ClassicGroup(id: id, stored)
        case .group(let id, nil):
            // Offsets without a group are those of consumers without membership.
            groups[id] = offsets[id].map { _ in ClassicGroup(id: id, at: .none) }
            if consumerGroups[id] != nil { groups[id] = nil }
        case .consumer(let id, let record): apply(record, to: id)
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
        if kind(of: key.group) == nil {
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
        for id in consumerGroups.keys.sorted() {
            withConsumerGroup(id, at: now, into: &effects) { $0.begin($1) }
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
            withConsumerGroup(id, at: now, into: &effects) { $0.runTimers(&$1) }
            downgradeIfDue(id, at: now, into: &effects)
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

    private mutating func apply(_ record: ConsumerRecord, to id: String) {
        if case .epoch(nil) = record {
            // The last record of a consumer group: what stays are offsets.
            consumerGroups[id] = nil
            if offsets[id] != nil, groups[id] == nil {
                groups[id] = ClassicGroup(id: id, at: .none)
            }
            return
        }
        // Tombstones of a group that is gone make no new one, and a classic group that has
        // followed stays.
        guard record.isValue || consumerGroups[id] != nil else { return }
        if consumerGroups[id] == nil { groups[id] = nil }
        consumerGroups[id, default: ConsumerGroup(id: id)].apply(record)
    }

    /// Forgets a group and its offsets.
    /// - Returns: the tombstones of all of it.
    mutating func forget(_ id: String) -> [GroupRecord] {
        let kept = offsets.removeValue(forKey: id) ?? GroupOffsets()
        let held = pending.keys { $0.group == id && kept[$0.topic, $0.partition] == nil }
        for key in pending.keys(where: { $0.group == id }) { pending.supersede(key) }
        alarms.set(nil, for: id)
        let tombstones = (kept.keys(of: kept.topics.keys, in: id) + held).map {
            GroupRecord.offset($0, nil)
        }
        if let group = consumerGroups.removeValue(forKey: id) {
            return tombstones + group.tombstones
        }
        groups[id] = nil
        return tombstones + [.group(id, nil)]
    }
}
