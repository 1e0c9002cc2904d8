import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite("LogCleaner")
struct LogCleanerTests {
    private let now = Timestamp(milliseconds: 1_000_000)

    /// Segments of 1 KiB that are compacted, tombstones kept for 10 s.
    static func settings(_ access: LogSettings.ReadAccess = .mapped) -> LogSettings {
        var settings = LogFixture.smallSegments()
        settings.segmentSizeMax = .kib(1)
        settings.readAccess = access
        settings.cleanupPolicy = .compact
        settings.compaction.deleteRetention = .seconds(10)
        return settings
    }

    /// Appends a batch for each number: keys `k0` to `k9` in turn, and one that comes once.
    private func fill(_ on: LogOnDisk, _ numbers: Range<Int>) throws {
        for number in numbers {
            try on.append(
                bytes: try LogFixture.keyed(
                    [("k\(number % 10)", "v\(number)"), ("once-\(number)", "x")],
                    timestamp: 1_000 + Int64(number) * 10,
                    compression: number % 3 == 0 ? .lz4 : .none))
        }
    }

    private func latest(_ records: [KeyedRecord]) -> [String: String] {
        var table: [String: String] = [:]
        for record in records { table[record.key ?? "?"] = record.value }
        return table
    }

    // MARK: Errors

