import Testing
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// What one step costs must not grow with what stands around it. Counted in operations of the disk,
/// which are the same on every machine.
@Suite("Growth: directories")
struct DirectoryGrowthTests {
    private func made(_ count: Int) throws -> SimulatedDisk {
        try ManyLogs.made((0..<count).map { ("a-\($0)", 1) })
    }

    /// How many operations the disk is asked for, among 10 logs and among 60.
    private func operations(
        _ body: (DataDirectory) throws -> Void
    ) throws -> (few: Int, many: Int) {
        let counts = try [10, 60].map { count in
            let disk = try made(count)
            let directory = try ManyLogs.open(disk)
            try directory.openAll()
            let before = disk.operationCount
            try body(directory)
            return disk.operationCount - before
        }
        return (counts[0], counts[1])
    }

    @Test("a deletion writes nothing of the other logs, and deletions share a flush")
    func deletion() throws {
        let one = try operations { try $0.deleteLog(try ManyLogs.name("a-3")) }
        #expect(one == (2, 2))
        let five = try operations { directory in
            let names = try (0..<5).map { try ManyLogs.name("a-\($0)") }
            #expect(try directory.deleteLogs(names).isEmpty)
        }
        #expect(five == (6, 6))
    }

    @Test("deletions that fail are told one by one, and the others are done")
    func failedDeletions() throws {
        let directory = try ManyLogs.open(try made(3))
        let names = try ["a-0", "a-7", "a-2"].map { try ManyLogs.name($0) }
        let failures = try directory.deleteLogs(names)
        #expect(failures == [names[1]: .noSuchLog(path: "/d/a-7")])
        #expect(try directory.logNames().map(\.folder) == ["a-1"])
    }

    @Test("a checkpoint flushes no index of a log that nobody appended to since the last one")
    func checkpoint() throws {
        let untouched = try operations { try $0.checkpoint() }
        #expect(untouched.few == untouched.many)
        let touched = try operations { directory in
            let log = try #require(directory.openLogs[try ManyLogs.name("a-3")])
            try ManyLogs.append("more", to: log)
            try directory.checkpoint()
        }
        #expect(touched.few == touched.many && touched.few > untouched.few)
    }

    @Test("rows of many deleted logs are found by their folders, long names among them")
    func rows() throws {
        let topic = String(repeating: "t", count: 249)
        let disk = try ManyLogs.made([("\(topic)-3", 2), ("b-1", 1), ("b-11", 1)])
        let directory = try ManyLogs.open(disk)
        for folder in ["\(topic)-3", "b-1"] { try directory.deleteLog(try ManyLogs.name(folder)) }
        // The rows still stand in the file, and the folders tell of the deletion.
        let cut = disk.crash(keeping: .none)
        #expect(ManyLogs.rows(cut).contains("b 1 1"))
        let again = try ManyLogs.open(cut)
        try again.storeCheckpoints()
        #expect(ManyLogs.rows(cut) == "0\n1\nb 11 1\n")
    }

    @Test("logs of a directory share the memory in which batches are stamped")
    func staging() throws {
        let directory = try ManyLogs.open(try made(2))
        try directory.openAll()
        let logs = Array(directory.openLogs.values)
        #expect(logs[0].staging === logs[1].staging)
        for log in logs + logs {
            try ManyLogs.append("x", to: log)
            // Whoever is second while it is taken makes another one.
            let taken = log.staging.take()
            try ManyLogs.append("y", to: log)
            log.staging.give(back: taken)
        }
        #expect(try LogFixture.values(of: logs[0].reader).count == 5)
    }
}
