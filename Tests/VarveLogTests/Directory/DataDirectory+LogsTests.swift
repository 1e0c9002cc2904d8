import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

/// A data directory with some logs on a simulated disk.
struct ManyLogs {
    static let path = LogOnDisk.path

    static func open(_ disk: SimulatedDisk, boot: UInt64 = 1) throws -> DataDirectory {
        try DataDirectory(
            path, in: LogFixture.simulated(disk, bootID: UniqueID(high: boot, low: boot)))
    }

    static func name(_ folder: String) throws -> LogName { try #require(LogName(folder: folder)) }

    /// A directory with these logs, each with as many batches of one record as its number says.
    static func made(_ logs: [(String, Int)], closed: Bool = true) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let directory = try open(disk)
        for (folder, count) in logs {
            let log = try directory.openLog(
                try name(folder), settings: LogFixture.smallSegments())
            for number in 0..<count {
                try append("\(folder)-\(number)", to: log)
            }
        }
        if closed { try directory.close() }
        return disk.processDeath()
    }

    static func append(_ value: String, to log: Log) throws {
        let batch = try LogFixture.batch(value)
        try log.append(batch.rawSpan)
    }

    static func rows(_ disk: SimulatedDisk, _ file: String = "recovery-point") -> String {
        let bytes = disk.contents(path + "/\(file)-offset-checkpoint") ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    static func folders(_ disk: SimulatedDisk) throws -> [String] {
        try disk.entries(of: path).filter { $0.kind == .directory }.map(\.name).sorted()
    }
}

@Suite("DataDirectory: many logs")
struct DataDirectoryLogsTests {
    private let three = [("a-0", 3), ("b-0", 2), ("b-1", 1)]

    // MARK: Opening all

    @Test("a log that cannot be opened does not keep the others from it, and no mark is left")
    func opensOthers() throws {
        let disk = try ManyLogs.made(three)
        disk.setContents("/d/b-0/partition.metadata", Array("rubbish".utf8))
        let directory = try ManyLogs.open(disk)
        let results = try directory.openAll()
        #expect(results.count == 3)
        let (a, b) = (try ManyLogs.name("a-0"), try ManyLogs.name("b-0"))
        #expect(try results[a]?.get().ends.written == Offset(3))
        guard case .failure(.notAsClosed) = results[b] else {
            Issue.record("opened: \(String(describing: results[b]))")
            return
        }
        #expect(directory.openLogs.count == 2)
        try directory.close()
        #expect(disk.contents("/d/.kafka_cleanshutdown") == nil)
        #expect(ManyLogs.rows(disk) == "0\n3\na 0 3\nb 0 2\nb 1 1\n")
    }

    @Test("each failing call costs at most the log that it hits")
    func failsOne() throws {
        for ordinal in 0..<400 {
            let disk = try ManyLogs.made(three, closed: ordinal % 2 == 0)
            let directory = try ManyLogs.open(disk)
            disk.fail(ordinal: ordinal / 2, with: .inputOutput)
            let results = try? directory.openAll()
            guard disk.faultHitCount > 0 else { return }
            let failed = results?.values.count { if case .failure = $0 { true } else { false } }
            #expect(failed ?? 0 <= 1)
            disk.clearFaults()
            let again = try ManyLogs.open(disk.processDeath()).openAll()
            #expect(again.count == 3)
            #expect(again.values.allSatisfy { if case .success = $0 { true } else { false } })
        }
        Issue.record("no opening came to its end")
    }

    @Test("any order of the openings gives the same")
    func anyOrder() throws {
        let disk = try ManyLogs.made(three, closed: false)
        let directory = try ManyLogs.open(disk)
        let backwards = ParallelWork { count, piece in
            for number in (0..<count).reversed() { piece(number) }
        }
        let results = try directory.openAll(by: backwards)
        for (folder, count) in three {
            let log = try #require(try results[try ManyLogs.name(folder)]?.get())
            #expect(try LogFixture.values(of: log.reader).count == count)
        }
        try directory.close()
        #expect(disk.contents("/d/.kafka_cleanshutdown") != nil)
    }

    // MARK: Deleting

