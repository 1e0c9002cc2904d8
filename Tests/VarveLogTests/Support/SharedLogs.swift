import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

/// Several logs of one data directory on a simulated disk, which share their flushes.
final class SharedLogs {
    static let folder = LogOnDisk.path + "/varve.commit"
    static let ring = folder + "/ring"
    /// Where the first frame stands.
    static let firstFrame = 8192

    let disk: SimulatedDisk
    let directory: DataDirectory
    let logs: [Log]
    private let ringSize: ByteCount
    private let settings: LogSettings

    init(
        _ disk: SimulatedDisk = SimulatedDisk(), count: Int = 3, ringSize: ByteCount = .mib(1),
        settings: LogSettings = LogFixture.smallSegments(),
        bootID: UniqueID = UniqueID(high: 1, low: 1)
    ) throws {
        self.disk = disk
        (self.ringSize, self.settings) = (ringSize, settings)
        let directory = try DataDirectory(
            LogOnDisk.path, commitRingSize: ringSize,
            in: LogFixture.simulated(disk, bootID: bootID))
        self.directory = directory
        logs = try (0..<count).map {
            try directory.openLog(Self.name($0), settings: settings)
        }
    }

    static func name(_ number: Int) throws -> LogName {
        guard let name = LogName(folder: "log-\(number)") else { throw LogError.closed(path: "") }
        return name
    }

    static func file(_ number: Int, _ base: Int64 = 0) -> String {
        LogOnDisk.file(base, in: "\(LogOnDisk.path)/log-\(number)")
    }

    /// Appends one batch of two records to each of the logs, and lets them share a flush.
    @discardableResult
    func append(
        _ batch: Int, to numbers: [Int]? = nil, padding: Int = 40
    ) throws -> [LogError?] {
        let chosen = (numbers ?? Array(logs.indices)).map { logs[$0] }
        for log in chosen { try write(batch, to: log, padding: padding) }
        return directory.flushEach(chosen)
    }

    func write(_ batch: Int, to log: Log, padding: Int = 40) throws {
        let bytes = try LogFixture.batch(
            "r\(batch)", count: 2, timestamp: 1_000 + Int64(batch) * 10, padding: padding)
        try log.write(bytes.rawSpan, now: Timestamp(milliseconds: 1_000))
    }

    func values(_ number: Int) throws -> [String] {
        try LogFixture.values(of: logs[number].reader)
    }

    /// The process dies and another opens the logs, in the same start of the system.
    func killed(_ damage: (SimulatedDisk) -> Void = { _ in }) throws -> SharedLogs {
        let next = disk.processDeath()
        damage(next)
        return try SharedLogs(next, count: logs.count, ringSize: ringSize, settings: settings)
    }

    /// The power goes, and a later start of the system opens the logs.
    func powerCut(
        keeping selection: AtomSelection = .none, _ damage: (SimulatedDisk) -> Void = { _ in }
    ) throws -> SharedLogs {
        let next = disk.crash(keeping: selection)
        damage(next)
        return try SharedLogs(
            next, count: logs.count, ringSize: ringSize, settings: settings,
            bootID: UniqueID(high: 2, low: 2))
    }

    /// How often the disk was asked for each kind of operation since `start`.
    func counts(since start: Int) -> [DiskOperation.Kind: Int] {
        var counts: [DiskOperation.Kind: Int] = [:]
        for operation in disk.trace[start...] { counts[operation.kind, default: 0] += 1 }
        return counts
    }
}