    @Test("a record without a key is refused where it must not be lost, and dropped elsewhere")
    func keyless() throws {
        var settings = Self.settings()
        settings.compaction.keylessRecords = .refused
        let on = try LogOnDisk(settings: settings)
        try fill(on, 0..<5)
        try on.append(bytes: try LogFixture.keyed([(nil, "lost?")]))
        try fill(on, 5..<10)
        try on.log.roll()
        let before = try LogFixture.keyedRecords(of: on.log.reader)
        let error = logError { try on.log.clean(now: now) }
        #expect(
            error == .uncleanable(path: LogOnDisk.folder, .keylessRecord(Offset(10))))
        #expect(try LogFixture.keyedRecords(of: on.log.reader) == before)
        let next = try on.closed(settings: Self.settings())
        let report = try #require(try next.log.clean(now: now).last)
        #expect(report.tally.recordsKeyless == 1)
        #expect(try LogFixture.keyedRecords(of: next.log.reader).allSatisfy { $0.key != nil })
    }

    @Test("a log with batches of old formats is refused, and stays as it is")
    func oldFormats() throws {
        // Key "key", value "value" five times, and a tombstone: as Kafka's own classes write them.
        let old = bytes(
            hex: """
                0000000000000000 00000032 2d18d893 01 00 0000018bcfe56800 00000003 6b6579
                00000019 76616c756576616c756576616c756576616c756576616c7565
                0000000000000001 00000019 be8c6bf6 01 00 0000018bcfe56801 00000003 6b6579 ffffffff
                """)
        let on = try LogOnDisk(settings: Self.settings())
        try on.log.appendAsSent(old.rawSpan)
        try fill(on, 0..<5)
        try on.log.roll()
        let before = on.disk.contents(LogOnDisk.file(0))
        #expect(
            logError { try on.log.clean(now: now) }
                == .uncleanable(
                    path: LogOnDisk.folder,
                    .oldFormat(magic: 1, segment: LogOnDisk.file(0))))
        #expect(on.disk.contents(LogOnDisk.file(0)) == before)
    }

    @Test("a second cleaning at the same time is refused")
    func busy() throws {
        let on = try LogOnDisk(settings: Self.settings())
        try fill(on, 0..<30)
        let cleaner = try on.log.makeCleaner(now: now)
        #expect(
            logError { try on.log.makeCleaner(now: now) }
                == .uncleanable(path: LogOnDisk.folder, .busy))
        cleaner.cancel()
        #expect(try on.log.clean(now: now).last?.ending == .done)
    }

    @Test("damage stops a cleaning before its segment, and is named; the next one ends there")
    func damage() throws {
        for flip in [3, 25, 100] {
            let on = try LogOnDisk(settings: Self.settings())
            try fill(on, 0..<60)
            let bases = on.bases
            let broken = LogOnDisk.file(bases[2])
            on.disk.flipBit(broken, flip * 8)
            let report = try #require(try on.log.clean(now: now).last)
            guard case .damaged(let range) = report.ending else {
                Issue.record("\(report.ending)")
                continue
            }
            #expect(range.path == broken)
            let kept = try #require(on.disk.contents(broken))
            #expect(!kept.isEmpty)
            let again = try #require(try on.log.clean(now: now).last)
            #expect(again.firstUncleanable <= Offset(bases[2]))
            #expect(try on.log.isWorthCleaning(now: now) == false)
            #expect(on.bases.suffix(bases.count - 2) == bases.suffix(bases.count - 2))
        }
    }

    // MARK: What stays

    @Test("of each key the latest record stays, with its offset, time and headers")
    func latest() throws {
        for access in [LogSettings.ReadAccess.mapped, .copied] {
            let on = try LogOnDisk(settings: Self.settings(access))
            try fill(on, 0..<100)
            let before = try LogFixture.keyedRecords(of: on.log.reader)
            let active = on.log.active.segment.baseOffset
            let report = try #require(try on.log.clean(now: now).last)
            let after = try LogFixture.keyedRecords(of: on.log.reader)
            #expect(report.ending == .done)
            #expect(report.cleanEnd == active)
            #expect(latest(after) == latest(before))
            let kept = Set(after)
            #expect(kept.isSubset(of: before))
            #expect(after == before.filter { kept.contains($0) })
            #expect(after.count == before.count - Int(report.tally.recordsDropped))
            #expect(report.tally.recordsSuperseded > 50)
            #expect(report.sizeAfter < report.sizeBefore)
            #expect(on.log.compactedEnd == active)
            let reopened = try on.closed(settings: Self.settings(access))
            #expect(reopened.log.recovery.isClean, "\(reopened.log.recovery)")
            #expect(reopened.log.recovery.gaps == [])
            #expect(try LogFixture.keyedRecords(of: reopened.log.reader) == after)
            #expect(reopened.log.compactedEnd == active)
        }
    }

    @Test("what is clean is not rewritten, but for small neighbours, which are joined")
    func idempotence() throws {
        let on = try LogOnDisk(settings: Self.settings())
        let padding = String(repeating: ".", count: 100)
        for number in 0..<80 {
            try on.append(
                bytes: try LogFixture.keyed([("k\(number % 3)", padding), ("o\(number)", "x")]))
        }
        try on.log.roll()
        try on.log.clean(now: now)
        #expect(try #require(try on.log.clean(now: now).last).ending == .nothingToClean)
        let records = try LogFixture.keyedRecords(of: on.log.reader)
        // Nothing that comes has a key of before, so nothing of before goes.
        func clean(_ key: String) throws -> CleaningReport {
            try on.append(bytes: try LogFixture.keyed([(key, "x")]))
            try on.log.roll()
            return try #require(try on.log.clean(now: now).last)
        }
        let joined = try clean("a")
        #expect(joined.segmentsAfter < joined.segmentsBefore)
        let first = LogOnDisk.file(0)
        let identity = try on.disk.status(at: first)?.identity
        let bytes = on.disk.contents(first)
        let still = try clean("b")
        #expect(still.tally.recordsDropped == 0)
        #expect(try on.disk.status(at: first)?.identity == identity)
        #expect(on.disk.contents(first) == bytes)
        let after = try LogFixture.keyedRecords(of: on.log.reader)
        #expect(Array(after.prefix(records.count)) == records)
    }

    @Test("tombstones stay for their time after the cleaning that met them, and go after it")
    func tombstones() throws {
        let on = try LogOnDisk(settings: Self.settings())
        try fill(on, 0..<20)
        try on.append(bytes: try LogFixture.keyed([("k1", nil), ("k2", "last")], timestamp: 5_000))
        try fill(on, 20..<21)
        try on.log.roll()
        func tombstones() throws -> [KeyedRecord] {
            try LogFixture.keyedRecords(of: on.log.reader).filter { $0.value == nil }
        }
        func clean(at milliseconds: Int64) throws -> CleaningReport {
            // Something new makes the log worth a pass.
            try on.append(bytes: try LogFixture.keyed([("new", "\(milliseconds)")]))
            try on.log.roll()
            return try #require(
                try on.log.clean(now: Timestamp(milliseconds: milliseconds)).last)
        }
        let first = try clean(at: 1_000_000)
        #expect(first.tally.tombstonesKept == 1)
        #expect(try tombstones() == [KeyedRecord(offset: 40, timestamp: 5_000, key: "k1")])
        _ = try clean(at: 1_009_999)
        #expect(try tombstones().count == 1)
        let last = try clean(at: 1_010_000)
        #expect(last.tally.tombstonesExpired == 1)
        #expect(try tombstones().isEmpty)
        let values = latest(try LogFixture.keyedRecords(of: on.log.reader))
        #expect(values["k1"] == nil)
        #expect(values["k2"] == "last")
    }

    @Test("appends between steps go on, and are there afterwards")
    func appendsBetween() throws {
        let on = try LogOnDisk(settings: Self.settings())
        try fill(on, 0..<100)
        let cleaner = try on.log.makeCleaner(now: now)
        var number = 100
        var steps = 0
        var stages: Set<CleaningProgress.Stage> = []
        while case .working(let progress) = try cleaner.step(ByteCount(200)) {
            stages.insert(progress.stage)
            #expect(progress.done <= progress.total)
            if steps % 10 == 0 {
                try fill(on, number..<number + 1)
                number += 1
            }
            steps += 1
        }
        #expect(steps > 30)
        #expect(stages.count == 3)
        let values = latest(try LogFixture.keyedRecords(of: on.log.reader))
        for key in 0..<10 {
            let last = (0..<number).last { $0 % 10 == key }
            #expect(values["k\(key)"] == last.map { "v\($0)" })
        }
        for once in 0..<number { #expect(values["once-\(once)"] == "x") }
    }

    @Test("a map too small for all keys takes several passes")
    func smallMap() throws {
        var settings = Self.settings()
        settings.compaction.mapMemory = .zero
        let on = try LogOnDisk(settings: settings)
        try fill(on, 0..<60)
        let before = latest(try LogFixture.keyedRecords(of: on.log.reader))
        let active = on.log.active.segment.baseOffset
        let reports = try on.log.clean(now: now)
        #expect(reports.count > 5)
        #expect(reports.allSatisfy { $0.keyCount <= 9 })
        #expect(reports.last?.cleanEnd == active)
        let after = try LogFixture.keyedRecords(of: on.log.reader)
        #expect(latest(after) == before)
        // Between two equal keys lie never more than nine others' passes: no old one survives.
        let sealed = after.filter { $0.offset < active.rawValue }
        #expect(Set(sealed.map(\.key)).count == sealed.count)
    }

    @Test("a reader that holds old segments goes on reading them")
    func heldReads() throws {
        for access in [LogSettings.ReadAccess.mapped, .copied] {
            let on = try LogOnDisk(settings: Self.settings(access))
            try fill(on, 0..<60)
            let before = try LogFixture.keyedRecords(of: on.log.reader)
            let (state, ends) = on.log.published.snapshot
            let old = LogReader(
                PublishedLog(segments: state.segments, ends: ends), visibility: .flushed)
            try on.log.clean(now: now)
            #expect(zip(on.log.segments, state.segments).contains { $0 !== $1 })
            #expect(try LogFixture.keyedRecords(of: old) == before)
        }
    }

    @Test("cutting the log ends a cleaning without harm")
    func overtaken() throws {
        let on = try LogOnDisk(settings: Self.settings())
        try fill(on, 0..<100)
        let cleaner = try on.log.makeCleaner(now: now)
        for _ in 0..<20 { _ = try cleaner.step(ByteCount(500)) }
        try on.log.truncate(to: Offset(90))
        guard case .finished(let report) = try cleaner.step() else {
            Issue.record("still working")
            return
        }
        #expect(report.ending == .overtaken)
        #expect(on.log.ends.written <= Offset(90))
        #expect(try on.log.clean(now: now).last?.ending == .done)
        #expect(!on.disk.paths.contains { $0.hasSuffix(".cleaned") || $0.hasSuffix(".swap") })
    }

    @Test("the first uncleanable offset keeps to the youngest segments and open transactions")
    func bounds() throws {
        var settings = Self.settings()
        settings.compaction.minCompactionLag = .seconds(1)
        let on = try LogOnDisk(settings: settings)
        try fill(on, 0..<100)
        // Records have times from 1,000 to 2,000 ms.
        let all = try on.log.cleanability(now: now)
        #expect(all.dirty == .zero..<on.log.active.segment.baseOffset)
        #expect(all.dirtyRatio == 1)
        let some = try on.log.cleanability(now: Timestamp(milliseconds: 2_500))
        #expect(some.dirty.upperBound < all.dirty.upperBound)
        #expect(some.dirty.upperBound > .zero)
        let none = try on.log.cleanability(now: Timestamp(milliseconds: 1_900))
        #expect(none.dirty.isEmpty)
        let limited = try #require(
            try on.log.clean(now: now, limits: CleaningLimits(end: Offset(50))).last)
        #expect(limited.cleanEnd <= Offset(50))
    }
}
