public import VarveTerms

/// The name of a file that belongs to a segment: its base offset in 20 digits, what it holds, and
/// how far it is on its way in or out of the log.
///
///     00000000000000000123.timeindex           in use
///     00000000000000000123.timeindex.deleted   to be unlinked
///
/// The 20 digits would hold numbers up to 10^20 − 1, more than offsets have (2^63 − 1, 19 digits):
/// such a name is not one of a segment.
///
/// *Source*: Kafka's log folders, docs/formats/names.md.
public struct SegmentFileName: Hashable, Sendable {
    /// What the file holds; the raw value is what its name says.
    public enum Content: String, CaseIterable, Hashable, Sendable {
        /// Record batches.
        case log
        /// Where batches stand.
        case index
        /// From which offset a timestamp may be found.
        case timeIndex = "timeindex"
        /// Aborted transactions.
        case transactionIndex = "txnindex"
        /// What producers last wrote, as of the offset in the name, exclusive.
        case producerSnapshot = "snapshot"
        /// What each batch was when it was written; Varve's own.
        case sidecar = "varve"
    }

    /// How far the file is; the raw value is the end of its name.
    public enum Standing: String, CaseIterable, Hashable, Sendable {
        case live = ""
        /// Of a segment that left the log: unlinked in a while, or at the next opening.
        case deleted = ".deleted"
        /// Being written by compaction: worthless after a crash.
        case cleaned = ".cleaned"
        /// Written by compaction, and about to take the place of what it was made from.
        case swap = ".swap"
    }

    public var baseOffset: Offset
    public var content: Content
    public var standing: Standing

    public init(_ baseOffset: Offset, _ content: Content, _ standing: Standing = .live) {
        self.baseOffset = baseOffset
        self.content = content
        self.standing = standing
    }

    /// How many digits the base offset has.
    static let digitCount = 20

    /// Reads a file's name; nil when it is not one of a segment's.
    public init?(_ name: String) {
        let bytes = Array(name.utf8)
        guard bytes.count > Self.digitCount + 1, bytes[Self.digitCount] == UInt8(ascii: "."),
            bytes[0] >= UInt8(ascii: "0"),
            let number = Int64(decimal: bytes[..<Self.digitCount]),
            let baseOffset = Offset(exactly: number)
        else { return nil }
        let rest = String(decoding: bytes[(Self.digitCount + 1)...], as: UTF8.self)
        for content in Content.allCases {
            for standing in Standing.allCases where rest == content.rawValue + standing.rawValue {
                self.init(baseOffset, content, standing)
                return
            }
        }
        return nil
    }
}

extension SegmentFileName: CustomStringConvertible {
    /// The file's name.
    public var description: String {
        let digits = String(baseOffset.rawValue)
        let zeros = String(repeating: "0", count: Self.digitCount - digits.utf8.count)
        return "\(zeros)\(digits).\(content.rawValue)\(standing.rawValue)"
    }
}
