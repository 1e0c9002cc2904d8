public import VarveTerms

/// The file in a data directory that says where a scrub was left: `varve.scrub`.
///
/// Without it the next scrub begins at the start. Kafka passes over it.
/// *Source*: docs/formats/quarantine.md.
public struct ScrubMark: WholeFileContent {
    public static let fileName = "varve.scrub"
    /// A line of at most 330 bytes; the rest is room for what later versions may add.
    public static let sizeMax = ByteCount.kib(4)

    private static let version: Int32 = 0

    /// The log that was being gone through; the ones before it by name are done.
    public var log: LogName
    public var mark: Scrub.Mark

    public init(_ log: LogName, _ mark: Scrub.Mark) {
        self.log = log
        self.mark = mark
    }

    public init(parsing bytes: [UInt8]) throws(CheckpointDefect) {
        var lines = TextLines(bytes)
        guard let first = lines.next(), Int32(decimal: bytes[first]) == Self.version else {
            let found = CheckpointDefect.excerpt(bytes.prefix { $0 != UInt8(ascii: "\n") })
            throw CheckpointDefect(line: 1, .version(found: found, expected: "\(Self.version)"))
        }
        guard let line = lines.next() else {
            throw CheckpointDefect(line: 2, .missing(name: "mark"))
        }
        let parts = lines.parts(of: line)
        guard parts.count == 4 else {
            throw CheckpointDefect(
                line: 2,
                .shape(
                    found: lines.excerpt(line),
                    expected: "topic, partition, segment and position"))
        }
        let partition: Int32 = try lines.number("partition", in: parts[1])
        let segment: Int64 = try lines.number("segment", in: parts[2])
        let position: Int64 = try lines.number("position", in: parts[3])
        guard let topic = String(validating: bytes[parts[0]], as: UTF8.self),
            let log = LogName(topic: topic, partition: partition)
        else {
            throw CheckpointDefect(
                line: 2,
                .field(
                    name: "topic", found: lines.excerpt(parts[0]),
                    expected: "a name that a folder can have"))
        }
        self.log = log
        mark = Scrub.Mark(segment: Offset(segment), position: FilePosition(Int(position)))
    }

    public func printed() -> [UInt8] {
        Array(
            "\(Self.version)\n\(log.topic) \(log.partition) \(mark.segment) \(mark.position)\n".utf8
        )
    }
}
