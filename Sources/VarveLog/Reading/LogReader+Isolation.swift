public import VarveTerms

extension LogReader {
    /// Up to where every transaction is decided: what readers of committed records see. Never above
    /// what may be read.
    ///
    /// In a log that nobody looks at for transactions (`ReadOnlyLog` with `.uncommitted`) the end.
    public func lastStableOffset(through visibility: Visibility? = nil) -> Offset {
        let state = published.snapshot
        let end = state.ends.end(through: visibility ?? self.visibility)
        return state.stability?.lastStable(before: end) ?? end
    }

    /// The first offset that is not decided yet; nil when everything that may be read is.
    public func firstUnstableOffset(through visibility: Visibility? = nil) -> Offset? {
        let state = published.snapshot
        let end = state.ends.end(through: visibility ?? self.visibility)
        return state.stability?.firstUnstable(before: end)
    }
}

extension LogEnds {
    /// Where a reader's view ends.
    func end(through visibility: Visibility) -> Offset {
        visibility == .flushed ? flushed : written
    }
}
