import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Whole directories of Apache Kafka, opened, appended to and closed.
@Suite("directories of Apache Kafka")
struct KafkaDirectoryTests {
    /// A row of the list that stands beside a directory.
    private struct Listed {
        var name: LogName
        var start, end: Offset
        var batches: [ClosedRange<Int64>]
    }

    private func listing(_ kind: String) throws -> [Listed] {
        let text = Fixture.bytes(Fixture.root + "/Tests/Fixtures/engine/\(kind).txt")
        return try String(decoding: text, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map { line in
                let cells = line.split(separator: " ").map(String.init)
                return Listed(
                    name: try #require(LogName(folder: cells[0])),
                    start: Offset(try #require(Int64(cells[1]))),
                    end: Offset(try #require(Int64(cells[2]))),
                    batches: try cells.dropFirst(3).map { cell in
                        let ends = try cell.split(separator: "-").map { try #require(Int64($0)) }
                        return ends[0]...ends[1]
                    })
            }
    }

    /// The settings with which Kafka kept a log.
    private func settings(_ name: LogName) -> LogSettings {
        var settings = LogSettings()
        let isDefault = name.folder.hasPrefix("__") || name.folder == "defaults-0"
        settings.segmentSizeMax = .kib(8)
        settings.indexInterval = ByteCount(isDefault ? 4_096 : 512)
        settings.indexSizeMax = ByteCount(65_536)
        return settings
    }

    private func planted(_ kind: String) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        try LogFixture.plant("engine/" + kind, at: "/d", on: disk)
        return disk
    }

    private func open(_ disk: SimulatedDisk) throws -> DataDirectory {
        try DataDirectory("/d", .mustExist, in: LogFixture.simulated(disk))
    }

    /// That the log reads as Kafka's own reader lists it.
    private func expectListed(_ log: Log, _ listed: Listed) throws {
        #expect(log.ends.start == listed.start && log.ends.written == listed.end, "\(log.path)")
        let visible = listed.batches.filter { $0.upperBound >= listed.start.rawValue }
        #expect(try LogFixture.batches(of: log.reader) == visible, "\(log.path)")
        for batch in visible {
            guard case .batches(let found) = try log.reader.read(from: Offset(batch.upperBound))
            else {
                Issue.record("nothing at \(batch.upperBound) of \(log.path)")
                continue
            }
            #expect(found.offsets.lowerBound.rawValue == batch.lowerBound, "\(log.path)")
        }
    }

    @Test("every log of a directory that Kafka closed opens without recovery, as Kafka lists it")
    func opensClean() throws {
        let directory = try open(planted("clean"))
        #expect(directory.wasClosedCleanly)
        let listing = try listing("clean")
        #expect(try directory.logNames() == listing.map(\.name).sorted() && listing.count == 34)
        for listed in listing {
            let log = try directory.openLog(
                listed.name, settings: settings(listed.name), .mustExist)
            try expectListed(log, listed)
            #expect(log.recovery.cut == nil && log.recovery.damaged.isEmpty)
            #expect(log.recovery.rebuiltIndexes.isEmpty, "\(log.recovery)")
            #expect(!log.recovery.rebuiltEpochs && log.topicID != nil)
        }
    }

    @Test("opening and closing Kafka's directory leaves its batches, indexes and checkpoints alone")
    func closesAgain() throws {
        let disk = try planted("clean")
        let before = Dictionary(
            uniqueKeysWithValues: disk.paths.map { ($0, disk.contents($0) ?? []) })
        // Their last entries lie further from the end than the interval, since a restart of the
        // broker counts anew; the entry that is missing is added.
        let restarted = [
            "/d/__cluster_metadata-0/", "/d/__transaction_state-1/", "/d/one-record-0/",
        ]
        let directory = try open(disk)
        for name in try directory.logNames() {
            _ = try directory.openLog(name, settings: settings(name), .mustExist)
        }
        try directory.close()
        for (path, bytes) in before {
            if path.hasSuffix("-offset-checkpoint") {
                let (old, new) = (
                    try OffsetCheckpoint(parsing: bytes),
                    try OffsetCheckpoint(parsing: disk.contents(path) ?? [])
                )
                for (name, offset) in old.offsets {
                    #expect(new.offsets[name] == offset, "\(path)")
                }
            } else if path.hasSuffix("/.kafka_cleanshutdown") {
                // The line end is how Varve knows its own mark.
                #expect(disk.contents(path) == bytes + [UInt8(ascii: "\n")])
            } else if !path.hasSuffix("index") || restarted.allSatisfy({ !path.hasPrefix($0) }) {
                #expect(disk.contents(path) == bytes, "\(path)")
            }
        }
        let added = Set(disk.paths).subtracting(before.keys)
            .filter { !$0.hasSuffix(".varve") && !$0.hasPrefix("/d/varve.integrity") }
        #expect(added == ["/d/.lock", "/d/varve.owner"])
    }

    @Test("after appending and a clean close, batches, indexes and checkpoints keep Kafka's rules")
    func appends() throws {
        let disk = try planted("clean")
        let listing = try listing("clean")
        let directory = try open(disk)
        for listed in listing {
            let log = try directory.openLog(
                listed.name, settings: settings(listed.name), .mustExist)
            for number in 0..<20 {
                let batch = try LogFixture.batch(
                    "v\(number)", count: 3, timestamp: 1_900_000_000_000 + Int64(number) * 7,
                    padding: 200)
                try log.append(batch.rawSpan, epoch: log.latestEpoch ?? .zero)
            }
        }
        try directory.close()
        for path in disk.paths where path.hasSuffix(".log") { try expectLawful(path, on: disk) }
        let points = try OffsetCheckpoint(
            parsing: disk.contents("/d/recovery-point-offset-checkpoint") ?? [])
        let again = try open(disk.processDeath())
        for listed in listing {
            let end = listed.end.advanced(by: 60)
            #expect(points.offsets[listed.name] == end)
            let log = try again.openLog(listed.name, settings: settings(listed.name), .mustExist)
            #expect(log.recovery.isClean && log.ends.written == end, "\(log.recovery)")
            let found = try LogFixture.batches(of: log.reader, from: listed.end)
            #expect(found.count == 20 && found.first?.lowerBound == listed.end.rawValue)
        }
    }

    /// That a segment's batches follow one another, each index entry names one of them as Kafka
    /// would, and its time index ends with the largest timestamp.
    private func expectLawful(_ path: String, on disk: SimulatedDisk) throws {
        let stem = path.dropLast(3)
        let base = try #require(Int64(path.dropLast(4).suffix(20)))
        let log = disk.contents(path) ?? []
        let offsets = try #require(disk.contents(stem + "index"))
        let times = try #require(disk.contents(stem + "timeindex"))
        var batches: [Int: BatchHeader] = [:]
        var (position, end, largest) = (0, base, Int64(-1))
        while let header = BatchHeader(log.rawSpan, at: position) {
            #expect(header.baseOffset >= end)
            batches[position] = header
            end = try #require(header.lastOffset) + 1
            largest = max(largest, header.maxTimestamp)
            position += header.sizeInBytes
        }
        #expect(position == log.count)
        let count = OffsetIndexLayout.lawfulCount(in: offsets.rawSpan, logSize: log.count)
        #expect(count * 8 == offsets.count, "\(path)")
        for slot in 0..<count {
            let entry = OffsetIndexLayout.entry(slot, in: offsets.rawSpan)
            let batch = batches[Int(entry.position)]
            #expect(batch?.lastOffset == base + Int64(entry.relativeOffset), "\(path) \(slot)")
        }
        let timeCount = TimeIndexLayout.lawfulCount(in: times.rawSpan)
        #expect(timeCount * 12 == times.count, "\(path)")
        if largest >= 0 {
            try #require(timeCount > 0, "\(path)")
            let last = TimeIndexLayout.entry(timeCount - 1, in: times.rawSpan)
            #expect(last.timestamp.milliseconds == largest, "\(path)")
        }
    }

    @Test("a killed Kafka's logs open with every batch that Kafka itself recovers")
    func opensKilled() throws {
        let disk = try planted("killed")
        let sizes = Fixture.bytes(Fixture.root + "/Tests/Fixtures/engine/killed-sizes.txt")
        for line in String(decoding: sizes, as: UTF8.self).split(separator: "\n")
        where !line.hasPrefix("#") {
            let cells = line.split(separator: " ").map(String.init)
            disk.truncateFile("/d/" + cells[0], to: ByteCount(try #require(Int(cells[1]))))
        }
        let directory = try open(disk)
        #expect(!directory.wasClosedCleanly)
        for listed in try listing("killed") {
            let log = try directory.openLog(
                listed.name, settings: settings(listed.name), .mustExist)
            try expectListed(log, listed)
            #expect(log.recovery.cut == nil && log.recovery.damaged.isEmpty, "\(log.recovery)")
        }
        try directory.close()
        for path in disk.paths where path.hasSuffix(".log") { try expectLawful(path, on: disk) }
    }
}
