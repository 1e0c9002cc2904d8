internal import VarveRecords
internal import VarveTerms

/// Holds a time index against the batches of its segment, as they come by in order: each entry must
/// say the largest timestamp of all batches up to the one that holds its offset.
struct TimeIndexCheck {
    private let entries: [TimeIndexEntry]
    private let baseOffset: Offset
    private var next = 0
    private var largest = Timestamp.none
    /// Whether every batch so far could be read.
    private var isKnown = true
    private(set) var firstWrong: (slot: Int, reason: String)?
    private(set) var wrong = 0

    init(_ entries: [TimeIndexEntry], baseOffset: Offset) {
        self.entries = entries
        self.baseOffset = baseOffset
    }

    mutating func take(_ header: BatchHeader) {
        largest = max(largest, Timestamp(milliseconds: header.maxTimestamp))
        let last = header.lastOffset ?? header.baseOffset
        while next < entries.count, absolute(next) <= last {
            if isKnown, entries[next].timestamp != largest {
                fail(
                    next,
                    "says \(entries[next].timestamp) up to offset \(absolute(next)), "
                        + "where the largest timestamp is \(largest)")
            }
            next += 1
        }
    }

    /// Damaged batches may have had any timestamp.
    mutating func skip() { isKnown = false }

    /// Ends at the segment's last whole batch.
    /// - Returns: whether the last entry is the one that closes a segment.
    mutating func finish() -> Bool {
        while next < entries.count, isKnown {
            fail(next, "names offset \(absolute(next)), past the segment's last")
            next += 1
        }
        return !isKnown || (entries.last?.timestamp ?? .none) >= largest
    }

    private func absolute(_ slot: Int) -> Int64 {
        baseOffset.rawValue &+ Int64(entries[slot].relativeOffset)
    }

    private mutating func fail(_ slot: Int, _ reason: String) {
        if firstWrong == nil { firstWrong = (slot, reason) }
        wrong += 1
    }
}
