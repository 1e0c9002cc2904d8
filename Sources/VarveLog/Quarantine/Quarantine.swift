internal import VarveBytes
public import VarveTerms

/// What is known to be damaged in a log: a list of fenced ranges, and the file in the log's folder
/// that keeps it over restarts.
///
/// The file is only knowledge: without it nothing is lost, and damage is found again by whoever
/// reads there. Kafka passes over it.
///
/// *Invariants*: ranges are in order of segment, position and offset, and none overlaps another of
/// its segment.
/// *Source*: docs/formats/quarantine.md.
public struct Quarantine: WholeFileContent {
    public static let fileName = "varve.quarantine"

    /// A row takes at most 360 bytes: 4 MiB hold more ranges than anybody repairs one by one.
    public static let sizeMax = ByteCount.mib(4)

    /// Ranges beyond this many are not kept: a file that is damaged so often is replaced whole.
    public static let countMax = 10_000

    public private(set) var ranges: [FencedRange] = []

    public init() {}

    public var isEmpty: Bool { ranges.isEmpty }

    /// The range that holds an offset.
    /// - Complexity: O(n) for n ranges, which are few.
    public func range(holding offset: Offset) -> FencedRange? {
        ranges.first { $0.offsets.contains(offset) }
    }

    /// Adds a range; with those that it overlaps it becomes one, found when the first of them was.
    /// - Returns: whether anything is new.
    @discardableResult
    public mutating func insert(_ range: FencedRange) -> Bool {
        var merged = range
        let old = ranges.filter { $0.overlaps(range) }
        for other in old {
            merged.positions =
                min(
                    merged.positions.lowerBound, other.positions.lowerBound)..<max(
                    merged.positions.upperBound, other.positions.upperBound)
            merged.offsets =
                min(
                    merged.offsets.lowerBound, other.offsets.lowerBound)..<max(
                    merged.offsets.upperBound, other.offsets.upperBound)
            merged.found = min(merged.found, other.found)
        }
        if let only = old.first, old.count == 1, only.positions == merged.positions,
            only.offsets == merged.offsets
        {
            return false
        }
        guard ranges.count - old.count < Self.countMax else { return false }
        ranges.removeAll { $0.overlaps(range) }
        ranges.append(merged)
        ranges.sort {
            ($0.segment, $0.positions.lowerBound, $0.offsets.lowerBound)
                < ($1.segment, $1.positions.lowerBound, $1.offsets.lowerBound)
        }
        return true
    }

    /// Takes out the ranges that `isGone` says of.
    /// - Returns: whether there were any.
    @discardableResult
    public mutating func removeAll(where isGone: (FencedRange) -> Bool) -> Bool {
        let count = ranges.count
        ranges.removeAll(where: isGone)
        return ranges.count < count
    }

    // MARK: The file

    private static let version: Int32 = 0
    private static let checksumKey = "crc32c"

    /// Reads the content of the file.
    /// - Throws: also when the checksum in the last line is not that of the lines before it.
    public init(parsing bytes: [UInt8]) throws(CheckpointDefect) {
        var lines = TextLines(bytes)
        guard let first = lines.next(), Int32(decimal: bytes[first]) == Self.version else {
            let found = CheckpointDefect.excerpt(bytes.prefix { $0 != UInt8(ascii: "\n") })
            throw CheckpointDefect(line: 1, .version(found: found, expected: "\(Self.version)"))
        }
        guard let countLine = lines.next() else {
            throw CheckpointDefect(line: 2, .missing(name: "count"))
        }
        let stated: Int32 = try lines.number("count", in: countLine)
        while let line = lines.next() {
            if ranges.count == Int(stated) {
                try Self.check(bytes, line, lines)
                guard lines.next() == nil else {
                    throw CheckpointDefect(
                        line: lines.number,
                        .rowCount(stated: Int64(stated), found: ranges.count + 1))
                }
                return
            }
            insert(try Self.range(in: line, lines))
        }
        throw CheckpointDefect(line: lines.number + 1, .missing(name: Self.checksumKey))
    }

    private static func check(
        _ bytes: [UInt8], _ line: Range<Int>, _ lines: TextLines
    ) throws(CheckpointDefect) {
        let before = Array(bytes[..<line.lowerBound])
        let expected = "\(checksumKey) \(CRC32C.checksum(before.rawSpan))"
        guard bytes[line].elementsEqual(expected.utf8) else {
            throw CheckpointDefect(
                line: lines.number,
                .field(
                    name: checksumKey, found: lines.excerpt(line),
                    expected: "the checksum of the lines before"))
        }
    }

    /// A row: base offset, positions, offsets, time, and the reason to the end of the line.
    private static func range(
        in line: Range<Int>, _ lines: TextLines
    ) throws(CheckpointDefect) -> FencedRange {
        let parts = lines.parts(of: line)
        guard parts.count >= 7 else {
            throw CheckpointDefect(
                line: lines.number,
                .shape(found: lines.excerpt(line), expected: "six numbers and a reason"))
        }
        var numbers: [Int64] = []
        for part in parts[..<6] { numbers.append(try lines.number("number", in: part)) }
        guard numbers[1] <= numbers[2], numbers[3] <= numbers[4] else {
            throw CheckpointDefect(
                line: lines.number,
                .shape(found: lines.excerpt(line), expected: "ranges that end after they begin"))
        }
        return FencedRange(
            segment: Offset(numbers[0]),
            positions: FilePosition(Int(numbers[1]))..<FilePosition(Int(numbers[2])),
            offsets: Offset(numbers[3])..<Offset(numbers[4]),
            reason: String(
                decoding: lines.bytes[parts[6].lowerBound..<line.upperBound], as: UTF8.self),
            found: Timestamp(milliseconds: numbers[5]))
    }

    public func printed() -> [UInt8] {
        var text = "\(Self.version)\n\(ranges.count)\n"
        for range in ranges {
            text +=
                "\(range.segment) \(range.positions.lowerBound) \(range.positions.upperBound) "
                + "\(range.offsets.lowerBound) \(range.offsets.upperBound) "
                + "\(max(0, range.found.milliseconds)) \(range.reason)\n"
        }
        let bytes = Array(text.utf8)
        return bytes + Array("\(Self.checksumKey) \(CRC32C.checksum(bytes.rawSpan))\n".utf8)
    }
}
