public import VarveTerms

/// Which leader appended which part of a log: where each leader epoch begins.
///
///     entries  (0, 0)      (2, 120)   (4, 170)          log end 200
///     epochs   0 0 0 0 0 0 2 2 2 2 2 2 4 4 4 4 4 4 4 |
///     offsets  0           120        170             200
///
/// By it two replicas find where their logs part (KIP-101). An entry may lie at the log end, or
/// belong to batches that were compacted away: both are lawful.
///
/// *Invariants*: epochs and start offsets both strictly increase.
/// *Source*: KIP-101, KIP-279, docs/formats/leader-epoch-checkpoint.md.
public struct LeaderEpochHistory: Hashable, Sendable {
    public private(set) var entries: [LeaderEpochEntry] = []

    public init() {}

    /// The history that appending `rows` one after the other leaves: where a row does not lie above
    /// what stands before it, the conflicting entries before it go. So Kafka takes a file whose
    /// rows are out of order.
    public init(appending rows: some Sequence<LeaderEpochEntry>) {
        for row in rows { append(row.epoch, from: row.startOffset) }
    }

    /// The entry of the last leader; nil when no batch carried an epoch yet.
    public var latest: LeaderEpochEntry? { entries.last }

    public var isEmpty: Bool { entries.isEmpty }

    /// What an append did to the history.
    public enum AppendOutcome: Hashable, Sendable {
        /// The epoch was the latest already.
        case unchanged
        /// It is the latest now; `removed` are the entries, oldest first, that it contradicted.
        case appended(removed: [LeaderEpochEntry])
    }

    /// Notes that records of `epoch` begin at `startOffset`.
    ///
    /// Nothing changes when the latest entry says the same epoch from the same or a lower offset.
    /// Otherwise every entry with the same or a higher epoch, or the same or a higher start, goes
    /// first: what was appended last is what the log holds.
    ///
    ///     (0, 0) (2, 120) + (4, 170)  →  (0, 0) (2, 120) (4, 170)
    ///     (0, 0) (2, 120) + (4, 120)  →  (0, 0) (4, 120)      epoch 2 appended nothing
    ///     (0, 0) (2, 120) + (1, 150)  →  (0, 0) (1, 150)      epoch 2 was contradicted
    ///
    /// - Complexity: O(removed).
    @discardableResult
    public mutating func append(
        _ epoch: LeaderEpoch, from startOffset: Offset
    ) -> AppendOutcome {
        if let latest, latest.epoch == epoch, latest.startOffset <= startOffset {
            return .unchanged
        }
        let entry = LeaderEpochEntry(epoch, from: startOffset)
        var keptCount = entries.count
        while keptCount > 0, !entry.liesAbove(entries[keptCount - 1]) { keptCount -= 1 }
        let removed = Array(entries[keptCount...])
        entries.removeLast(removed.count)
        entries.append(entry)
        return .appended(removed: removed)
    }

    /// Forgets the epochs that begin at `logEnd` or later: the log was cut there.
    /// - Returns: whether anything changed.
    @discardableResult
    public mutating func truncate(toEnd logEnd: Offset) -> Bool {
        let keptCount = count(of: { $0.startOffset < logEnd })
        guard keptCount < entries.count else { return false }
        entries.removeLast(entries.count - keptCount)
        return true
    }

    /// Forgets what lies before `logStart`. The epoch that goes on there stays, and begins there.
    ///
    ///     (0, 0) (2, 120) (4, 170)  from 130  →  (2, 130) (4, 170)
    ///
    /// - Returns: whether anything changed.
    @discardableResult
    public mutating func truncate(fromStart logStart: Offset) -> Bool {
        let passedCount = count(of: { $0.startOffset <= logStart })
        guard passedCount > 0 else { return false }
        guard passedCount > 1 || entries[0].startOffset < logStart else { return false }
        entries.removeFirst(passedCount - 1)
        entries[0].startOffset = logStart
        return true
    }

    /// The epoch whose leader appended `offset`; nil below the first entry.
    /// - Complexity: O(log n).
    public func epoch(at offset: Offset) -> LeaderEpoch? {
        let passedCount = count(of: { $0.startOffset <= offset })
        return passedCount == 0 ? nil : entries[passedCount - 1].epoch
    }

    /// An epoch and the offset after the last record that belongs to it or to one before it.
    public struct EpochEnd: Hashable, Sendable {
        public var epoch: LeaderEpoch
        public var endOffset: Offset

        public init(_ epoch: LeaderEpoch, endsAt endOffset: Offset) {
            self.epoch = epoch
            self.endOffset = endOffset
        }
    }

    /// Where the part of the log ends that leaders up to `epoch` appended (OffsetForLeaderEpoch).
    ///
    /// With (0, 0) (2, 120) (4, 170) and a log end of 200:
    ///
    /// | asked | answer | because |
    /// |---|---|---|
    /// | 4 | 4, 200 | the latest epoch ends at the log end |
    /// | 2 | 2, 170 | it ends where the next begins |
    /// | 3 | 2, 170 | the highest known epoch that is not higher |
    /// | 5 | nil | higher than all known: this log cannot tell |
    ///
    /// With (2, 130) (4, 170): asked 1, the answer is 1, 130, the start of the first known epoch,
    /// since all before it is gone.
    ///
    /// - Complexity: O(log n).
    public func endOffset(of epoch: LeaderEpoch, logEnd: Offset) -> EpochEnd? {
        if let latest, latest.epoch == epoch { return EpochEnd(epoch, endsAt: logEnd) }
        let passedCount = count(of: { $0.epoch <= epoch })
        guard passedCount < entries.count else { return nil }
        let next = entries[passedCount].startOffset
        return EpochEnd(passedCount == 0 ? epoch : entries[passedCount - 1].epoch, endsAt: next)
    }

    /// How many entries at the front satisfy `isBefore`, which holds up to some entry and for none
    /// after it.
    private func count(of isBefore: (LeaderEpochEntry) -> Bool) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(entries[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
