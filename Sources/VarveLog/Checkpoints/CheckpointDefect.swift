/// What is wrong with the content of one of a data directory's text files, and in which line.
///
/// Parsers are pure and know no path: `CheckpointError.defect` adds it.
public struct CheckpointDefect: Error, Hashable, Sendable {
    /// What was found in place of what.
    public enum Kind: Hashable, Sendable {
        /// The file names a version that nothing here reads.
        case version(found: String, expected: String)
        /// A part of a line that is not what stands there in a sound file.
        case field(name: String, found: String, expected: String)
        /// A line with too few or too many parts, or that ends in the middle of one.
        case shape(found: String, expected: String)
        /// The count line and the rows that follow disagree.
        case rowCount(stated: Int64, found: Int)
        /// A row that must lie above the row before it, and does not.
        case order(found: LeaderEpochEntry, previous: LeaderEpochEntry)
        /// Something that the file must name is not in it.
        case missing(name: String)
    }

    /// The first line is 1; for what is missing altogether, the line after the last one.
    public var line: Int
    public var kind: Kind

    public init(line: Int, _ kind: Kind) {
        self.line = line
        self.kind = kind
    }
}

extension CheckpointDefect: CustomStringConvertible {
    /// `line 3: offset is "-5", expected 0 to 9223372036854775807`.
    public var description: String {
        switch kind {
        case .version(let found, let expected):
            "line \(line): version is \"\(found)\", expected \(expected)"
        case .field(let name, let found, let expected):
            "line \(line): \(name) is \"\(found)\", expected \(expected)"
        case .shape(let found, let expected):
            "line \(line): found \"\(found)\", expected \(expected)"
        case .rowCount(let stated, let found):
            "line \(line): states \(stated) rows, but \(found) follow"
        case .order(let found, let previous):
            "line \(line): epoch \(found.epoch) from offset \(found.startOffset) does not lie"
                + " above epoch \(previous.epoch) from offset \(previous.startOffset)"
        case .missing(let name):
            "line \(line): \(name) is missing"
        }
    }
}

extension CheckpointDefect {
    /// At most 64 bytes of what stands in a file, made fit to be printed: anything but printable
    /// ASCII stands as `\xNN`.
    static func excerpt(_ bytes: some Collection<UInt8>) -> String {
        var text = ""
        for byte in bytes.prefix(64) {
            if byte >= 0x20, byte < 0x7F {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16)
                text += byte < 16 ? "\\x0\(digits)" : "\\x\(digits)"
            }
        }
        return bytes.count > 64 ? text + "..." : text
    }
}
