import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Logs that Apache Kafka compacted are compacted again.
@Suite("compaction of Kafka's logs")
struct GoldenCompactionTests {
    /// A day before the delete horizons that Kafka wrote into the logs.
    private static let now = Timestamp(milliseconds: 1_795_250_000_000)
    /// And one after them.
    private static let later = Timestamp(milliseconds: 1_795_600_000_000)

    private static var settings: LogSettings {
        var settings = LogSettings()
        settings.segmentSizeMax = .kib(8)
        settings.indexInterval = ByteCount(512)
        settings.indexSizeMax = ByteCount(65_536)
        settings.cleanupPolicy = .compact
        return settings
    }

    private func open(_ folder: String) throws -> (SimulatedDisk, DataDirectory, Log) {
        let disk = SimulatedDisk()
        try LogFixture.plant("engine/clean", at: "/d", on: disk)
        let directory = try DataDirectory("/d", in: LogFixture.simulated(disk))
        let name = try #require(LogName(folder: folder))
        return (disk, directory, try directory.openLog(name, settings: Self.settings, .mustExist))
    }

    /// Each batch's bytes, by its base offset.
    private func batches(_ log: Log) throws -> [Int64: [UInt8]] {
        var found: [Int64: [UInt8]] = [:]
        var next = log.reader.startOffset
        while case .batches(let batches) = try log.reader.read(from: next) {
            batches.forEachBatch { header, bytes in found[header.baseOffset] = bytes.array() }
            next = batches.nextOffset
        }
        return found
    }

    private func latest(_ records: [KeyedRecord]) -> [KeyedRecord] {
        var offsets: [String: Int64] = [:]
        for record in records { offsets[record.key ?? "?"] = record.offset }
        return records.filter { offsets[$0.key ?? "?"] == $0.offset }
    }

    static let folders = ["compacted-0", "compacted-tombstones-gone-0", "txn-compacted-0"]

    @Test("what Kafka compacted is left as it is", arguments: folders)
    func untouched(_ folder: String) throws {
        let (disk, directory, log) = try open(folder)
        let paths = disk.paths.filter { $0.hasPrefix("/d/\(folder)/") && $0.hasSuffix(".log") }
        let before = paths.map { disk.contents($0) }
        #expect(log.compactedEnd == log.active.segment.baseOffset)
        #expect(try log.clean(now: Self.now).map(\.ending) == [.nothingToClean])
        #expect(paths.map { disk.contents($0) } == before)
        #expect(try directory.dirtiestLog(now: Self.now) == nil)
        #expect(try directory.compactedLogNames().map(\.folder) == Self.folders.sorted())
    }

    @Test("with the active segment sealed, the latest record of each key stays", arguments: folders)
    func recompacted(_ folder: String) throws {
        let (disk, directory, log) = try open(folder)
        let before = try CompactionScene.committed(log)
        let bytes = try batches(log)
        try log.roll()
        let report = try #require(try log.clean(now: Self.now).last)
        #expect(report.ending == .done)
        let after = try CompactionScene.committed(log)
        // Of one log the horizons have passed already.
        let headers = bytes.map { LogFixture.header($0.value, at: $0.key) }
        let isExpired = { (record: KeyedRecord) -> Bool in
            headers.contains { header in
                header.baseOffset <= record.offset && record.offset <= header.lastOffset ?? -1
                    && header.deleteHorizon.map { $0 <= Self.now } ?? false
            }
        }
        let expected = latest(before).filter { $0.value != nil || !isExpired($0) }
        #expect(after == expected)
        // Whatever lost no record, and has no tombstone that is seen for the first time, is the
        // same byte for byte.
        let kept = Set(after.map(\.offset))
        for (base, made) in try batches(log) {
            let old = try #require(bytes[base])
            let header = LogFixture.header(old, at: base)
            let last = try #require(header.lastOffset)
            let records = before.filter { ($0.offset >= base) && $0.offset <= last }
            let isWhole = records.allSatisfy { kept.contains($0.offset) }
            let isNew =
                header.deleteHorizon == nil && records.contains { $0.value == nil }
            if isWhole, !isNew, !records.isEmpty { #expect(made == old, "batch \(base)") }
        }
        try directory.close()
        let again = try DataDirectory("/d", .mustExist, in: LogFixture.simulated(disk))
        let reopened = try again.openLog(log.name, settings: Self.settings, .mustExist)
        #expect(reopened.recovery.isClean, "\(reopened.recovery)")
        #expect(try CompactionScene.committed(reopened) == after)
    }

    @Test("tombstones go past the horizons that Kafka wrote", arguments: folders)
    func horizons(_ folder: String) throws {
        let (_, _, log) = try open(folder)
        let before = try CompactionScene.committed(log)
        try log.roll()
        let reports = try log.clean(now: Self.later)
        let after = try CompactionScene.committed(log)
        #expect(CompactionScene.table(after) == CompactionScene.table(before))
        let expired = reports.reduce(0) { $0 + $1.tally.tombstonesExpired }
        #expect(expired > 0 || folder == "compacted-tombstones-gone-0")
        #expect(
            after
                == latest(before).filter { record in
                    record.value != nil || after.contains(record)
                })
    }

    @Test("an aborted transaction's marker goes once nothing of it is left, and the index with it")
    func markers() throws {
        let (_, _, log) = try open("txn-compacted-0")
        let aborted = try log.segments.flatMap { try $0.transactionIndex.entries() }
        #expect(!aborted.isEmpty)
        var now = Self.later
        for round in 0..<3 {
            now = now.advanced(by: .seconds(48 * 3600))
            let batch = try LogFixture.keyed([("round", "\(round)")])
            try log.append(batch.rawSpan)
            try log.roll()
            try log.clean(now: now)
        }
        let left = try log.segments.flatMap { try $0.transactionIndex.entries() }
        #expect(left.count < aborted.count)
        #expect(log.openTransactions == [])
    }
}
