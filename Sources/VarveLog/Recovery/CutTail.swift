internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// What stands in bytes that are about to be cut off: whole batches behind the first defect, which
/// a torn write of one commit can leave, and which damage to acknowledged ones would leave too.
struct CutTail {
    private(set) var batches = 0
    private(set) var records = RecordCount.zero
    /// The offset after the last whole batch; nil when there is none.
    private(set) var endOffset: Offset?

    /// Where the last whole batch ends; 0 when there is none.
    private(set) var endPosition = 0

    /// The offset after the records that a torn batch at the front says it has; nil when what
    /// stands there does not look like one.
    private(set) var claimedEnd: Offset?

    /// Counts the whole batches from `position` on.
    mutating func count(
        in segment: Segment, from position: Int, expected: Offset
    ) throws(LogError) {
        var search = try DamageSearch(segment, through: .includingUnflushed)
        var walk = try BatchWalk(segment, at: position, through: .includingUnflushed)
        claimedEnd = claim(of: &walk, at: position, expected: expected)
        var (position, expected) = (position, expected)
        while position < walk.end {
            if let header = try? walk.header(at: position),
                header.baseOffset >= expected.rawValue,
                (try? walk.verify(at: position, size: header.sizeInBytes)) != nil
            {
                batches += 1
                records = records + RecordCount(Int64(max(0, header.recordsCount)))
                expected = Offset(header.lastOffset ?? header.baseOffset).advanced(by: 1)
                endOffset = expected
                position += header.sizeInBytes
                endPosition = position
            } else {
                position = try search.nextBatch(after: position, expected: expected).position
            }
        }
    }

    private func claim(
        of walk: inout BatchWalk, at position: Int, expected: Offset
    ) -> Offset? {
        guard walk.end - position >= BatchLayout.headerSize,
            (try? walk.lend(position, BatchLayout.headerSize)) != nil
        else { return nil }
        let front = walk.window.span(position..<position + BatchLayout.headerSize)
        guard GuardedBytes.areReadable(front), let header = BatchHeader(front),
            header.magic == BatchLayout.currentMagic, header.baseOffset == expected.rawValue
        else { return nil }
        return header.lastOffset.flatMap { Offset(exactly: $0)?.advanced(byExactly: 1) }
    }
}
