import Testing
import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("Log, truncating and deleting")
struct LogCutTests {
    // MARK: Truncation refused or failing

    @Test("a truncation is refused while a reader holds bytes of what would go")
    func pinned() throws {
        let home = try LogOnDisk()
        try home.append(0..<40)
        let before = home.disk.contents(LogOnDisk.file(0))
        do {
            guard case .batches(let held) = try home.log.reader.read(from: Offset(70)) else {
                Issue.record("nothing to hold")
                return
            }
            for offset in [Int64(71), 5, 0] {
                #expect(
                    logError { try home.log.truncate(to: Offset(offset)) }
                        == .pinned(path: LogOnDisk.folder))
            }
            #expect(held.headers.count > 0)
        }
        #expect(home.log.ends.written == Offset(80))
        #expect(home.disk.contents(LogOnDisk.file(0)) == before)
        #expect(try home.log.truncate(to: Offset(5)) == Offset(4))
        #expect(try home.values() == LogOnDisk.values(0..<2))
    }

    @Test("a truncation whose lowered ends cannot be stored changes nothing")
    func storeFails() throws {
        let home = try LogOnDisk()
        try home.append(0..<10)
        home.disk.failNext(.rename, with: .noSpace)
        _ = logError { try home.log.truncate(to: Offset(4)) }
        #expect(home.log.ends.written == Offset(20))
        #expect(try home.values() == LogOnDisk.values(0..<10))
        try home.append(10..<11)
        #expect(try home.killed().values() == LogOnDisk.values(0..<11))
    }

    @Test("a truncation that fails half way fences the log, and recovery ends it somewhere between")
    func cutFails() throws {
        for ordinal in 0..<6 {
            let home = try LogOnDisk()
            try home.append(0..<60)
            home.disk.fail(ordinal: ordinal, of: [.remove], with: .inputOutput)
            guard (try? home.log.truncate(to: Offset(10))) == nil else { break }
            #expect(logError { try home.append(60..<61) } != nil)
            let again = try home.killed()
            let values = try again.values()
            #expect(values == Array(LogOnDisk.values(0..<60).prefix(values.count)))
            #expect(values.count >= 10)
        }
    }

    // MARK: Truncation

    @Test(
        "a truncation ends the log at the offset, or before the batch that holds it",
        arguments: [
            (80, 80), (79, 78), (78, 78), (49, 48), (48, 48), (47, 46), (46, 46), (1, 0), (0, 0),
            (500, 80),
        ])
    func truncates(to offset: Int64, end: Int64) throws {
        let home = try LogOnDisk()
        try home.append(0..<40)
        #expect(home.bases == [0, 48])
        #expect(try home.log.truncate(to: Offset(offset)) == Offset(end))
        #expect(home.log.ends.written == Offset(end) && home.log.ends.flushed == Offset(end))
        let kept = Int(end) / 2
        #expect(try home.values() == LogOnDisk.values(0..<kept))
        #expect(try home.powerCut().values() == LogOnDisk.values(0..<kept))
        try home.append(100..<110)
        let all = LogOnDisk.values(0..<kept) + LogOnDisk.values(100..<110)
        #expect(try home.values() == all)
        let again = try home.killed()
        #expect(again.log.recovery.cut == nil && again.log.recovery.damaged.isEmpty)
        #expect(try again.values() == all)
        #expect(try again.closed().values() == all)
    }

    @Test("a truncation at each segment's base leaves that segment empty")
    func truncatesAtBases() throws {
        let full = try LogOnDisk()
        try full.append(0..<60)
        for base in full.bases {
            let home = try LogOnDisk(full.disk.processDeath())
            #expect(try home.log.truncate(to: Offset(base)) == Offset(base))
            #expect(home.disk.contents(LogOnDisk.file(base)) == [])
            #expect(home.bases.last == base)
            try home.append(0..<1)
            #expect(try home.killed().values().count == Int(base) + 2)
        }
    }

    @Test("an offset before the first segment empties the log, which keeps that segment's base")
    func truncatesBeforeFirst() throws {
        let home = try LogOnDisk()
        try home.append(0..<60)
        let base = home.bases[2]
        try home.log.deleteRecords(before: Offset(base))
        #expect(home.bases.first == base)
        #expect(try home.log.truncate(to: Offset(3)) == Offset(base))
        #expect(home.log.ends.start == Offset(base) && home.log.ends.written == Offset(base))
        let receipts = try home.append(0..<1)
        #expect(receipts[0].offsets.lowerBound == Offset(base))
        #expect(try home.killed().log.ends.written == Offset(base + 2))
    }

    @Test("a truncation below the log's start takes the start along")
    func truncatesBelowStart() throws {
        let home = try LogOnDisk()
        try home.append(0..<5)
        try home.log.deleteRecords(before: Offset(7))
        #expect(try home.log.truncate(to: Offset(4)) == Offset(4))
        #expect(home.log.ends.start == Offset(4))
        try home.append(5..<6)
        #expect(try home.values() == LogOnDisk.values(5..<6))
        #expect(try home.killed().values() == LogOnDisk.values(5..<6))
    }

    @Test("a truncation to an offset in a gap ends the log there")
    func truncatesInGap() throws {
        let home = try LogOnDisk()
        for base in [UInt8(0), 50] {
            var bytes = try LogFixture.batch("g")
            bytes.replaceSubrange(0..<8, with: [0, 0, 0, 0, 0, 0, 0, base])
            try home.append(asSent: bytes)
        }
        #expect(try home.log.truncate(to: Offset(20)) == Offset(20))
        #expect(try home.append(0..<1)[0].offsets.lowerBound == Offset(20))
    }

    @Test("epochs that begin behind the cut go, the others stay")
    func truncatesEpochs() throws {
        let home = try LogOnDisk()
        for epoch in 0..<5 {
            try home.append(bytes: LogFixture.batch("e"), epoch: LeaderEpoch(Int32(epoch)))
        }
        try home.log.truncate(to: Offset(3))
        #expect(home.log.latestEpoch == LeaderEpoch(2))
        #expect(
            home.disk.contents(LogOnDisk.folder + "/leader-epoch-checkpoint")
                == Array("0\n3\n0 0\n1 1\n2 2\n".utf8))
    }

    @Test("snapshots of producers above the cut go: what comes there next is not what they saw")
    func truncatesSnapshots() throws {
        let home = try LogOnDisk()
        try home.append(0..<3)
        for offset in [Int64(2), 4, 5] {
            home.disk.setContents(LogOnDisk.file(offset, "snapshot"), [1])
        }
        try home.log.truncate(to: Offset(4))
        let left = home.disk.paths.filter { $0.hasSuffix(".snapshot") }
        #expect(left == [LogOnDisk.file(2, "snapshot"), LogOnDisk.file(4, "snapshot")])
    }

    @Test("damage below the cut stays and is still named")
    func truncatesBehindDamage() throws {
        let home = try LogOnDisk()
        try home.append(0..<10)
        home.disk.flipBit(LogOnDisk.file(0), 80 * 8)
        #expect(try home.log.truncate(to: Offset(10)) == Offset(10))
        #expect(try home.values(from: 2) == LogOnDisk.values(1..<5))
        guard case .corrupt(let range) = logError({ try home.log.reader.read(from: .zero) }) else {
            Issue.record("the damage is gone")
            return
        }
        #expect(range.offsets == .zero..<Offset(2))
    }

    // MARK: Deleting from the front

    @Test("deleting records moves the start, removes whole segments, and survives a power cut")
    func deletesRecords() throws {
        let home = try LogOnDisk()
        try home.append(0..<60)
        let bases = home.bases
        #expect(try home.log.deleteRecords(before: Offset(bases[2] + 3)))
        #expect(home.bases == Array(bases.dropFirst(2)))
        let first = Int(bases[2] + 3)
        #expect(try home.values() == Array(LogOnDisk.values(0..<60).dropFirst(first)))
        let again = try home.powerCut()
        #expect(again.log.ends.start == Offset(Int64(first)))
        #expect(try again.values() == Array(LogOnDisk.values(0..<60).dropFirst(first)))
    }

    @Test("an offset at or before the start, or behind the flushed end, deletes nothing")
    func deletesNothing() throws {
        let home = try LogOnDisk()
        try home.append(0..<5)
        for offset in [Int64(0), 11, .max] {
            #expect(try home.log.deleteRecords(before: Offset(offset)) == false)
        }
        #expect(home.log.ends.start == .zero)
        #expect(try home.log.deleteRecords(before: Offset(10)))
        #expect(try home.values().isEmpty)
        try home.append(5..<6)
        #expect(try home.values() == LogOnDisk.values(5..<6))
    }

    @Test("a start that cannot be stored is an error, and no segment goes")
    func startStoreFails() throws {
        let home = try LogOnDisk()
        try home.append(0..<60)
        let bases = home.bases
        home.disk.failNext(.rename, with: .noSpace)
        _ = logError { try home.log.deleteRecords(before: Offset(50)) }
        #expect(home.bases == bases)
    }

    @Test("a reader goes on with a segment that is deleted")
    func readsDeletedSegment() throws {
        let home = try LogOnDisk()
        try home.append(0..<60)
        guard case .batches(let held) = try home.log.reader.read(from: .zero) else {
            Issue.record("nothing to hold")
            return
        }
        let before = held.bytes.array()
        try home.log.deleteRecords(before: Offset(100))
        #expect(home.disk.contents(LogOnDisk.file(0)) == nil)
        #expect(held.bytes.array() == before && !before.isEmpty)
    }

    // MARK: Retention

    private func settings(size: ByteCount? = nil, age: Duration? = nil) -> LogSettings {
        var settings = LogFixture.smallSegments()
        settings.retentionSize = size
        settings.retentionAge = age
        return settings
    }

    @Test("retention by size deletes the oldest segments while more than that remains")
    func retainsSize() throws {
        let home = try LogOnDisk(settings: settings(size: .kib(6)))
        try home.append(0..<60)
        let bases = home.bases
        let deleted = try home.log.applyRetention(now: Timestamp(milliseconds: 0))
        #expect(deleted.map(\.rawValue) == Array(bases.prefix(deleted.count)))
        #expect(home.log.size >= .kib(6) && home.log.size < .kib(6 + 4))
        #expect(home.bases == Array(bases.dropFirst(deleted.count)))
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: 0)).isEmpty)
        #expect(try home.values().count == 120 - Int(home.bases[0]))
    }

    @Test("retention by age deletes segments whose newest record is too old, the active one too")
    func retainsAge() throws {
        let home = try LogOnDisk(settings: settings(age: .milliseconds(100)))
        try home.append(0..<60)
        let bases = home.bases
        // The newest record of the first segment has the time 1001 + 10 × its batch.
        let newest = 1_001 + (bases[1] / 2 - 1) * 10
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: newest + 100)).isEmpty)
        let deleted = try home.log.applyRetention(now: Timestamp(milliseconds: newest + 101))
        #expect(deleted == [.zero])
        let rest = try home.log.applyRetention(now: Timestamp(milliseconds: 1_000_000))
        #expect(rest.map(\.rawValue) == Array(bases.dropFirst()))
        #expect(home.log.ends.start == Offset(120) && home.bases == [120])
        #expect(try home.killed().log.ends.written == Offset(120))
    }

    @Test("an age that is known from the time index alone counts the same after an opening")
    func retainsAgeAfterOpening() throws {
        let aged = settings(age: .milliseconds(100))
        let first = try LogOnDisk(settings: aged)
        try first.append(0..<60)
        let bases = first.bases
        let home = try first.closed(settings: aged)
        let newest = 1_001 + (bases[1] / 2 - 1) * 10
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: newest + 100)).isEmpty)
        #expect(
            try home.log.applyRetention(now: Timestamp(milliseconds: newest + 101)) == [.zero])
    }

    @Test("a record with a date in the future keeps its segment and those behind it")
    func keepsFuture() throws {
        let home = try LogOnDisk(settings: settings(age: .milliseconds(100)))
        try home.append(bytes: LogFixture.batch("future", timestamp: Int64.max - 5))
        try home.append(0..<60)
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: 1_000_000)).isEmpty)
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: .max)).isEmpty)
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: .min)).isEmpty)
    }

    @Test("records without times are as old as their file")
    func agesByFile() throws {
        let home = try LogOnDisk(settings: settings(age: .seconds(10)))
        try home.append(bytes: LogFixture.batch("old", timestamp: -1))
        try home.log.roll()
        let now = home.disk.clock.wallClock().milliseconds
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: now + 10_000)).isEmpty)
        #expect(
            try home.log.applyRetention(now: Timestamp(milliseconds: now + 10_001)) == [.zero])
    }

    @Test("what is not flushed is never deleted")
    func keepsUnflushed() throws {
        var settings = settings(size: .zero)
        settings.flushPolicy = .pageCache
        let home = try LogOnDisk(settings: settings)
        try home.append(0..<60)
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: 0)).isEmpty)
        try home.log.flush()
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: 0)).isEmpty == false)
    }

    @Test("without limits retention keeps all")
    func keepsAll() throws {
        let home = try LogOnDisk()
        try home.append(0..<60)
        #expect(try home.log.applyRetention(now: Timestamp(milliseconds: .max)).isEmpty)
        #expect(try home.values().count == 120)
    }
}
