import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("DataDirectory")
struct DataDirectoryTests {
    private let clean = LogOnDisk.path + "/.kafka_cleanshutdown"

    private func open(
        _ disk: SimulatedDisk, _ creation: DataDirectory.Creation = .createIfMissing,
        at path: String = LogOnDisk.path, processID: Int32 = 7
    ) throws -> DataDirectory {
        try DataDirectory(
            path, creation, in: LogFixture.simulated(disk, processID: processID))
    }

    private func reason(_ error: LogError?) -> String? {
        guard case .notADataDirectory(_, let reason) = error else {
            Issue.record("another error: \(String(describing: error))")
            return nil
        }
        return reason
    }

    private func name(_ folder: String) throws -> LogName { try #require(LogName(folder: folder)) }

    private func text(_ disk: SimulatedDisk, _ file: String) -> String {
        String(decoding: disk.contents(LogOnDisk.path + "/" + file) ?? [], as: UTF8.self)
    }

    // MARK: Refused

    @Test("a directory that is open is refused, in the same process too, and the owner is named")
    func refusesSecondOpening() throws {
        let disk = SimulatedDisk()
        let first = try open(disk, processID: 4_711)
        let before = disk.operationCount
        #expect(
            logError { try open(disk, processID: 9) }
                == .locked(path: LogOnDisk.path, processID: 4_711))
        #expect(disk.operationCount == before)
        try first.close()
        try open(disk).close()
    }

    @Test("the lock of this machine excludes a second opening in the same process")
    func refusesSecondOpeningOnLinux() throws {
        try withTemporaryDirectory { path in
            let first = try DataDirectory(path, in: LogFixture.linux())
            let error = logError { try DataDirectory(path, in: LogFixture.linux()) }
            #expect(error == .locked(path: path, processID: 1))
            try first.close()
            try DataDirectory(path, in: LogFixture.linux()).close()
        }
    }

