import Varve
import VarveSim
import VarveSystem

/// A shared log on a simulated disk.
struct SimulatedLog {
    let disk = SimulatedDisk()
    static let path = "/data"

    func surroundings(boot: UInt64 = 1) -> Surroundings {
        Surroundings(
            fileSystem: disk, clock: disk.clock, randomness: SeededRandomness(seed: 7),
            processID: 1, bootID: UniqueID(high: boot, low: boot))
    }

    /// Settings with which mappings stay small.
    static func settings(_ policy: FlushPolicy = .durable) -> SharedSettings {
        var settings = SharedSettings()
        settings.log.flushPolicy = policy
        settings.log.segmentSizeMax = .kib(64)
        settings.log.indexSizeMax = .kib(4)
        return settings
    }

    func open(_ settings: SharedSettings = Self.settings()) throws(LogError) -> SharedLog {
        try SharedLog(Self.path, settings: settings, in: surroundings())
    }

    /// The log as it is after a power cut that takes everything that was not flushed.
    func valuesAfterPowerCut() throws -> [String] {
        let left = disk.crash(keeping: .none)
        let surroundings = Surroundings(
            fileSystem: left, clock: left.clock, randomness: SeededRandomness(seed: 8),
            processID: 2, bootID: UniqueID(high: 2, low: 2))
        let log = try SharedLog(Self.path, settings: Self.settings(), in: surroundings)
        return try values(of: log)
    }
}

/// Every record's value as text, in order.
func values(of log: SharedLog) throws -> [String] {
    var values: [String] = []
    var scanner = RecordScanner()
    var next = log.reader.startOffset
    while case .batches(let batches) = try log.reader.read(from: next) {
        try batches.forEachBatch { (_, bytes) throws(BatchDefect) in
            try scanner.forEachRecord(in: bytes) { record in
                values.append(record.valueText ?? "")
            }
        }
        next = batches.nextOffset
    }
    return values
}
