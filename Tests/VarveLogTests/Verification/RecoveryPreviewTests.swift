import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveSystem
import VarveTerms

@Suite("RecoveryPreview")
struct RecoveryPreviewTests {
    private let fileSystem = LinuxFileSystem()

    /// The names, sizes and contents of everything below a folder.
    private func content(_ folder: String) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for entry in try fileSystem.entries(of: folder) {
            let path = folder + "/" + entry.name
            if entry.kind == .directory {
                try found.merge(content(path)) { first, _ in first }
            } else {
                found[path] = Fixture.bytes(path)
            }
        }
        return found
    }

    private func abandonLog(in path: String, _ names: [String]) throws {
        let directory = try DataDirectory(path, in: LogFixture.linux())
        for name in names {
            let log = try directory.openLog(
                #require(LogName(folder: name)), settings: LogFixture.smallSegments(.pageCache))
            for number in 0..<40 { try log.take(LogFixture.batch("a\(number)", padding: 90)) }
        }
    }

    @Test("what is no data directory, or in use, has no preview")
    func refused() throws {
        try withTemporaryDirectory { path in
            #expect(throws: LogError.self) {
                _ = try RecoveryPreview(path + "/none", in: LogFixture.linux())
            }
            let directory = try DataDirectory(path, in: LogFixture.linux())
            _ = try directory.openLog(LogFixture.name)
            #expect(throws: LogError.locked(path: path, processID: nil)) {
                do {
                    _ = try RecoveryPreview(path, in: LogFixture.linux())
                } catch LogError.locked(let path, _) {
                    throw LogError.locked(path: path, processID: nil)
                }
            }
            try directory.close()
        }
    }

    @Test("a preview finds what opening finds, and changes nothing")
    func changesNothing() throws {
        try withTemporaryDirectory { path in
            try abandonLog(in: path, ["log-0"])
            let folder = path + "/log-0"
            let logs = try fileSystem.entries(of: folder).map(\.name)
                .filter { $0.hasSuffix(".log") }
            let last = try #require(logs.max())
            try Damage.append([1, 2, 3, 4], to: folder + "/" + last)
            let before = try content(path)
            let settings = LogFixture.smallSegments()
            let report: RecoveryReport
            do {
                let preview = try RecoveryPreview(path, in: LogFixture.linux())
                #expect(try preview.logNames() == [LogFixture.name])
                report = try preview.report(of: LogFixture.name, settings: settings)
            }
            #expect(try content(path) == before)
            #expect(report.cut?.size == ByteCount(4))
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name, settings: settings)
            #expect(log.recovery == report)
            try directory.close()
        }
    }

    @Test("after a crash the mark of a clean end waits until every log was recovered")
    func mark() throws {
        try withTemporaryDirectory { path in
            try abandonLog(in: path, ["log-0", "log-1"])
            let marker = path + "/" + CleanShutdownMarker.fileName
            let other = try #require(LogName(folder: "log-1"))
            var directory = try DataDirectory(path, in: LogFixture.linux())
            _ = try directory.openLog(LogFixture.name)
            try directory.close()
            #expect(try fileSystem.status(at: marker) == nil)
            directory = try DataDirectory(path, in: LogFixture.linux())
            #expect(!directory.wasClosedCleanly)
            _ = try directory.openLog(LogFixture.name)
            _ = try directory.openLog(other)
            try directory.close()
            #expect(try fileSystem.status(at: marker) != nil)
        }
    }
}