    @Test("a log that is missing is not deleted, and a closed directory deletes none")
    func refusesDeletion() throws {
        let directory = try ManyLogs.open(try ManyLogs.made(three))
        let other = try ManyLogs.name("c-0")
        #expect(logError { try directory.deleteLog(other) } == .noSuchLog(path: "/d/c-0"))
        try directory.close()
        #expect(logError { try directory.deleteLog(other) } == .closed(path: "/d"))
        #expect(logError { try directory.removeDeletedLogs() } == .closed(path: "/d"))
        #expect(logError { try directory.openAll() } == .closed(path: "/d"))
    }

    @Test("a deleted log is gone at once, and its files go later, after its rows")
    func deletes() throws {
        let disk = try ManyLogs.made(three)
        let directory = try ManyLogs.open(disk)
        try directory.openAll()
        let name = try ManyLogs.name("a-0")
        let log = try #require(directory.openLogs[name])
        try directory.deleteLog(name)
        #expect(logError { try log.flush() } == .closed(path: "/d/a-0"))
        let folders = try ManyLogs.folders(disk.crash(keeping: .none))
        #expect(folders.count == 3 && folders[0].hasPrefix("a-0."))
        #expect(folders[0].hasSuffix("-delete") && folders[0].utf8.count == 43)
        #expect(try directory.removeDeletedLogs().map { "\($0)" } == [folders[0]])
        #expect(ManyLogs.rows(disk) == "0\n2\nb 0 2\nb 1 1\n")
        #expect(try ManyLogs.folders(disk) == ["b-0", "b-1"])
        // Made again it is another log.
        let again = try directory.openLog(name)
        #expect(again.ends.written == .zero && again.topicID != log.topicID)
        #expect(again.recovery.isClean)
    }

    @Test("a log that is put aside keeps its bytes, and its name is free at once")
    func setsAside() throws {
        let disk = try ManyLogs.made(three)
        let directory = try ManyLogs.open(disk)
        try directory.openAll()
        let name = try ManyLogs.name("b-0")
        let size = disk.contents("/d/b-0/00000000000000000000.log")?.count
        let folder = try directory.setAside(name)
        #expect("\(folder)".hasSuffix("-stray"))
        #expect(disk.contents("/d/\(folder)/00000000000000000000.log")?.count == size)
        #expect(try directory.openLog(name).ends.written == .zero)
        try directory.close()
        let again = try ManyLogs.open(disk)
        #expect(try again.openAll().keys.contains(name))
        #expect(try again.otherFolders() == [folder])
    }

    @Test("a crash at any moment of a deletion leaves the log whole, or gone and without rows")
    func crashesInDeletion() throws {
        let disk = try ManyLogs.made(three)
        let directory = try ManyLogs.open(disk)
        try directory.openAll()
        let start = disk.operationCount
        let name = try ManyLogs.name("b-0")
        try directory.deleteLog(name)
        try directory.removeDeletedLogs()
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = start
        plan.subsetAtomCountMax = 6
        plan.randomCount = 20
        var seen = Set<Int>()
        CrashStates.forEach(of: disk.trace, under: plan, clock: disk.clock) { cut, label in
            guard let directory = try? ManyLogs.open(cut, boot: 9) else {
                Issue.record("not opened: \(label)")
                return
            }
            let log = try? directory.openLog(name, settings: LogFixture.smallSegments())
            let count = Int(log?.ends.written.rawValue ?? -1)
            seen.insert(count)
            #expect(count == 0 || count == 2, "\(label)")
            #expect(log?.recovery.damaged == [], "\(label)")
            #expect((try? LogFixture.values(of: log!.reader))?.count == count, "\(label)")
        }
        #expect(seen == [0, 2])
    }

    @Test("folders of deleted logs go when the logs are opened, whoever deleted them")
    func removesLeftovers() throws {
        let disk = try ManyLogs.made(three)
        let id = "0123456789abcdef0123456789abcdef"
        disk.setContents("/d/gone-7.\(id)-delete/00000000000000000000.log", [1])
        disk.setContents("/d/gone-7.\(id)-delete/below/x", [1])
        disk.setContents("/d/lost-7.\(id)-stray/00000000000000000000.log", [1])
        disk.setContents("/d/odd-7.xyz-delete/00000000000000000000.log", [1])
        disk.setContents("/d/recovery-point-offset-checkpoint", Array("0\n1\ngone 7 5\n".utf8))
        let directory = try ManyLogs.open(disk)
        #expect(try directory.otherFolders().map(\.log.folder) == ["gone-7", "lost-7"])
        let results = try directory.openAll()
        #expect(results.count == 3)
        #expect(
            try ManyLogs.folders(disk)
                == ["a-0", "b-0", "b-1", "lost-7.\(id)-stray", "odd-7.xyz-delete"])
        try directory.close()
        #expect(!ManyLogs.rows(disk).contains("gone"))
    }

