public import VarveRecords
public import VarveTerms

/// A transaction that was given up: readers that ask for committed records do not see its own.
public struct AbortedTransaction: Hashable, Sendable {
    public var producerId: Int64
    /// The offset of its first record.
    public var firstOffset: Offset
    /// The offset of the marker that ended it.
    public var lastOffset: Offset
    /// Every transaction that begins below is decided by a marker up to `lastOffset`: whoever looks
    /// for transactions that begin below it need look no further.
    public var lastStableOffset: Offset

    public init(
        producerId: Int64, firstOffset: Offset, lastOffset: Offset, lastStableOffset: Offset
    ) {
        self.producerId = producerId
        self.firstOffset = firstOffset
        self.lastOffset = lastOffset
        self.lastStableOffset = lastStableOffset
    }

    /// Whether some of it lies in a range of offsets.
    public func overlaps(_ offsets: Range<Offset>) -> Bool {
        lastOffset >= offsets.lowerBound && firstOffset < offsets.upperBound
    }
}

/// A transaction that ended, whichever way.
public struct CompletedTransaction: Hashable, Sendable {
    public var producerId: Int64
    public var firstOffset: Offset
    /// The marker's offset.
    public var lastOffset: Offset
    public var outcome: TransactionOutcome
    /// See `AbortedTransaction.lastStableOffset`.
    public var lastStableOffset: Offset

    /// The entry for the transaction index; nil for one that was committed.
    public var aborted: AbortedTransaction? {
        guard outcome == .abort else { return nil }
        return AbortedTransaction(
            producerId: producerId, firstOffset: firstOffset, lastOffset: lastOffset,
            lastStableOffset: lastStableOffset)
    }
}
