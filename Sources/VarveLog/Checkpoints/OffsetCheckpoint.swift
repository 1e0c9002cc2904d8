public import VarveTerms

/// One offset for each log of a data directory, as Kafka keeps four of them: up to where each log
/// is flushed, where it starts, its high watermark, and up to where it is compacted.
///
/// ```swift
/// var checkpoint = try OffsetCheckpoint.load(path, in: fileSystem) ?? OffsetCheckpoint()
/// checkpoint.offsets[name] = Offset(170)
/// try checkpoint.store(at: path, in: fileSystem)
/// ```
///
/// Printed in the order of the names, whatever the order it was read in: equal checkpoints are
/// equal bytes.
///
/// *Source*: docs/formats/text-checkpoints.md.
public struct OffsetCheckpoint: WholeFileContent {
    /// Up to where each log is known to be flushed.
    public static let recoveryPointFileName = "recovery-point-offset-checkpoint"
    /// Where logs start that start within a segment.
    public static let logStartFileName = "log-start-offset-checkpoint"
    /// High watermarks.
    public static let highWatermarkFileName = "replication-offset-checkpoint"
    /// Up to where each log is compacted.
    public static let compactionFileName = "cleaner-offset-checkpoint"
    /// Up to where segments of each log may have been rewritten: compaction that was interrupted
    /// reached further than the file above says. Varve's own.
    public static let rewrittenFileName = "varve.rewritten"

    /// A row takes at most 255 + 20 + 2 bytes, and usually 40: 64 MiB hold 240,000 logs of the
    /// longest names, far more than a directory serves.
    public static let sizeMax = ByteCount.mib(64)

    public var offsets: [LogName: Offset]

    public init(_ offsets: [LogName: Offset] = [:]) { self.offsets = offsets }

    /// Reads the content of a checkpoint. Where a log stands twice, its last row counts, as in
    /// Kafka.
    /// - Complexity: O(size).
    public init(parsing bytes: [UInt8]) throws(CheckpointDefect) {
        var offsets: [LogName: Offset] = [:]
        try CheckpointRows.parse(bytes) { (row, lines) throws(CheckpointDefect) in
            let parts = lines.parts(of: row)
            guard parts.count == 3 else {
                throw CheckpointDefect(
                    line: lines.number,
                    .shape(found: lines.excerpt(row), expected: "topic, partition and offset"))
            }
            let partition: Int32 = try lines.number("partition", in: parts[1])
            let offset: Int64 = try lines.number("offset", in: parts[2])
            guard let topic = String(validating: bytes[parts[0]], as: UTF8.self),
                let name = LogName(topic: topic, partition: partition)
            else {
                throw CheckpointDefect(
                    line: lines.number,
                    .field(
                        name: "topic", found: lines.excerpt(parts[0]),
                        expected: "a name that a folder can have"))
            }
            offsets[name] = Offset(offset)
        }
        self.offsets = offsets
    }

    /// - Complexity: O(n log n) for n logs.
    public func printed() -> [UInt8] {
        var bytes = CheckpointRows.header(count: offsets.count)
        for (name, offset) in offsets.sorted(by: { $0.key < $1.key }) {
            bytes += Array("\(name.topic) \(name.partition) \(offset)\n".utf8)
        }
        return bytes
    }
}