    @Test("the lock ends with its owner, and a hint that is rubbish names nobody")
    func lockEndsWithOwner() throws {
        let disk = SimulatedDisk()
        let first = try open(disk)
        #expect(Fixture.example(in: "lock.md") == Array("4711".utf8))
        for rubbish in ["", "x\n", "99999999999\n", String(repeating: "1", count: 2_000)] {
            disk.setContents(LogOnDisk.path + "/varve.owner", Array(rubbish.utf8))
            #expect(
                logError { try open(disk) } == .locked(path: LogOnDisk.path, processID: nil))
        }
        disk.setContents(LogOnDisk.path + "/varve.owner", Fixture.example(in: "lock.md") + [10])
        #expect(logError { try open(disk) } == .locked(path: LogOnDisk.path, processID: 4_711))
        try open(disk.processDeath()).close()
        try first.close()
    }

    @Test("a file where the directory or one above it is expected is refused")
    func refusesFile() throws {
        let disk = SimulatedDisk()
        disk.setContents("/d", [1])
        #expect(reason(logError { try open(disk) })?.contains("file") == true)
        guard case .file = logError({ try open(disk, at: "/d/below") }) else {
            Issue.record("made below a file")
            return
        }
    }

    @Test("a directory with other things in it is refused, and one of them is named")
    func refusesForeign() throws {
        let disk = SimulatedDisk()
        disk.setContents("/d/photos/cat.jpg", [1])
        disk.setContents("/d/notes.txt", [1])
        #expect(reason(logError { try open(disk) })?.contains("notes.txt") == true)
        #expect(disk.paths == ["/d/notes.txt", "/d/photos/cat.jpg"])
        // With a log in it, it is somebody's data directory all the same.
        disk.setContents("/d/log-0/00000000000000000000.log", [])
        #expect(try open(disk).logNames().map(\.folder) == ["log-0"])
    }

    @Test("a directory that must be there is not made")
    func mustExist() throws {
        let disk = SimulatedDisk()
        #expect(reason(logError { try open(disk, .mustExist) })?.contains("no such") == true)
        disk.plantDirectory("/d")
        #expect(reason(logError { try open(disk, .mustExist) }) != nil)
        #expect(disk.paths.isEmpty)
        try open(disk).close()
        try open(disk, .mustExist).close()
    }

    @Test("a disk that takes no changes is an error at each step, never a trap")
    func readOnly() throws {
        let disk = SimulatedDisk()
        disk.fail(ordinal: 0, of: .changing.union([.open]), with: .readOnly, mode: .forGood)
        guard case .file(let cause) = logError({ try open(disk) }) else { return }
        #expect(cause.error == .readOnly)
        let whole = try LogOnDisk()
        try whole.append(0..<5)
        try whole.directory.close()
        for ordinal in 0..<200 {
            let next = whole.disk.processDeath()
            next.fail(ordinal: ordinal, of: .changing, with: .readOnly, mode: .forGood)
            guard (try? LogOnDisk(next)) == nil else { break }
            next.clearFaults()
            #expect(try LogOnDisk(next.processDeath()).values() == LogOnDisk.values(0..<5))
        }
    }

    @Test("a log that is missing, or whose settings cannot be kept, is refused")
    func refusesLog() throws {
        let disk = SimulatedDisk()
        let directory = try open(disk)
        let other = try name("other-3")
        #expect(
            logError { try directory.openLog(other, .mustExist) }
                == .noSuchLog(path: "/d/other-3"))
        #expect(
            logError { try directory.previewRecovery(of: other) }
                == .noSuchLog(path: "/d/other-3"))
        var settings = LogSettings()
        settings.segmentSizeMax = ByteCount(1_023)
        guard
            case .setting("segment.bytes", "1023", _) = logError({
                try directory.openLog(other, settings: settings)
            })
        else {
            Issue.record("a small segment was taken")
            return
        }
        #expect(
            disk.contents("/d/other-3") == nil && disk.paths.allSatisfy { !$0.contains("other") })
        try directory.close()
        #expect(logError { try directory.openLog(other) } == .closed(path: "/d"))
        #expect(logError { try directory.previewRecovery(of: other) } == .closed(path: "/d"))
    }

    @Test("meta.properties that cannot be understood refuse the directory")
    func refusesProperties() throws {
        let disk = SimulatedDisk()
        disk.setContents("/d/meta.properties", Array("version=7\n".utf8))
        guard case .checkpoint = logError({ try open(disk) }) else {
            Issue.record("opened")
            return
        }
    }

    // MARK: Made

    @Test("missing directories are made from the top down, with names that survive a power cut")
    func makesParents() throws {
        let disk = SimulatedDisk()
        let directory = try open(disk, at: "/a/b/c")
        _ = try directory.openLog(LogFixture.name)
        let cut = disk.crash(keeping: .none)
        #expect(try cut.status(at: "/a/b/c/log-0")?.kind == .directory)
        #expect(cut.contents("/a/b/c/meta.properties") != nil)
    }

    @Test("a directory that a failed making left half done is taken up again")
    func takesUpHalfMade() throws {
        for ordinal in 0..<60 {
            let disk = SimulatedDisk()
            disk.fail(ordinal: ordinal, with: .inputOutput)
            guard let home = try? LogOnDisk(disk) else {
                let again = try LogOnDisk(disk.crash(keeping: .all))
                try again.append(0..<2)
                #expect(try again.closed().values() == LogOnDisk.values(0..<2))
                continue
            }
            disk.clearFaults()
            try home.append(0..<1)
        }
    }

    @Test("a new log is given a topic id that stays; an old one without stays without")
    func topicIDs() throws {
        let home = try LogOnDisk()
        try home.append(0..<1)
        let made = try #require(home.log.topicID)
        #expect(try home.killed().log.topicID == made)
        let next = home.disk.processDeath()
        try next.removeFile(LogOnDisk.folder + "/partition.metadata")
        #expect(try LogOnDisk(next).log.topicID == nil)
    }

    // MARK: Closed

    @Test("a clean close leaves what the page says, indexes trimmed and no varve.ends")
    func cleanClose() throws {
        let home = try LogOnDisk()
        try home.append(0..<21)
        try home.log.roll()
        try home.append(21..<23)
        #expect(home.disk.contents(clean) == nil)
        #expect(home.disk.contents(LogOnDisk.endsPath) != nil)
        try home.directory.close()
        let cut = home.disk.crash(keeping: .none)
        let listed = String(decoding: Fixture.example(in: "data-directory.md"), as: UTF8.self)
            .split(separator: "\n").map { "/d/" + $0 }
        #expect(home.disk.paths == listed.sorted())
        #expect(cut.paths == listed.sorted())
        #expect(text(cut, "recovery-point-offset-checkpoint") == "0\n1\nlog 0 46\n")
        #expect(text(cut, "replication-offset-checkpoint") == "0\n1\nlog 0 46\n")
        #expect(text(cut, "log-start-offset-checkpoint") == "0\n0\n")
        #expect(text(cut, ".kafka_cleanshutdown").hasPrefix("{"))
        // The last segment closes with its time entry alone; nothing is longer than its entries.
        #expect(cut.contents(LogOnDisk.file(42, "index")) == [])
        #expect(cut.contents(LogOnDisk.file(42, "timeindex"))?.count == 12)
        let again = try LogOnDisk(cut)
        #expect(again.directory.wasClosedCleanly && again.log.recovery.isClean)
        #expect(again.log.recovery.scannedSize < .kib(1))
    }

    @Test("the mark of the clean end goes before anything else is touched")
    func removesMarkFirst() throws {
        let home = try LogOnDisk()
        try home.append(0..<2)
        try home.directory.close()
        let next = home.disk.processDeath()
        _ = try open(next)
        #expect(next.contents(clean) == nil)
        #expect(next.crash(keeping: .none).contents(clean) == nil)
        #expect(try open(next.processDeath()).wasClosedCleanly == false)
    }

    @Test("reserved space is given back by a roll and by a clean close")
    func givesReservedSpaceBack() throws {
        var settings = LogFixture.smallSegments()
        settings.segmentCreation = .reserving
        settings.segmentSizeMax = .mib(1)
        let home = try LogOnDisk(settings: settings)
        try home.append(0..<5)
        try home.log.roll()
        try home.append(5..<7)
        try home.directory.close()
        #expect(try home.closedSizes().allSatisfy { $0 < 2_000 })
        #expect(try LogOnDisk(home.disk.processDeath()).values() == LogOnDisk.values(0..<7))
    }

    @Test("a close that fails leaves no mark, gives the lock back, and the next opening recovers")
    func closeFails() throws {
        for ordinal in 0..<200 {
            let home = try LogOnDisk()
            try home.append(0..<5)
            home.disk.fail(ordinal: ordinal, with: .inputOutput)
            let isClosed = (try? home.directory.close()) != nil
            guard home.disk.faultHitCount > 0 else {
                #expect(isClosed && ordinal > 10)
                return
            }
            home.disk.clearFaults()
            // A failure that is no loss, as of writing the ends, does not keep it from closing. The
            // mark may be there when only its own name could not be flushed.
            #expect(home.disk.contents(clean) != nil || !isClosed)
            let again = try LogOnDisk(home.disk)
            #expect(again.log.recovery.isClean)
            #expect(try again.values() == LogOnDisk.values(0..<5))
            try again.directory.close()
        }
        Issue.record("no close came to its end")
    }

    @Test("a poisoned log keeps the directory from closing cleanly")
    func closesPoisoned() throws {
        let home = try LogOnDisk()
        try home.append(0..<2)
        home.disk.failNext(.flush, with: .inputOutput)
        _ = logError { try home.append(2..<3) }
        guard case .poisoned = logError({ try home.directory.close() }) else {
            Issue.record("closed")
            return
        }
        #expect(home.disk.contents(clean) == nil)
        #expect(try LogOnDisk(home.disk).values() == LogOnDisk.values(0..<2))
    }

    // MARK: Many logs

    @Test("two logs are closed and opened independently, and share the checkpoints")
    func twoLogs() throws {
        let disk = SimulatedDisk()
        let directory = try open(disk)
        let (a, b) = (try name("a-0"), try name("b-1"))
        let first = try directory.openLog(a)
        let second = try directory.openLog(b)
        #expect(try directory.openLog(a) === first)
        let batch = try LogFixture.batch("x", count: 3)
        try first.append(batch.rawSpan)
        for _ in 0..<2 { try second.append(batch.rawSpan) }
        try second.deleteRecords(before: Offset(4))
        try directory.checkpoint()
        #expect(text(disk, "recovery-point-offset-checkpoint") == "0\n2\na 0 3\nb 1 6\n")
        try directory.close()
        #expect(text(disk, "log-start-offset-checkpoint") == "0\n1\nb 1 4\n")

        // Only one of them is opened: the rows of the other stay.
        let again = try open(disk.processDeath())
        #expect(try again.logNames() == [a, b])
        let reopened = try again.openLog(b)
        #expect(reopened.ends.start == Offset(4))
        try reopened.append(batch.rawSpan)
        try again.close()
    }

    @Test("rows of logs that were not opened stay in the checkpoints")
    func keepsRows() throws {
        let disk = SimulatedDisk()
        disk.setContents("/d/meta.properties", Array("version=1\nnode.id=1\ncluster.id=c\n".utf8))
        for file in ["recovery-point", "log-start", "replication"] {
            disk.setContents("/d/\(file)-offset-checkpoint", Array("0\n1\nother 5 77\n".utf8))
        }
        let home = try LogOnDisk(disk)
        try home.append(0..<1)
        try home.directory.close()
        #expect(text(disk, "recovery-point-offset-checkpoint") == "0\n2\nlog 0 2\nother 5 77\n")
        #expect(text(disk, "log-start-offset-checkpoint") == "0\n1\nother 5 77\n")
        #expect(text(disk, "replication-offset-checkpoint") == "0\n2\nlog 0 2\nother 5 77\n")
    }

    @Test("one flush for many logs flushes the others when one fails")
    func flushesMany() throws {
        let disk = SimulatedDisk()
        let directory = try open(disk)
        let logs = try ["a-0", "b-0", "c-0"].map {
            try directory.openLog(try name($0), settings: LogFixture.smallSegments(.pageCache))
        }
        let batch = try LogFixture.batch("x")
        for log in logs { try log.append(batch.rawSpan) }
        // The flush that they would share, then that of the first by itself.
        for ordinal in 0..<2 { disk.fail(ordinal: ordinal, of: [.flush], with: .inputOutput) }
        guard case .poisoned(let path, _) = logError({ try directory.flush(logs) }) else {
            Issue.record("not poisoned")
            return
        }
        #expect(path == "/d/a-0")
        #expect(logs.map(\.ends.flushed.rawValue) == [0, 1, 1])
    }
}

extension LogOnDisk {
    /// The sizes of all `.log` files.
    fileprivate func closedSizes() throws -> [Int] {
        try disk.paths.filter { $0.hasSuffix(".log") }.map {
            try #require(try disk.status(at: $0)).size.bytes
        }
    }
}
