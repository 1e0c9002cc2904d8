internal import VarveLog
internal import VarveTerms

/// How the metadata log is kept from growing. The names in brackets are Kafka's properties.
struct MetadataKeeping: Hashable {
    /// A snapshot is written when there is so much behind the last one
    /// (`metadata.log.max.record.bytes.between.snapshots`).
    var snapshotDistance = ByteCount.mib(20)
    /// And when the last one is so old and there is anything behind it
    /// (`metadata.log.max.snapshot.interval.ms`); nil for never.
    var snapshotInterval: Duration? = .seconds(3600)
    /// Snapshots, and the log before them, go from the oldest on while all of it is larger than
    /// this (`metadata.max.retention.bytes`) or they are older (`metadata.max.retention.ms`); nil
    /// for no such bound. The newest snapshot stays.
    var retentionSize: ByteCount? = .mib(100)
    var retentionAge: Duration? = .seconds(7 * 24 * 3600)
    /// Of a segment (`metadata.log.segment.bytes`).
    var segmentSizeMax = ByteCount.gib(1)

    init() {}

    init(_ configs: StaticConfigs) {
        let bytes = { (name: String) in
            configs.integer(name).flatMap { Int(exactly: $0) }.flatMap { ByteCount(exactly: $0) }
        }
        let time = { (name: String) in
            configs.integer(name).flatMap { $0 < 0 ? nil : Duration.milliseconds($0) }
        }
        snapshotDistance =
            bytes("metadata.log.max.record.bytes.between.snapshots") ?? snapshotDistance
        snapshotInterval = time("metadata.log.max.snapshot.interval.ms").flatMap {
            $0 == .zero ? nil : $0
        }
        retentionSize = bytes("metadata.max.retention.bytes")
        retentionAge = time("metadata.max.retention.ms")
        segmentSizeMax = bytes("metadata.log.segment.bytes") ?? segmentSizeMax
    }

    /// How the engine keeps the log.
    var logSettings: LogSettings {
        var settings = LogSettings()
        // Whatever is done with records: what topics there are is never lost.
        settings.flushPolicy = .durable
        // Only whole segments go, so one is no larger than what a snapshot makes superfluous.
        let size = min(segmentSizeMax, max(snapshotDistance, ByteCount(1024)))
        settings.segmentSizeMax = min(size, ByteCount(Int(Int32.max)))
        // The records of one request stay together.
        settings.batchSizeMax = .mib(9)
        return settings
    }
}
