import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

/// Logs that one request makes.
@Suite("DataDirectory: making many logs")
struct DataDirectoryMakingTests {
    private let topicID = UniqueID(high: 7, low: 8)

    private func make(_ names: [LogName], in directory: DataDirectory) throws {
        try directory.makeFolders(of: names)
        for name in names {
            let log = try directory.openLog(
                name, settings: LogFixture.smallSegments(), topicID: topicID)
            #expect(log.topicID == topicID)
        }
    }

    private func names() throws -> [LogName] {
        try ["a-0", "a-1", "a-2"].map { try ManyLogs.name($0) }
    }

    @Test("a failing call leaves folders that the openings take up")
    func failures() throws {
        for ordinal in 0..<12 {
            let disk = SimulatedDisk()
            let directory = try ManyLogs.open(disk)
            disk.fail(ordinal: ordinal, with: .inputOutput)
            try? directory.makeFolders(of: try names())
            disk.clearFaults()
            try make(try names(), in: directory)
            let after = try ManyLogs.open(disk.crash(keeping: .none), boot: 2)
            #expect(try after.logNames() == names(), "call \(ordinal)")
        }
    }

    @Test("the folders of logs that are made together share one flush, others keep theirs")
    func sharing() throws {
        let disk = SimulatedDisk()
        let directory = try ManyLogs.open(disk)
        let start = disk.operationCount
        try make(try names(), in: directory)
        let parent = disk.trace[start...].filter {
            $0.kind == .flushDirectory && $0.path == ManyLogs.path
        }
        #expect(parent.count == 1)
        // One that is deleted and made again has its name flushed anew.
        try directory.makeFolders(of: try names())
        try directory.deleteLog(try ManyLogs.name("a-1"))
        let middle = disk.operationCount
        _ = try directory.openLog(try ManyLogs.name("a-1"), topicID: topicID)
        #expect(
            disk.trace[middle...].contains {
                $0.kind == .flushDirectory && $0.path == ManyLogs.path
            })
    }

    @Test("a crash at any moment leaves each log made, or to be made as if it had never been")
    func crashes() throws {
        let disk = SimulatedDisk()
        let directory = try ManyLogs.open(disk)
        let start = disk.operationCount
        try make(try names(), in: directory)
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = start
        plan.subsetAtomCountMax = 4
        plan.randomCount = 10
        let wanted = try names()
        CrashStates.forEach(of: disk.trace, under: plan, clock: disk.clock) { cut, label in
            guard let after = try? ManyLogs.open(cut, boot: 9) else {
                Issue.record("not opened: \(label)")
                return
            }
            for name in wanted {
                let log = try? after.openLog(
                    name, settings: LogFixture.smallSegments(), topicID: topicID)
                #expect(log?.topicID == topicID, "\(label)")
                #expect(log?.ends.written == .zero, "\(label)")
                #expect(log?.recovery.damaged == [], "\(label)")
            }
        }
        // What was made is there after any power cut from here on.
        let after = try ManyLogs.open(disk.crash(keeping: .none), boot: 9)
        #expect(try after.logNames() == wanted)
    }
}
