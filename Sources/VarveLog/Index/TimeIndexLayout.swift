internal import VarveBytes
public import VarveTerms

/// One entry of a `.timeindex` file: the largest timestamp up to and including an offset.
public struct TimeIndexEntry: Hashable, Sendable {
    public var timestamp: Timestamp
    /// The last offset of the batch with that timestamp, less the segment's base offset.
    public var relativeOffset: Int32

    public init(timestamp: Timestamp, relativeOffset: Int32) {
        self.timestamp = timestamp
        self.relativeOffset = relativeOffset
    }

    /// The entry as it stands in the file.
    var bytes: [UInt8] {
        var buffer = ByteBuffer(capacity: TimeIndexLayout.entrySize)
        buffer.append(timestamp.milliseconds)
        buffer.append(relativeOffset)
        return buffer.bytes.array()
    }
}

/// The sparse time index: 12-byte entries, big-endian, strictly growing in both columns.
/// *Source*: docs/formats/time-index.md.
public enum TimeIndexLayout {
    static let timestamp = Field(at: 0, width: 8)
    static let relativeOffset = Field(after: timestamp, width: 4)
    /// The size of an entry.
    public static let entrySize = relativeOffset.end

    /// The entry in `slot`.
    /// - Precondition: the span holds at least `slot + 1` entries.
    public static func entry(_ slot: Int, in bytes: RawSpan) -> TimeIndexEntry {
        let start = slot * entrySize
        return TimeIndexEntry(
            timestamp: Timestamp(milliseconds: bytes.int64(at: start + timestamp.start)),
            relativeOffset: bytes.int32(at: start + relativeOffset.start))
    }

    /// How many entries at the front are lawful: growing in both columns. O(entries).
    public static func lawfulCount(in bytes: RawSpan) -> Int {
        var previous: TimeIndexEntry?
        for slot in 0..<bytes.byteCount / entrySize {
            let next = entry(slot, in: bytes)
            guard next.relativeOffset >= 0 else { return slot }
            if let previous {
                guard next.timestamp > previous.timestamp,
                    next.relativeOffset > previous.relativeOffset
                else { return slot }
            } else if next.timestamp.milliseconds == 0, next.relativeOffset == 0,
                isZero(bytes)
            {
                return 0  // An index that was never trimmed and never used.
            }
            previous = next
        }
        return bytes.byteCount / entrySize
    }

    /// The slot of the last entry older than `time`; nil if there is none. O(log entries).
    public static func slot(before time: Timestamp, in bytes: RawSpan) -> Int? {
        lastSlot(in: bytes.byteCount / entrySize) { entry($0, in: bytes).timestamp < time }
    }

    /// Whether the second entry, if there is one, is unwritten space too.
    private static func isZero(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 2 * entrySize else { return false }
        let second = entry(1, in: bytes)
        return second.timestamp.milliseconds == 0 && second.relativeOffset == 0
    }
}
