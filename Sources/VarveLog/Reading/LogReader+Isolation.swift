public import VarveTerms

extension LogReader {
    /// Up to where every transaction is decided: what readers of committed records see. Never above
    /// what may be read.
    ///
    /// In a log that nobody looks at for transactions (`ReadOnlyLog` with `.uncommitted`) the end.
    public func lastStableOffset(through visibility: Visibility? = nil) -> Offset {
        let (state, ends) = published.snapshot
        let end = ends.end(through: visibility ?? self.visibility)
        return state.stability?.lastStable(before: end) ?? end
    }

    /// The first offset that is not decided yet; nil when everything that may be read is.
    public func firstUnstableOffset(through visibility: Visibility? = nil) -> Offset? {
        let (state, ends) = published.snapshot
        let end = ends.end(through: visibility ?? self.visibility)
        return state.stability?.firstUnstable(before: end)
    }

    /// The aborted transactions some of which lies in a range of offsets below the last stable
    /// offset, in the order of their markers.
    ///
    /// - Throws: `.damagedIndex`; `.file`.
    /// - Complexity: O(segments from the range's first on, up to the entry that ends the search),
    ///   and their entries; each index is read from its file once.
    public func abortedTransactions(
        in offsets: Range<Offset>
    ) throws(LogError) -> [AbortedTransaction] {
        var found: [AbortedTransaction] = []
        let segments = published.segments
        let first = lastSlot(in: segments.count) {
            segments[$0].baseOffset <= offsets.lowerBound
        }
        for segment in segments[(first ?? 0)...] {
            for transaction in try segment.transactionIndex.entries() {
                if transaction.overlaps(offsets) { found.append(transaction) }
                // What begins before the range's end was decided by here.
                if transaction.lastStableOffset >= offsets.upperBound { return found }
            }
        }
        return found
    }

    /// Reads up to the last stable offset, and says what was aborted of it.
    ///
    /// The last stable offset is taken first: transactions that begin below it are decided, and
    /// what is published of them was so before it moved.
    func readCommitted(
        from offset: Offset, sizeMax: ByteCount, _ visibility: Visibility
    ) throws(LogError) -> ReadOutcome {
        let stable = lastStableOffset(through: visibility)
        let outcome = try readVisible(
            from: offset, sizeMax: sizeMax, visibility, before: stable)
        guard case .batches(var batches) = outcome else { return outcome }
        batches.abortedTransactions = try abortedTransactions(in: batches.offsets)
        return .batches(batches)
    }
}

extension LogEnds {
    /// Where a reader's view ends.
    func end(through visibility: Visibility) -> Offset {
        visibility == .flushed ? flushed : written
    }
}
