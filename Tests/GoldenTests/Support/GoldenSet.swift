import Foundation
import Testing
import VarveBytes
import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

/// A data directory that Apache Kafka wrote, with what clients of the broker were told of it.
///
/// The sets of the repository are a selection. Where `VARVE_GOLDEN` names a folder with all sets,
/// those are taken instead.
struct GoldenSet: CustomTestStringConvertible {
    var name: String
    private var folder: String
    private var expectedPath: String?

    var testDescription: String { name }

    private static let whole = ProcessInfo.processInfo.environment["VARVE_GOLDEN"]

    /// Whether the sets are whole, and not the repository's selection.
    static let isComplete = whole != nil

    /// Every set there is.
    static let all: [GoldenSet] = {
        let fixtures = GoldenSource.root + "/Tests/Fixtures"
        guard let whole else {
            return [
                .init("clean", fixtures + "/engine/clean", fixtures + "/golden/clean"),
                .init("killed", fixtures + "/engine/killed", fixtures + "/golden/killed"),
                .init("legacy", fixtures + "/golden/legacy", fixtures + "/golden/legacy"),
                .init("disk-a", fixtures + "/golden/disk-a", fixtures + "/golden/standalone"),
                .init("disk-b", fixtures + "/golden/disk-b", fixtures + "/golden/standalone"),
                .init("node-2", fixtures + "/golden/node-2", nil),
            ]
        }
        return ["clean", "killed", "legacy"].map { .init($0, "\(whole)/\($0)", "\(whole)/\($0)") }
            + ["disk-a", "disk-b"].map {
                .init($0, "\(whole)/standalone/\($0)", "\(whole)/standalone")
            } + [1, 2, 3].map { .init("node-\($0)", "\(whole)/cluster/node-\($0)", nil) }
    }()

    private init(_ name: String, _ folder: String, _ expected: String?) {
        self.name = name
        self.folder = folder
        expectedPath = expected.map { $0 + ".expected.json" }
    }

    /// The files, by their path below the directory.
    func files() throws -> [String: [UInt8]] {
        var files = try GoldenSource.files(below: folder)
        guard let sizes = try GoldenSource.content(folder + "-sizes.txt") else { return files }
        // Files that the fixtures hold without the zeros at their ends.
        for line in String(decoding: sizes, as: UTF8.self).split(separator: "\n")
        where !line.hasPrefix("#") {
            let cells = line.split(separator: " ").map(String.init)
            let size = try #require(Int(cells[1]))
            let found = files[cells[0], default: []]
            files[cells[0]] = found + [UInt8](repeating: 0, count: size - found.count)
        }
        return files
    }

    /// The set of this name; nil where it was not taken along.
    static func named(_ name: String) -> GoldenSet? { all.first { $0.name == name } }

    /// The files with the snapshots of the metadata log, which stand apart in the repository.
    func filesWithSnapshots() throws -> [String: [UInt8]] {
        guard name == "clean", Self.whole == nil else { return try files() }
        let snapshots = GoldenSource.root + "/Tests/Fixtures/golden/clean-snapshots"
        return try files().merging(GoldenSource.files(below: snapshots)) { $1 }
    }

    /// The directory at `/d` of a simulated disk.
    func planted() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        disk.plantDirectory("/d")
        for (path, bytes) in try files() { disk.setContents("/d/" + path, bytes) }
        return disk
    }

    /// What clients were told of each partition; nil where nobody asked.
    func expected() throws -> [ExpectedAnswers]? {
        guard let expectedPath, let bytes = try GoldenSource.content(expectedPath) else {
            return nil
        }
        return try JSONDecoder().decode([ExpectedAnswers].self, from: Data(bytes))
    }

    /// The settings with which the brokers kept a log.
    func settings(_ name: LogName) -> LogSettings {
        var settings = LogSettings()
        let isSmall = ["clean", "killed", "legacy"].contains(self.name)
        let isDefault = name.folder.hasPrefix("__") || name.folder.hasPrefix("defaults-")
        if isSmall, !isDefault {
            settings.segmentSizeMax = .kib(8)
            settings.indexInterval = ByteCount(512)
            settings.indexSizeMax = ByteCount(65_536)
        }
        // What the sets' producers wrote is years apart from their brokers' clock.
        settings.producerAgeMax = .seconds(1_000_000_000)
        return settings
    }

    /// Whether batches were taken out of a log after they were appended: then its segments are not
    /// those of its appends.
    func isCompacted(_ name: LogName) -> Bool { name.folder.contains("compacted") }

    /// Whether its broker was of the 4 series. Older ones rolled, and made an index entry, at most
    /// once for each append, whatever number of batches it had.
    var isModern: Bool { name != "legacy" }

    static func surroundings(_ disk: SimulatedDisk) -> Surroundings {
        Surroundings(
            fileSystem: disk, clock: disk.clock, randomness: SeededRandomness(seed: 1),
            processID: 7, bootID: UniqueID(high: 1, low: 1))
    }

    static func open(_ disk: SimulatedDisk, at path: String = "/d") throws -> DataDirectory {
        try DataDirectory(path, .mustExist, in: surroundings(disk))
    }
}

/// What clients of a real broker were told of a partition.
struct ExpectedAnswers: Decodable {
    struct At: Decodable, Equatable {
        var at: Int64?
        var offset, timestamp: Int64
        var leaderEpoch: Int32?
    }

    struct Delivered: Decodable, Equatable {
        var count: Int
        var sha256: String
        var offsets: String
    }

    var partition: String
    var topicId: String?
    var logStartOffset, highWatermark, lastStableOffset: Int64
    var leaderEpoch: Int32
    var maxTimestamp: At?
    var byTime: [At]
    var uncommitted, committed: Delivered

    enum CodingKeys: String, CodingKey {
        case partition, topicId, logStartOffset, highWatermark, lastStableOffset
        case leaderEpoch, maxTimestamp, byTime
        case uncommitted = "read_uncommitted"
        case committed = "read_committed"
    }
}
