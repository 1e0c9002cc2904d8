import Testing
import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Logs of an open directory that are not open themselves.
@Suite("DataDirectory: resting logs")
struct DataDirectoryRestTests {
    private static let marker = "/d/.kafka_cleanshutdown"
    private let other = LogName(folder: "log-1")!

    private func append(_ text: String, at time: Int64, to log: Log) throws {
        let batch = try LogFixture.batch(text, count: 2, timestamp: time)
        _ = try log.append(batch.rawSpan)
    }

    /// Two logs, closed with their directory.
    private func closed() throws -> SimulatedDisk {
        let home = try LogOnDisk()
        try home.append(0..<6)
        let log = try home.directory.openLog(other, settings: LogFixture.smallSegments())
        try append("x", at: 1, to: log)
        try home.directory.close()
        return home.disk.processDeath()
    }

    /// A directory whose owner died while `log-0` was in use.
    private func left() throws -> SimulatedDisk {
        let home = try LogOnDisk(closed())
        try home.append(6..<8)
        return home.disk.processDeath()
    }

    private func open(_ disk: SimulatedDisk) throws -> DataDirectory {
        try DataDirectory("/d", in: LogFixture.simulated(disk))
    }

    @Test("a log that is closed alone is opened again as it was, and needs no recovery")
    func closedAlone() throws {
        let home = try LogOnDisk()
        try home.append(0..<6)
        try home.directory.closeLog(LogFixture.name)
        #expect(home.directory.openLogs.isEmpty)
        #expect(logError { try home.log.flush() } != nil)
        let calls = home.disk.operationCount
        let log = try home.directory.openLog(
            LogFixture.name, settings: LogFixture.smallSegments(), .mustExist)
        #expect(home.disk.operationCount == calls, "opening writes and flushes nothing")
        #expect(log.recovery.rebuiltIndexes.isEmpty && log.recovery.integrity.isEmpty)
        #expect(log.ends.flushed == Offset(12) && log.ends.written == Offset(12))
        try append("y", at: 9_000, to: log)
        let next = try LogOnDisk(home.disk.crash(keeping: .none))
        #expect(try next.values().count == 14)
        #expect(next.log.recovery.cut == nil)
    }

    @Test("a log that was only looked at is closed without a write")
    func unchanged() throws {
        let home = try LogOnDisk(closed())
        #expect(try home.values().count == 12)
        let calls = home.disk.operationCount
        try home.directory.closeLog(LogFixture.name)
        #expect(home.disk.operationCount == calls)
        try home.directory.close()
        let next = try LogOnDisk(home.disk.processDeath())
        #expect(next.directory.wasClosedCleanly && next.log.recovery.integrity.isEmpty)
        #expect(try next.values().count == 12)
    }

    @Test("a log that nobody wrote to is closed without a write, whenever the power is cut")
    func asMade() throws {
        for isCut in [false, true] {
            let home = try LogOnDisk()
            let made = try home.directory.openLog(other, settings: LogFixture.smallSegments())
            let calls = home.disk.operationCount
            try home.directory.closeLog(other)
            #expect(home.disk.operationCount == calls)
            #expect(logError { try made.flush() } != nil)
            if !isCut { try home.directory.close() }
            let directory = try open(home.disk.crash(keeping: .none))
            #expect(directory.wasClosedCleanly != isCut)
            let log = try directory.openLog(
                other, settings: LogFixture.smallSegments(), .mustExist)
            #expect(log.topicID == made.topicID && log.recovery.isClean)
            try append("y", at: 9_000, to: log)
            #expect(log.ends.flushed == Offset(2))
        }
    }

    @Test("a log that took its first batch is flushed before it is closed")
    func writtenOnce() throws {
        let home = try LogOnDisk()
        var settings = LogFixture.smallSegments()
        settings.flushPolicy = .pageCache
        let log = try home.directory.openLog(other, settings: settings)
        try append("y", at: 9_000, to: log)
        try home.directory.closeLog(other)
        let directory = try open(home.disk.crash(keeping: .none))
        #expect(try directory.openLog(other, settings: settings).ends.written == Offset(2))
    }

    @Test("after a clean close an opening writes nothing but what says that it is open")
    func openingCleanly() throws {
        let disk = try closed()
        let directory = try open(disk)
        let calls = disk.operationCount
        for name in [LogFixture.name, other] {
            _ = try directory.openLog(name, settings: LogFixture.smallSegments())
        }
        #expect(disk.operationCount == calls)
    }

    @Test("a power cut while logs rest takes nothing of them, whatever it keeps")
    func powerCut() throws {
        for selection in [AtomSelection.none, .all] {
            let home = try LogOnDisk(left())
            try home.append(8..<9)
            try home.directory.closeLog(LogFixture.name)
            let next = try LogOnDisk(home.disk.crash(keeping: selection))
            #expect(try next.values() == LogOnDisk.values(0..<9))
            let log = try next.directory.openLog(other, settings: LogFixture.smallSegments())
            #expect(log.ends.written == Offset(2))
        }
    }