    @Test("the name of a deleted folder has at most 255 bytes, and its rows are found all the same")
    func longNames() throws {
        let topic = String(repeating: "t", count: 249)
        let disk = try ManyLogs.made([("\(topic)-3", 2)])
        let directory = try ManyLogs.open(disk)
        let name = try ManyLogs.name("\(topic)-3")
        #expect(ManyLogs.rows(disk).contains(topic))
        // The rows go with the next checkpoint, and the crash comes before.
        try directory.deleteLog(name)
        let cut = disk.crash(keeping: .all)
        #expect(ManyLogs.rows(cut).contains(topic))
        #expect(try ManyLogs.folders(cut).map(\.utf8.count) == [255])
        let again = try ManyLogs.open(cut)
        let log = try again.openLog(name)
        #expect(log.ends.written == .zero && log.recovery.damaged.isEmpty)
    }

    // MARK: Futures

    @Test("a log is not copied beside itself, nor promoted over itself or out of nothing")
    func refusesFuture() throws {
        let directory = try ManyLogs.open(try ManyLogs.made(three))
        let (a, c) = (try ManyLogs.name("a-0"), try ManyLogs.name("c-0"))
        for body in [
            { _ = try directory.openFuture(a) }, { try directory.promoteFuture(a) },
        ] {
            guard case .file(let cause) = logError(body) else { continue }
            #expect(cause.error == .exists)
        }
        #expect(
            logError { try directory.promoteFuture(c) } == .noSuchLog(path: "/d/c-0.*-future"))
        #expect(
            logError { _ = try directory.openFuture(c, .mustExist) } != nil)
    }

    @Test("a log that was copied here gets its name, and comes through power cuts")
    func promotes() throws {
        let disk = try ManyLogs.made(three)
        let directory = try ManyLogs.open(disk)
        try directory.openAll()
        let name = try ManyLogs.name("c-0")
        let future = try directory.openFuture(name, settings: LogFixture.smallSegments())
        try ManyLogs.append("moved", to: future)
        #expect(try directory.openFuture(name) === future)
        #expect(try directory.logNames().count == 3)
        let start = disk.operationCount
        try directory.promoteFuture(name)
        let log = try directory.openLog(name, settings: LogFixture.smallSegments())
        #expect(try LogFixture.values(of: log.reader) == ["moved-0"])
        try directory.close()
        #expect(disk.contents("/d/.kafka_cleanshutdown") != nil)
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = start
        plan.subsetAtomCountMax = 4
        plan.randomCount = 10
        CrashStates.forEach(of: disk.trace, under: plan, clock: disk.clock) { cut, label in
            let again = try? ManyLogs.open(cut, boot: 9)
            let isLive = (try? again?.logNames().contains(name)) ?? false
            let log = isLive ? try? again?.openLog(name) : try? again?.openFuture(name)
            let values = log.flatMap { try? LogFixture.values(of: $0.reader) }
            #expect(values == ["moved-0"], "\(label)")
        }
    }

    // MARK: Descriptors

    @Test("an idle log holds no file open, and one that was written to gives them back")
    func rests() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path + "/d", in: LogFixture.linux())
            let before = try openFileCount()
            for number in 0..<20 { _ = try directory.openLog(try ManyLogs.name("x-\(number)")) }
            #expect(try openFileCount() - before <= 20 * 3)
            try directory.close()
            let again = try DataDirectory(path + "/d", in: LogFixture.linux())
            let idle = try openFileCount()
            try again.openAll()
            try again.checkpoint()
            #expect(try openFileCount() == idle)
            for log in again.openLogs.values {
                try ManyLogs.append("x", to: log)
                #expect(log.rest())
            }
            #expect(try openFileCount() == idle)
            for log in again.openLogs.values { try ManyLogs.append("y", to: log) }
            let logs = Array(again.openLogs.values)
            try again.close()
            #expect(try openFileCount() <= idle + logs.count)
        }
    }

    private func openFileCount() throws -> Int {
        try LinuxFileSystem().entries(of: "/proc/self/fd").count
    }
}
