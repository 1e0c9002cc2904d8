public import VarveTerms

/// How a log is kept. The names in brackets are Kafka's topic configurations.
public struct LogSettings: Hashable, Sendable {
    /// What an acknowledged append has survived.
    public var flushPolicy: FlushPolicy = .durable
    /// An append that would take a segment past this size rolls it first (`segment.bytes`).
    public var segmentSizeMax: ByteCount = .gib(1)
    /// A segment is rolled when a record comes this long after its first (`segment.ms`).
    public var segmentAgeMax: Duration = .seconds(7 * 24 * 3600)
    /// Bytes of batches between two index entries (`index.interval.bytes`).
    public var indexInterval: ByteCount = .kib(4)
    /// The size of an index at which its segment is rolled (`segment.index.bytes`).
    public var indexSizeMax: ByteCount = .mib(10)
    /// The largest batch that an append takes (`max.message.bytes`).
    public var batchSizeMax: ByteCount = ByteCount(1_048_588)
    /// Segments are deleted from the oldest on while more than this remains (`retention.bytes`).
    public var retentionSize: ByteCount?
    /// Segments whose newest record is older than this are deleted (`retention.ms`).
    public var retentionAge: Duration?
    /// A producer that wrote nothing for so long is forgotten (`producer.id.expiration.ms`).
    public var producerAgeMax: Duration = .seconds(24 * 3600)
    /// Who stamps records (`message.timestamp.type`).
    public var timestamps: TimestampSource = .producer
    /// How files of new segments are made.
    public var segmentCreation: SegmentCreation = .extending
    /// How far ahead of its batches the file of the active segment is filled with zeros, at most;
    /// zero for not at all. Under `.durable` this halves the time of a flush (docs/decisions/
    /// 0014-prewriting.md); other policies have no use for it. Sealed and closed segments have
    /// their true length whatever this says.
    public var prewriting: ByteCount = .kib(256)
    /// How readers get at bytes.
    public var readAccess: ReadAccess = .mapped
    /// How old records go (`cleanup.policy`).
    public var cleanupPolicy: CleanupPolicy = .delete
    /// How the log is compacted, where that is its policy.
    public var compaction = CompactionSettings()

    public init() {}

    /// Who stamps records with their time.
    public enum TimestampSource: Hashable, Sendable {
        /// Records keep the time that their producer gave (`CreateTime`).
        case producer
        /// Records read as the time at which the log took them (`LogAppendTime`).
        case log
    }

    /// How the file of a new segment gets its space.
    public enum SegmentCreation: Hashable, Sendable {
        /// The file grows with its batches.
        case extending
        /// Space for the whole segment is reserved at once; the length still is the true one.
        case reserving
    }

    /// How readers get at the bytes of segments.
    public enum ReadAccess: Hashable, Sendable {
        /// Through a mapping of the file: no copy. A disk that fails under bytes that were checked
        /// and are still held can end the process (docs/internals/durability.md).
        case mapped
        /// Copied out with `pread`: slower, and no fault of the disk can end the process.
        case copied
    }

    /// Whether a log can be kept so.
    /// - Throws: `LogError.setting`, which names the first that cannot be.
    public func validate() throws(LogError) {
        try Self.check(
            "segment.bytes", segmentSizeMax.bytes, within: Self.segmentSizeRange)
        try Self.check("index.interval.bytes", indexInterval.bytes, within: 0...Int(Int32.max))
        try Self.check("segment.index.bytes", indexSizeMax.bytes, within: 24...Int(Int32.max))
        try Self.check("max.message.bytes", batchSizeMax.bytes, within: 61...Int(Int32.max) - 12)
        try Self.check("prewriting", prewriting.bytes, within: 0...Int(Int32.max))
        guard segmentAgeMax > .zero else {
            throw .setting(name: "segment.ms", value: "\(segmentAgeMax)", allowed: "above zero")
        }
        guard producerAgeMax > .zero else {
            throw .setting(
                name: "producer.id.expiration.ms", value: "\(producerAgeMax)",
                allowed: "above zero")
        }
        try compaction.validate()
    }

    /// The engine's own limits: at least 1 KiB, and positions are 32-bit numbers in indexes.
    private static let segmentSizeRange = 1024...Int(Int32.max)

    private static func check(
        _ name: String, _ value: Int, within range: ClosedRange<Int>
    ) throws(LogError) {
        guard range.contains(value) else {
            throw .setting(
                name: name, value: "\(value)",
                allowed: "\(range.lowerBound) to \(range.upperBound)")
        }
    }
}
