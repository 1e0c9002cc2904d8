import VarveLog
import VarveMetadata
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

/// A metadata log alone, on a simulated disk.
struct MetadataScene {
    let disk: SimulatedDisk
    let directory: DataDirectory
    let metadata: MetadataLog

    static let folder = "/d/__cluster_metadata-0"

    /// Small snapshots and segments, and only the newest snapshot stays.
    static let tight: MetadataKeeping = {
        var keeping = MetadataKeeping()
        keeping.snapshotDistance = ByteCount(900)
        keeping.retentionSize = ByteCount(1)
        return keeping
    }()

    init(
        _ disk: SimulatedDisk, _ keeping: MetadataKeeping = MetadataKeeping(),
        bootID: UniqueID = UniqueID(high: 1, low: 1)
    ) throws {
        self.disk = disk
        let surroundings = Surroundings(
            fileSystem: disk, clock: disk.clock, randomness: SeededRandomness(seed: 3),
            processID: 1, bootID: bootID)
        directory = try DataDirectory("/d", in: surroundings)
        let log = try directory.openLog(
            MetadataLog.name, settings: keeping.logSettings, topicID: MetadataLog.topicID)
        metadata = try MetadataLog(log, keeping, in: disk, at: disk.clock.wallClock())
    }

    var now: Timestamp { disk.clock.wallClock() }
    var image: ClusterImage { metadata.image }

    /// Snapshots that lie in the folder.
    var snapshots: [SnapshotName] { get throws { try metadata.snapshots.names() } }

    /// Sets a property of a broker to a long value, flushed.
    func set(_ number: Int, size: Int = 300) throws {
        let value = String(repeating: "\(number % 10)", count: size)
        try metadata.append([Self.config("p\(number % 3)", value)], at: now)
        try metadata.flush()
    }

    static func config(_ name: String, _ value: String) -> MetadataRecord {
        .config(ConfigRecord(resourceType: 4, resourceName: "1", name: name, value: value))
    }
}
