public import VarveTerms

/// The states of share partitions that one partition of `__share_group_state` keeps.
///
/// A pure state machine: requests and the time go in, answers and records come out. What it decides
/// it takes as done at once, so after a failed write the caller throws it away and reads the
/// partition anew. An answer leaves after the records that came with it are durable.
///
/// *Threads*: a value, owned by one shard.
/// *Source*: KIP-932, share coordinator; docs/internals/shares.md.
public struct ShareStateCoordinator: Sendable {
    struct Kept: Sendable {
        var state: ShareState
        var updateCount = 0
        /// Where the last snapshot stands; nil until that is known.
        var snapshotOffset: Offset?
    }

    let settings: ShareStateSettings
    var kept: [SharePartitionKey: Kept] = [:]
    /// How often somebody asked for something, in this life, and how often that will be when it is
    /// next looked after, if nobody asks until then.
    var useCount = 0
    var idleUseCount: Int?
    /// When its log is to be looked after: `ShareStateCoordinator+Upkeep`.
    public internal(set) var nextDeadline: Instant?

    public init(_ settings: ShareStateSettings = ShareStateSettings()) { self.settings = settings }

    // MARK: Reading the partition

    /// Takes one record of the partition, in the order of offsets. Records may hold anything.
    public mutating func apply(_ record: ShareStateRecord, at offset: Offset) {
        switch record {
        case .snapshot(let key, let state):
            kept[key] = state.map { Kept(state: $0, snapshotOffset: offset) }
        case .update(let key, _, let leaderEpoch, let update):
            // Without a snapshot it is of a state that was deleted.
            kept[key]?.state.apply(update)
            kept[key]?.state.leaderEpoch = leaderEpoch
            kept[key]?.updateCount += 1
        }
    }

    // MARK: Looking

    /// The share partitions of a group.
    public func keys(of group: String) -> [SharePartitionKey] {
        kept.keys.filter { $0.group == group }
    }

    /// ReadShareGroupStateSummary; nil when there is no state, which is no error.
    public func summary(of key: SharePartitionKey) -> ShareState? { kept[key]?.state }

    // MARK: Changing

    /// InitializeShareGroupState: begins a state, over one that there may be.
    public mutating func initialize(
        _ key: SharePartitionKey, stateEpoch: Int32, start: Offset?, at now: Timestamp,
        into records: inout [ShareStateRecord]
    ) throws(ShareRefusal) {
        let old = kept[key]?.state
        if let old, stateEpoch >= 0, stateEpoch < old.stateEpoch { throw .staleState }
        var state = ShareState(
            stateEpoch: stateEpoch, start: start, createTimestamp: now, writeTimestamp: now)
        state.snapshotEpoch = old.map { $0.snapshotEpoch &+ 1 } ?? 0
        kept[key] = Kept(state: state)
        records.append(.snapshot(key, state))
    }

    /// ReadShareGroupState: what is known of a share partition, for its leader in this epoch.
    public mutating func read(
        _ key: SharePartitionKey, leaderEpoch: Int32, at now: Timestamp,
        into records: inout [ShareStateRecord]
    ) throws(ShareRefusal) -> ShareState {
        guard let state = kept[key]?.state else {
            throw ShareRefusal(
                .invalidRequest, "Read operation on uninitialized share partition not allowed.")
        }
        if leaderEpoch >= 0, leaderEpoch < state.leaderEpoch { throw .staleLeader }
        if leaderEpoch > state.leaderEpoch {
            let update = ShareStateUpdate(
                start: state.start, deliveryCompleteCount: state.deliveryCompleteCount,
                batches: [])
            add(update, to: key, leaderEpoch: leaderEpoch, at: now, into: &records)
        }
        return kept[key]?.state ?? state
    }

    /// WriteShareGroupState: what changed of a share partition. An epoch of −1 fits any.
    public mutating func write(
        _ update: ShareStateUpdate, to key: SharePartitionKey, stateEpoch: Int32,
        leaderEpoch: Int32, at now: Timestamp, into records: inout [ShareStateRecord]
    ) throws(ShareRefusal) {
        guard let state = kept[key]?.state else {
            throw ShareRefusal(
                .invalidRequest, "Write operation on uninitialized share partition not allowed.")
        }
        if leaderEpoch >= 0, leaderEpoch < state.leaderEpoch { throw .staleLeader }
        if stateEpoch >= 0, stateEpoch < state.stateEpoch { throw .staleState }
        let epoch = max(leaderEpoch, state.leaderEpoch)
        add(update, to: key, leaderEpoch: epoch, at: now, into: &records)
    }

    /// DeleteShareGroupState: a state that there is not is deleted, too.
    public mutating func delete(
        _ key: SharePartitionKey, into records: inout [ShareStateRecord]
    ) {
        guard kept.removeValue(forKey: key) != nil else { return }
        records.append(.snapshot(key, nil))
    }

    /// Every so many updates a snapshot takes their place.
    private mutating func add(
        _ update: ShareStateUpdate, to key: SharePartitionKey, leaderEpoch: Int32,
        at now: Timestamp, into records: inout [ShareStateRecord]
    ) {
        guard var entry = kept[key] else { return }
        entry.state.apply(update)
        entry.state.leaderEpoch = leaderEpoch
        if entry.updateCount >= settings.updatesPerSnapshot {
            entry.beginAnew(at: now)
            records.append(.snapshot(key, entry.state))
        } else {
            entry.updateCount += 1
            records.append(
                .update(
                    key, snapshotEpoch: entry.state.snapshotEpoch, leaderEpoch: leaderEpoch,
                    update))
        }
        kept[key] = entry
    }
}

extension ShareStateCoordinator.Kept {
    /// A snapshot takes the place of all before it.
    mutating func beginAnew(at now: Timestamp) {
        state.snapshotEpoch &+= 1
        state.writeTimestamp = now
        updateCount = 0
    }
}

extension ShareRefusal {
    fileprivate static let staleState = ShareRefusal(
        .fencedStateEpoch, "The state epoch in the request is older than that of the state.")
    fileprivate static let staleLeader = ShareRefusal(
        .fencedLeaderEpoch, "The leader epoch in the request is older than that of the state.")
}
