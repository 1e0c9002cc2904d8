public import VarveTerms

/// The file in a log's folder that says which topic it is, whatever other topic had the name
/// before.
///
/// Kafka takes a log without it for a stray one, so it is written before the first append.
///
/// *Source*: KIP-516, docs/formats/partition-metadata.md.
public struct PartitionMetadata: WholeFileContent {
    public static let fileName = "partition.metadata"

    /// The two lines take 41 bytes; the rest is room for what later versions may add.
    public static let sizeMax = ByteCount.kib(4)

    static let version: Int32 = 0

    /// Never `UniqueID.zero`.
    public let topicID: UniqueID

    /// - Precondition: `topicID` is not zero, which is no topic's.
    public init(topicID: UniqueID) {
        precondition(topicID != .zero, "zero is no topic's id")
        self.topicID = topicID
    }

    /// Reads the content of the file. A version above 0 is read as 0 is, and what follows the two
    /// lines is not looked at: so Kafka leaves a way back from a later version.
    public init(parsing bytes: [UInt8]) throws(CheckpointDefect) {
        var lines = TextLines(bytes)
        let version = try Self.value(of: "version", &lines)
        let _: Int32 = try lines.number("version", in: version)
        let text = try Self.value(of: "topic_id", &lines)
        guard let topicID = UniqueID(base64: String(decoding: bytes[text], as: UTF8.self)),
            topicID != .zero
        else {
            throw CheckpointDefect(
                line: lines.number,
                .field(
                    name: "topic_id", found: lines.excerpt(text),
                    expected: "22 letters of base64 that are not all A"))
        }
        self.topicID = topicID
    }

    /// The value in the next line, which is `key`, a colon, blanks, and the value.
    private static func value(
        of key: String, _ lines: inout TextLines
    ) throws(CheckpointDefect) -> Range<Int> {
        guard let line = lines.next() else {
            throw CheckpointDefect(line: lines.number + 1, .missing(name: key))
        }
        let name = lines.bytes[line].prefix { $0 != UInt8(ascii: ":") }
        var start = name.endIndex + 1
        while start < line.upperBound, isBlank(lines.bytes[start]) { start += 1 }
        guard name.elementsEqual(key.utf8), start > name.endIndex + 1, start <= line.upperBound
        else {
            throw CheckpointDefect(
                line: lines.number,
                .shape(found: lines.excerpt(line), expected: "\"\(key): \" and a value"))
        }
        return start..<line.upperBound
    }

    public func printed() -> [UInt8] {
        Array("version: \(Self.version)\ntopic_id: \(topicID)".utf8)
    }
}
