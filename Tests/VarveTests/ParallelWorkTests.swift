import Testing
import Varve
import VarveSystem

@Suite("ParallelWork on threads")
struct ParallelWorkTests {
    @Test("every piece is run once, whatever the number of threads", arguments: [1, 2, 3, 8, 64])
    func runsEach(threadCount: Int) async throws {
        for logCount in [0, 1, 2, 17] {
            try await withTemporaryDirectory { path in
                let directory = try DataDirectory(path + "/d", in: .linux)
                for number in 0..<logCount {
                    _ = try directory.openLog(try #require(LogName(folder: "x-\(number)")))
                }
                try directory.close()
                let again = try DataDirectory(path + "/d", in: .linux)
                let results = try again.openAll(by: .threads(threadCount))
                #expect(results.count == logCount)
                for result in results.values { #expect(try result.get().recovery.isClean) }
                try again.close()
            }
        }
    }

    @Test("logs that were opened on other threads are appended to and read on this one")
    func usable() async throws {
        try await withTemporaryDirectory { path in
            let name = try #require(LogName(folder: "x-0"))
            let first = try DataDirectory(path + "/d", in: .linux)
            _ = try first.openLog(name)
            try first.close()
            let directory = try DataDirectory(path + "/d", in: .linux)
            let log = try #require(try directory.openAll(by: .threads(4))[name]?.get())
            try log.deleteRecords(before: .zero)
            try log.flush()
            #expect(log.ends.written == .zero)
            try directory.close()
        }
    }
}