    @Test("after a death only the log that was in use needs recovery, and a close speaks for both")
    func deaths() throws {
        let directory = try open(left())
        #expect(!directory.wasClosedCleanly)
        #expect(try directory.needsRecovery(LogFixture.name))
        #expect(try directory.needsRecovery(other) == false)
        let disk = directory.surroundings.fileSystem as? SimulatedDisk
        let calls = disk?.operationCount
        _ = try directory.openLog(other, settings: LogFixture.smallSegments())
        #expect(disk?.operationCount == calls)
        try directory.closeLog(other)
        _ = try directory.openLog(LogFixture.name, settings: LogFixture.smallSegments())
        try directory.close()
        let next = try open(try #require(disk).processDeath())
        #expect(next.wasClosedCleanly && next.findings.isEmpty)
        for name in [LogFixture.name, other] {
            let log = try next.openLog(name, settings: LogFixture.smallSegments())
            #expect(log.recovery.integrity.isEmpty && log.recovery.cut == nil)
        }
    }

    @Test("a close does not speak for logs that may need recovery and were not opened")
    func unmarked() throws {
        let directory = try open(left())
        _ = try directory.openLog(other, settings: LogFixture.smallSegments())
        let disk = try #require(directory.surroundings.fileSystem as? SimulatedDisk)
        try directory.close()
        #expect(disk.contents(Self.marker) == nil)
        let next = try LogOnDisk(disk.processDeath())
        #expect(try next.values() == LogOnDisk.values(0..<8))
        try next.directory.close()
        #expect(disk.contents(Self.marker) == nil)
    }

    @Test("whatever differs from what was closed, the log is recovered after a crash")
    func differences() throws {
        let folder = "/d/log-1"
        let log = LogOnDisk.file(0, in: folder)
        let changes: [(SimulatedDisk) throws -> Void] = [
            { $0.setContents(folder + "/varve.ends", []) },
            { $0.setContents(log, ($0.contents(log) ?? []) + [0]) },
            { $0.truncateFile(log, to: ByteCount(10)) },
            { try $0.removeFile(log) },
            { try $0.removeFile(folder + "/leader-epoch-checkpoint") },
            { $0.flipBit(folder + "/leader-epoch-checkpoint", 8 * 4) },
            { $0.setContents(LogOnDisk.file(9, in: folder), []) },
            { $0.setContents(LogOnDisk.file(0, "log.swap", in: folder), []) },
            { $0.setContents(LogOnDisk.file(2, "txnindex", in: folder), []) },
            { $0.setContents(folder + "/leader-epoch-checkpoint.tmp", []) },
            { try $0.removeFile(LogOnDisk.file(0, "varve", in: folder)) },
            { $0.flipBit(LogOnDisk.file(0, "varve", in: folder), 8 * 4200) },
            { $0.truncateFile(LogOnDisk.file(0, "varve", in: folder), to: ByteCount(4096)) },
            {
                for path in ["/d/varve.left", "/d/varve.left.copy"] { $0.flipBit(path, 70) }
            },
        ]
        for (number, change) in changes.enumerated() {
            let disk = try left()
            try change(disk)
            #expect(try open(disk).needsRecovery(other), "change \(number)")
        }
        let disk = try left()
        disk.flipBit("/d/varve.left", 70)
        #expect(try open(disk).needsRecovery(other) == false, "one copy is enough")
    }

    @Test("an index that was edited while a crash was not recovered is found with its first use")
    func index() throws {
        let home = try LogOnDisk()
        try home.append(0..<6)
        try home.directory.close()
        _ = try open(home.disk.processDeath())
        let disk = home.disk.processDeath()
        let directory = try open(disk)
        let died = disk.processDeath()
        _ = directory
        died.flipBit(LogOnDisk.file(0, "index"), 8)
        let next = try LogOnDisk(died)
        #expect(try next.values() == LogOnDisk.values(0..<6))
    }

    @Test("what was left says nothing once Kafka had the directory")
    func takenOver() throws {
        let disk = try left()
        disk.setContents(Self.marker, Array("{\"version\":0,\"brokerEpoch\":4}".utf8))
        let directory = try open(disk)
        #expect(directory.wasClosedCleanly)
        #expect(!disk.paths.contains { $0.hasPrefix("/d/varve.left") })
        #expect(!disk.paths.contains { $0.hasSuffix(".varve") })
    }

    @Test("names, sizes and one entry say when retention has to look at a log")
    func looking() throws {
        let home = try LogOnDisk()
        try home.append(0..<40, padding: 100)
        try home.directory.close()
        let disk = home.disk.processDeath()
        let directory = try open(disk)
        let calls = disk.operationCount
        let found = try directory.look(atResting: LogFixture.name)
        #expect(disk.operationCount == calls)
        #expect(found.segmentCount > 1 && found.size > found.firstSize)
        var settings = LogSettings()
        settings.retentionAge = .milliseconds(500)
        let newest = try #require(found.firstNewest)
        let due = found.retentionDue(settings, now: .none)
        #expect(due == newest.advanced(by: .milliseconds(500)))
        settings.retentionAge = nil
        settings.retentionSize = found.size
        #expect(found.retentionDue(settings, now: Timestamp(milliseconds: 5)) == nil)
        settings.retentionSize = ByteCount(found.size.bytes - found.firstSize.bytes)
        let now = Timestamp(milliseconds: 5)
        #expect(found.retentionDue(settings, now: now) == now)
        settings.cleanupPolicy = .compact
        #expect(found.retentionDue(settings, now: now) == nil)
        #expect(logError { try directory.look(atResting: LogName(folder: "no-0")!) } != nil)
    }
}
