internal import VarveRecords
internal import VarveTerms

/// Holds an offset index against the batches of its segment, as they come by in order.
///
/// An entry is right when its position is where a batch starts, and its offset lies between that
/// batch's first and the last before the next entry's batch: then a look-up never starts behind the
/// record that it looks for. Kafka 4 writes the batch's last offset; older versions that of the
/// whole append, and compaction that of the last record it kept.
struct OffsetIndexCheck {
    private let entries: [OffsetIndexEntry]
    private let baseOffset: Offset
    private var next = 0
    /// The entry whose batch came by last; it must not pass the batches before the next one's.
    private var open: Int?
    private var lastOffset: Int64 = -1
    private(set) var firstWrong: (slot: Int, reason: String)?
    private(set) var wrong = 0

    init(_ entries: [OffsetIndexEntry], baseOffset: Offset) {
        self.entries = entries
        self.baseOffset = baseOffset
    }

    /// Takes the batch that starts at `position`.
    mutating func take(_ header: BatchHeader, at position: Int) {
        passed(before: position)
        if next < entries.count, Int(entries[next].position) == position {
            close()
            let offset = absolute(next)
            if offset < header.baseOffset {
                fail(next, "names offset \(offset), before the batch at byte \(position)")
            } else {
                open = next
            }
            next += 1
        }
        lastOffset = header.lastOffset ?? header.baseOffset
    }

    /// Damaged bytes hide whether an entry is right.
    mutating func skip(_ positions: Range<Int>) {
        passed(before: positions.lowerBound)
        while next < entries.count, Int(entries[next].position) < positions.upperBound { next += 1 }
        open = nil
    }

    /// Ends at the segment's last whole batch.
    mutating func finish() {
        close()
        passed(before: .max)
    }

    private mutating func passed(before position: Int) {
        while next < entries.count, Int(entries[next].position) < position {
            fail(next, "names byte \(entries[next].position), where no batch starts")
            next += 1
        }
    }

    private mutating func close() {
        if let open, absolute(open) > lastOffset {
            fail(
                open,
                "names offset \(absolute(open)), past its batch, which ends with \(lastOffset)")
        }
        open = nil
    }

    private func absolute(_ slot: Int) -> Int64 {
        baseOffset.rawValue &+ Int64(entries[slot].relativeOffset)
    }

    private mutating func fail(_ slot: Int, _ reason: String) {
        if firstWrong == nil { firstWrong = (slot, reason) }
        wrong += 1
    }
}
