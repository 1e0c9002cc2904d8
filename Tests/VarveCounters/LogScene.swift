internal import VarveBytes
internal import VarveLog
internal import VarveSim
internal import VarveTerms

/// A log that is appended to batch by batch.
final class LogScene {
    let outside: Outside
    let directory: DataDirectory
    let log: Log
    private let batch: [UInt8]

    init(
        _ outside: Outside, _ policy: FlushPolicy = .durable, batchSize: Int = 1024
    ) throws {
        self.outside = outside
        directory = try DataDirectory(outside.path, in: outside.surroundings)
        batch = try Batches.make(size: batchSize)
        log = try directory.openLog(Self.name(0), settings: Self.settings(policy))
    }

    /// Files that are small enough for a disk in memory.
    static func settings(_ policy: FlushPolicy = .durable) -> LogSettings {
        var settings = LogSettings()
        settings.flushPolicy = policy
        settings.segmentSizeMax = .mib(16)
        settings.indexSizeMax = .kib(256)
        return settings
    }

    static func name(_ number: Int32) -> LogName {
        guard let name = LogName(topic: "log", partition: number) else {
            preconditionFailure("a lawful name")
        }
        return name
    }

    func append(_ count: Int = 1, checking depth: AppendCheck = .frame) throws {
        // A span of a property cannot be had.
        let batch = batch
        for _ in 0..<count { try log.append(batch.rawSpan, checking: depth) }
    }

    /// Appends without a flush, whatever the policy.
    func write() throws {
        let batch = batch
        try log.write(batch.rawSpan, checking: .frame, now: outside.clock.wallClock())
    }

    /// Reads the batch at an offset.
    func read(_ offset: Int64) throws {
        guard case .batches = try log.reader.read(from: Offset(offset), sizeMax: .zero) else {
            preconditionFailure("no batch at \(offset)")
        }
    }
}
