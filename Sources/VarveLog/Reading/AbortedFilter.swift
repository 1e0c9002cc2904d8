package import VarveRecords
internal import VarveTerms

/// Tells batches of aborted transactions from others, batch by batch in the order of the log.
///
///     aborted: (7, 10…21)      batches:  7 at 10   9 at 15   7 at 20   abort of 7 at 21   7 at 22
///                                        hidden    shown     hidden                       shown
package struct AbortedFilter {
    /// Those that did not begin yet, the next one last.
    private var coming: [AbortedTransaction]
    /// Producers whose transaction is one that was aborted.
    private var aborting: Set<Int64> = []

    /// - Parameter transactions: as they come with what was read.
    package init(_ transactions: [AbortedTransaction]) {
        coming = transactions.sorted { $0.firstOffset > $1.firstOffset }
    }

    /// Whether the records of the next batch belong to an aborted transaction.
    /// - Parameter batch: its bytes, which are looked at only if it is a control batch.
    package mutating func hides(_ header: BatchHeader, _ batch: RawSpan) -> Bool {
        guard !coming.isEmpty || !aborting.isEmpty else { return false }
        while let next = coming.last, next.firstOffset.rawValue <= header.lastOffset ?? 0 {
            aborting.insert(next.producerId)
            coming.removeLast()
        }
        guard header.attributes.isTransactional else { return false }
        guard header.attributes.isControl else { return aborting.contains(header.producerId) }
        if TransactionMarker(batch)?.outcome == .abort { aborting.remove(header.producerId) }
        return false
    }
}
