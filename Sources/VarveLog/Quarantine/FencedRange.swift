internal import VarveRecords
internal import VarveSystem
public import VarveTerms

/// A stretch of a log that is known to be damaged: it is never served, and everything around it is.
public struct FencedRange: Hashable, Sendable {
    /// The base offset of the segment.
    public var segment: Offset
    /// Where the damage lies in the segment's `.log` file; empty where bytes are missing.
    public var positions: Range<FilePosition>
    /// The offsets that may have stood there.
    public var offsets: Range<Offset>
    /// What is wrong with the first of the bytes, in one line.
    public var reason: String
    /// When it was found, by the wall clock.
    public var found: Timestamp

    /// The reason loses line ends and what passes `reasonSizeMax` bytes.
    public init(
        segment: Offset, positions: Range<FilePosition>, offsets: Range<Offset>, reason: String,
        found: Timestamp
    ) {
        self.segment = segment
        self.positions = positions
        self.offsets = offsets
        self.reason = Self.line(reason)
        self.found = found
    }

    /// - Returns: nil when the path is not that of a segment's file.
    init?(_ range: CorruptRange, found: Timestamp) {
        let name = range.path.split(separator: "/").last.map { String($0) } ?? ""
        guard let file = SegmentFileName(name), file.content == .log else { return nil }
        self.init(
            segment: file.baseOffset, positions: range.positions, offsets: range.offsets,
            reason: "\(range.defect)", found: found)
    }

    /// The longest reason in bytes: all that the engine gives are shorter.
    static let reasonSizeMax = 256

    private static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            guard line.utf8.count < reasonSizeMax else { break }
            line.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        while line.utf8.count > reasonSizeMax { line.removeLast() }
        while line.last == " " { line.removeLast() }
        return line.isEmpty ? "damaged" : line
    }

    /// The path of the segment's `.log` file in a log's folder.
    public func path(in folder: String) -> String {
        "\(folder)/\(SegmentFileName(segment, .log))"
    }

    /// Whether both speak of the same damage, at least in part.
    func overlaps(_ other: FencedRange) -> Bool {
        guard segment == other.segment else { return false }
        if positions.isEmpty != other.positions.isEmpty { return false }
        return positions.isEmpty
            ? offsets.overlaps(other.offsets) : positions.overlaps(other.positions)
    }
}

extension FencedRange: CustomStringConvertible {
    public var description: String {
        let last = max(offsets.lowerBound.rawValue, offsets.upperBound.rawValue - 1)
        return "segment \(segment), bytes \(positions.lowerBound)..<\(positions.upperBound), "
            + "offsets \(offsets.lowerBound) to \(last): \(reason)"
    }
}
