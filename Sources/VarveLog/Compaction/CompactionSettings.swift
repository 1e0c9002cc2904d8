public import VarveTerms

/// How old records go (`cleanup.policy`).
public struct CleanupPolicy: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Whole segments go from the front, by age and size.
    public static let delete = CleanupPolicy(rawValue: 1)
    /// Of each key the latest record stays.
    public static let compact = CleanupPolicy(rawValue: 2)
}

/// How a log is compacted. The names in brackets are Kafka's configurations.
public struct CompactionSettings: Hashable, Sendable {
    /// Which part of the cleanable bytes must be dirty before a log is worth the work
    /// (`min.cleanable.dirty.ratio`).
    public var minCleanableDirtyRatio = 0.5
    /// Segments with a record younger than this are left alone (`min.compaction.lag.ms`).
    public var minCompactionLag: Duration = .zero
    /// A log with a dirty record older than this is cleaned whatever its ratio; nil for never
    /// (`max.compaction.lag.ms`).
    public var maxCompactionLag: Duration?
    /// How long tombstones and markers of emptied transactions stay after the pass that found
    /// nothing else of their key or transaction, for readers that were away
    /// (`delete.retention.ms`).
    public var deleteRetention: Duration = .seconds(24 * 3600)
    /// What the map from keys to offsets may take, 24 bytes a key at a load of nine tenths:
    /// 16 MiB are 629,000 keys a pass. More keys take more passes, not more memory
    /// (`log.cleaner.dedupe.buffer.size`, there 128 MiB).
    public var mapMemory: ByteCount = .mib(16)
    /// How many bytes a second are read and written together; nil for as many as there can be
    /// (`log.cleaner.io.max.bytes.per.second`).
    public var throttle: ByteCount?
    /// What becomes of records without a key.
    public var keylessRecords = KeylessRecords.dropped

    public init() {}

    /// What becomes of records without a key, of which none is the latest of anything.
    public enum KeylessRecords: Hashable, Sendable {
        /// They go, as in Kafka.
        case dropped
        /// The log is not cleaned: it may not have been meant to be.
        case refused
    }

    /// - Throws: `LogError.setting`, which names the first that cannot be.
    func validate() throws(LogError) {
        guard (0...1).contains(minCleanableDirtyRatio) else {
            throw .setting(
                name: "min.cleanable.dirty.ratio", value: "\(minCleanableDirtyRatio)",
                allowed: "0 to 1")
        }
        try Self.check("min.compaction.lag.ms", minCompactionLag)
        try Self.check("delete.retention.ms", deleteRetention)
        if let maxCompactionLag {
            guard maxCompactionLag >= minCompactionLag, maxCompactionLag > .zero else {
                throw .setting(
                    name: "max.compaction.lag.ms", value: "\(maxCompactionLag)",
                    allowed: "above zero and not below min.compaction.lag.ms")
            }
        }
        if let throttle, throttle.bytes == 0 {
            throw .setting(
                name: "log.cleaner.io.max.bytes.per.second", value: "0", allowed: "above zero")
        }
    }

    private static func check(_ name: String, _ value: Duration) throws(LogError) {
        guard value >= .zero, value <= durationMax else {
            throw .setting(name: name, value: "\(value)", allowed: "zero to \(durationMax)")
        }
    }

    /// A thousand years: times in milliseconds never overflow with it.
    private static let durationMax = Duration.seconds(1000 * 366 * 24 * 3600)
}
