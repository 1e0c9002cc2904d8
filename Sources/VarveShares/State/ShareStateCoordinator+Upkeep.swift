public import VarveTerms

/// How much of its log a coordinator of states keeps; each names the broker's property that sets
/// it.
public struct ShareStateSettings: Hashable, Sendable {
    /// `share.coordinator.snapshot.update.records.per.snapshot`
    public var updatesPerSnapshot = 500
    /// `share.coordinator.state.topic.prune.interval.ms`
    public var upkeepInterval: Duration = .seconds(300)
    /// `share.coordinator.cold.partition.snapshot.interval.ms`
    public var coldAge: Duration = .seconds(300)

    public init(updatesPerSnapshot: Int = 500) { self.updatesPerSnapshot = updatesPerSnapshot }
}

/// Keeping the log of states short, and memory free of what nobody uses.
///
///     a S u u · · S u │ · S · · u u S ·      S: the last snapshot of one of the states
///                     └── needed from here on: the oldest of the last snapshots
///
/// Before the oldest of the last snapshots nothing is needed. A state that is not written to would
/// hold that place for ever, so it gets a snapshot at the end of the log once that is worth it.
extension ShareStateCoordinator {
    /// What one call of `snapshotCold` writes at most, in batches of states: a bound for a turn.
    private static let coldCountMax = 2000

    /// Records were written, in this order, the first one at `offset`.
    public mutating func didWrite(_ records: [ShareStateRecord], at offset: Offset) {
        for (place, record) in records.enumerated() {
            guard case .snapshot(let key, .some) = record else { continue }
            kept[key]?.snapshotOffset = offset.advanced(by: Int64(place))
        }
    }

    /// Everything before this may be deleted, as soon as everything that was written is durable.
    ///
    /// - Parameter end: of the log.
    /// - Complexity: O(states)
    public func neededStart(end: Offset) -> Offset {
        var start = end
        for entry in kept.values {
            guard let offset = entry.snapshotOffset else { return .zero }
            start = min(start, offset)
        }
        return start
    }

    /// Writes new snapshots of states that got none for a while and hold the start of the log back,
    /// if that frees at least twice as many records. So what this writes is no more than what
    /// others wrote, and ends when they do.
    ///
    /// - Parameter end: of the log.
    /// - Returns: whether there are more.
    public mutating func snapshotCold(
        end: Offset, at now: Timestamp, into records: inout [ShareStateRecord]
    ) -> Bool {
        let ageMs = settings.coldAge / .milliseconds(1)
        var cold: [(offset: Offset, key: SharePartitionKey)] = []
        var warmStart = end
        for (key, entry) in kept {
            guard let offset = entry.snapshotOffset else { continue }
            if Double(now.milliseconds(since: entry.state.writeTimestamp)) >= ageMs {
                cold.append((offset, key))
            } else {
                warmStart = min(warmStart, offset)
            }
        }
        cold = cold.filter { $0.offset < warmStart }.sorted { $0.offset < $1.offset }
        guard let first = cold.first?.offset,
            first.distance(to: warmStart) >= 2 * Int64(cold.count)
        else { return false }
        var room = Self.coldCountMax
        for (_, key) in cold {
            guard room > 0 else { return true }
            kept[key]?.beginAnew(at: now)
            guard let state = kept[key]?.state else { continue }
            room -= 1 + state.batches.count
            records.append(.snapshot(key, state))
        }
        return false
    }

    /// Deletes the states of topics that there are not: a crash came between the end of a topic and
    /// that of its states.
    public mutating func deleteStates(
        without isTopic: (UniqueID) -> Bool, into records: inout [ShareStateRecord]
    ) {
        for key in kept.keys.filter({ !isTopic($0.topicID) }) { delete(key, into: &records) }
    }

    // MARK: When

    /// Somebody asks for something.
    public mutating func noteUse(at now: Instant) {
        useCount += 1
        nextDeadline = nextDeadline ?? now.advanced(by: settings.upkeepInterval)
    }

    /// Its log is looked after now.
    /// - Returns: whether nobody asked for anything since that was done last: it may go from
    ///   memory, and is read from its log when it is asked for.
    public mutating func beginUpkeep(at now: Instant) -> Bool {
        let isIdle = useCount == idleUseCount
        // The upkeep that begins here is a use, too.
        idleUseCount = useCount + 1
        nextDeadline = now.advanced(by: settings.upkeepInterval)
        return isIdle
    }

    /// There is more to do.
    public mutating func goOnWithUpkeep(at now: Instant) { nextDeadline = now }
}
