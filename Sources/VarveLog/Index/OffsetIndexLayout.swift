internal import VarveBytes

/// One entry of a `.index` file: a batch's last offset, and where the batch starts.
public struct OffsetIndexEntry: Hashable, Sendable {
    /// The last offset of the batch, less the segment's base offset.
    public var relativeOffset: Int32
    /// Where that batch starts in the `.log` file.
    public var position: Int32

    public init(relativeOffset: Int32, position: Int32) {
        self.relativeOffset = relativeOffset
        self.position = position
    }
}

/// The sparse offset index: 8-byte entries, big-endian, strictly growing in both columns.
/// *Source*: docs/formats/offset-index.md.
public enum OffsetIndexLayout {
    static let relativeOffset = Field(at: 0, width: 4)
    static let position = Field(after: relativeOffset, width: 4)
    /// The size of an entry.
    public static let entrySize = position.end

    /// The entry in `slot`.
    /// - Precondition: the span holds at least `slot + 1` entries.
    public static func entry(_ slot: Int, in bytes: RawSpan) -> OffsetIndexEntry {
        let start = slot * entrySize
        return OffsetIndexEntry(
            relativeOffset: bytes.int32(at: start + relativeOffset.start),
            position: bytes.int32(at: start + position.start))
    }

    /// How many entries at the front are lawful: growing in both columns, positions below
    /// `logSize`. Zeros that fill an index which was never trimmed end it. O(entries).
    public static func lawfulCount(in bytes: RawSpan, logSize: Int) -> Int {
        var previous = OffsetIndexEntry(relativeOffset: -1, position: -1)
        for slot in 0..<bytes.byteCount / entrySize {
            let next = entry(slot, in: bytes)
            guard next.relativeOffset > previous.relativeOffset,
                next.position > previous.position, Int(next.position) < logSize
            else { return slot }
            // A first entry of zeros is unwritten space: the first batch never has an entry.
            if slot == 0, next.position == 0 { return 0 }
            previous = next
        }
        return bytes.byteCount / entrySize
    }

    /// The slot of the last entry at or before `relative`; nil if all come later.
    ///
    /// Offsets of a log grow about as evenly as its bytes, so a guess by proportion is near: two
    /// or three entries are looked at and not seventeen, most of which would come from memory.
    /// - Complexity: O(log entries): every third step halves.
    public static func slot(atOrBefore relative: Int64, in bytes: RawSpan) -> Int? {
        let count = bytes.byteCount / entrySize
        guard relative >= 0, count > 0 else { return nil }
        // Invariant: entries before `low` are at or before `relative`, those from `high` on after;
        // the keys are those of `low - 1` and `high`.
        var (low, high) = (0, count - 1)
        var (lowKey, highKey) = (Int64(0), key(high, in: bytes))
        if highKey <= relative { return high }
        var turn = 0
        while low < high {
            var probe = low + (high - low) / 2
            if turn % 3 != 2, lowKey < highKey {
                let share = (relative - lowKey) * Int64(high - low + 1) / (highKey - lowKey)
                probe = min(max(low - 1 + Int(share), low), high - 1)
            }
            turn += 1
            let found = key(probe, in: bytes)
            if found <= relative {
                (low, lowKey) = (probe + 1, found)
            } else {
                (high, highKey) = (probe, found)
            }
        }
        return low == 0 ? nil : low - 1
    }

    private static func key(_ slot: Int, in bytes: RawSpan) -> Int64 {
        Int64(entry(slot, in: bytes).relativeOffset)
    }
}

/// The last slot below `count` for which `holds`, which is true up to some slot and false after.
@inline(__always)
func lastSlot(in count: Int, where holds: (Int) -> Bool) -> Int? {
    // Invariant: `holds` below `low`, not from `high` on.
    var (low, high) = (0, count)
    while low < high {
        let middle = low + (high - low) / 2
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
}
