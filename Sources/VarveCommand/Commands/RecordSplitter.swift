internal import VarveBytes
internal import VarveTerms

/// Finds records in a stream of bytes, one after the other.
struct RecordSplitter {
    enum Format: String, CaseIterable, Sendable {
        /// Records end with a line feed, which is not part of them; a carriage return is.
        case lines
        /// Records start with their length, 32 bits, big-endian.
        case prefixed
    }

    /// Where a record lies.
    struct Place {
        var key: Range<Int>?
        var value: Range<Int>?
        /// Where the next record starts.
        var end: Int
    }

    enum Outcome {
        case record(Place)
        /// The bytes end within a record.
        case needsMore
        /// There is no lawful record; the text says why.
        case refused(String)
    }

    let format: Format
    private let separator: [UInt8]
    private let isKeyed: Bool
    /// The most bytes that key and value may have together.
    private let sizeMax: Int
    /// How many bytes of an unfinished line were looked through.
    private var searched = 0

    /// What a record may have beside its key and value, and a batch of one record beside that: the
    /// batch header of 61 bytes, and in the record a length (5), attributes (1), time (10), offset
    /// (5), the lengths of key and value (5 each) and the count of headers (5): 97.
    private static let overheadMax = 97

    init(_ arguments: Arguments) throws(CommandError) {
        format = arguments[AppendCommand.format]
        separator = Array((arguments[AppendCommand.keySeparator] ?? "").utf8)
        isKeyed = arguments[AppendCommand.keyed]
        sizeMax = arguments[AppendCommand.batchSizeMax].bytes - Self.overheadMax
        if format == .prefixed, !separator.isEmpty {
            throw .usage("--key-separator goes with --format lines; prefixed takes --keyed")
        }
        if format == .lines, isKeyed {
            throw .usage("--keyed goes with --format prefixed; lines take --key-separator")
        }
    }

    /// The record that starts at `start`.
    /// - Parameter isEnd: whether nothing follows `bytes`.
    mutating func next(in bytes: RawSpan, at start: Int, isEnd: Bool) -> Outcome {
        format == .lines
            ? line(in: bytes, at: start, isEnd: isEnd) : prefixed(in: bytes, at: start)
    }

    // MARK: Lines

    private mutating func line(in bytes: RawSpan, at start: Int, isEnd: Bool) -> Outcome {
        guard start < bytes.byteCount else { return .needsMore }
        let feed = Self.lineFeed(in: bytes, from: start + searched)
        let end = feed ?? bytes.byteCount
        guard end - start <= sizeMax else {
            return .refused(tooLong)
        }
        guard feed != nil || isEnd else {
            searched = end - start
            return .needsMore
        }
        searched = 0
        let next = feed.map { $0 + 1 } ?? end
        guard !separator.isEmpty else {
            return .record(Place(key: nil, value: start..<end, end: next))
        }
        guard let split = separatorPlace(in: bytes, start..<end) else {
            return .refused("there is no key separator in the line")
        }
        return .record(
            Place(key: start..<split, value: split + separator.count..<end, end: next))
    }

    private var tooLong: String {
        "the record is longer than \(sizeMax) bytes, the most that --batch-size-max allows"
    }

    private static func lineFeed(in bytes: RawSpan, from start: Int) -> Int? {
        var place = start
        // Eight bytes at a time: a byte of the word is zero where a line feed stands, and the sum
        // is not zero when any is (Warren, Hacker's Delight, 6-1).
        while place + 8 <= bytes.byteCount {
            let word = bytes.uint64(at: place) ^ 0x0A0A_0A0A_0A0A_0A0A
            let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            guard zeros == 0 else { break }
            place += 8
        }
        while place < bytes.byteCount {
            if bytes.uint8(at: place) == 0x0A { return place }
            place += 1
        }
        return nil
    }

    private func separatorPlace(in bytes: RawSpan, _ line: Range<Int>) -> Int? {
        guard line.count >= separator.count else { return nil }
        let first = separator[0]
        for place in line.lowerBound...(line.upperBound - separator.count)
        where bytes.uint8(at: place) == first {
            let candidate = bytes.extracting(place..<place + separator.count)
            if candidate.isEqual(to: separator.rawSpan) { return place }
        }
        return nil
    }

    // MARK: Length-prefixed records

    private enum Field {
        case found(Range<Int>?, end: Int)
        case needsMore
        case tooLong
    }

    private func field(in bytes: RawSpan, at start: Int) -> Field {
        guard start + 4 <= bytes.byteCount else { return .needsMore }
        let length = bytes.uint32(at: start)
        if length == .max, isKeyed { return .found(nil, end: start + 4) }
        guard Int(length) <= sizeMax else { return .tooLong }
        let end = start + 4 + Int(length)
        return end <= bytes.byteCount ? .found(start + 4..<end, end: end) : .needsMore
    }

    private func prefixed(in bytes: RawSpan, at start: Int) -> Outcome {
        var place = Place(key: nil, value: nil, end: start)
        for isKey in isKeyed ? [true, false] : [false] {
            switch field(in: bytes, at: place.end) {
            case .needsMore: return .needsMore
            case .tooLong: return .refused(tooLong)
            case .found(let range, let end):
                if isKey { place.key = range } else { place.value = range }
                place.end = end
            }
        }
        let size = (place.key?.count ?? 0) + (place.value?.count ?? 0)
        guard size <= sizeMax else { return .refused(tooLong) }
        return .record(place)
    }
}
