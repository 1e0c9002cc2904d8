package import VarveTerms

/// What an append is told: which offsets its batches have, and how many had them before.
package struct DuplicateTally {
    package var duplicates = 0
    private var offsets: Range<Offset>?

    package init() {}

    /// A batch of the append has these offsets.
    package mutating func cover(_ more: Range<Offset>) {
        guard let known = offsets else {
            offsets = more
            return
        }
        offsets =
            min(known.lowerBound, more.lowerBound)..<max(known.upperBound, more.upperBound)
    }

    /// - Parameters:
    ///   - end: where the log ended before the append: the answer to an append of nothing.
    ///   - isAppended: whether some batch was new.
    package func receipt(at end: Offset, appended isAppended: Bool) -> AppendReceipt {
        var receipt = AppendReceipt(offsets: offsets ?? end..<end)
        receipt.duplicates = duplicates
        receipt.isDuplicate = duplicates > 0 && !isAppended
        return receipt
    }
}
