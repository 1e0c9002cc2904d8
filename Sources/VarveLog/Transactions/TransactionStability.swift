internal import VarveTerms

/// Which transactions keep committed readers from going on to the end of the log.
///
/// A transaction is undecided for whoever sees the log only up to some end if it is open, or if its
/// marker lies at or above that end.
///
///     begin ──── first ─── records ─── marker ────► decided from here on
///                  └ the last stable offset is never above
struct TransactionStability: Hashable, Sendable {
    /// The first offset of the oldest open transaction.
    private(set) var firstOpen: Offset?
    /// Transactions that ended at or above the flushed end, in the order of their markers.
    private var ended: [Ended] = []

    private struct Ended: Hashable, Sendable {
        var first: Offset
        var last: Offset
    }

    /// Whether some transaction that has ended still holds readers up.
    var isHolding: Bool { !ended.isEmpty }

    init(firstOpen: Offset? = nil) { self.firstOpen = firstOpen }

    /// The first offset that is not stable for a view that ends at `end`; nil when all are.
    func firstUnstable(before end: Offset) -> Offset? {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.lastStableIsEnd.isPlanted { return nil }
        #endif
        var first = firstOpen
        for transaction in ended where transaction.last >= end {
            first = min(first ?? transaction.first, transaction.first)
        }
        return first.flatMap { $0 < end ? $0 : nil }
    }

    /// Up to where every transaction is decided, in a view that ends at `end`.
    func lastStable(before end: Offset) -> Offset { firstUnstable(before: end) ?? end }

    mutating func didEnd(_ transaction: CompletedTransaction, nextOpen: Offset?) {
        ended.append(Ended(first: transaction.firstOffset, last: transaction.lastOffset))
        firstOpen = nextOpen
    }

    /// The log was cut at `end`, where this transaction is the oldest open one.
    mutating func didCut(at end: Offset, firstOpen: Offset?) {
        ended.removeAll { $0.last >= end }
        self.firstOpen = firstOpen
    }

    mutating func didBegin(firstOpen: Offset?) { self.firstOpen = firstOpen }

    /// Every view ends at `end` or above it from now on.
    mutating func didFlush(through end: Offset) {
        guard !ended.isEmpty else { return }
        ended.removeAll { $0.last < end }
    }
}
