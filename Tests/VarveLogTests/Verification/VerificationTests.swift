import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveRecords
import VarveSystem
import VarveTerms

@Suite("Verification")
struct VerificationTests {
    private let fileSystem = LinuxFileSystem()

    /// What is found in a directory, notes left out.
    private func findings(_ path: String) throws -> [Finding] {
        try allFindings(path).filter { $0.severity != .note }
    }

    private func allFindings(_ path: String) throws -> [Finding] {
        var found: [Finding] = []
        _ = try Verification.directory(path, in: fileSystem) { found.append($0) }
        return found
    }

    /// A log of several segments, closed cleanly: 60 records, each in a batch of its own.
    private func makeLog(in path: String) throws -> String {
        let directory = try DataDirectory(path, in: LogFixture.linux())
        let log = try directory.openLog(LogFixture.name, settings: LogFixture.smallSegments())
        for number in 0..<60 {
            let time = 1_000 + Int64(number)
            try log.take(LogFixture.batch("a\(number)", timestamp: time, padding: 120))
        }
        try directory.close()
        return log.path
    }

    private func files(_ folder: String, _ end: String) throws -> [String] {
        try fileSystem.entries(of: folder).map(\.name).filter { $0.hasSuffix(end) }.sorted()
            .map { folder + "/" + $0 }
    }

    @Test("what is not there, or no data directory, is an error and no finding")
    func missing() throws {
        try withTemporaryDirectory { path in
            #expect(throws: LogError.self) { try findings(path + "/none") }
            #expect(throws: LogError.self) { try findings(path) }
            #expect(throws: LogError.self) {
                try Verification.log(at: path + "/log-0", in: fileSystem) { _ in }
            }
            #expect(throws: LogError.self) {
                try Verification.segment(at: path, in: fileSystem) { _ in }
            }
        }
    }

    @Test("a log that was closed cleanly is sound")
    func sound() throws {
        try withTemporaryDirectory { path in
            _ = try makeLog(in: path)
            #expect(try allFindings(path) == [])
            let totals = try Verification.directory(path, in: fileSystem) { _ in }
            #expect(totals.records == 60 && totals.batches == 60 && totals.segments > 2)
            #expect(totals.isSound)
        }
    }

    @Test("a flipped byte in the middle is damage, with its offsets")
    func flipped() throws {
        try withTemporaryDirectory { path in
            let folder = try makeLog(in: path)
            let log = try #require(try files(folder, ".log").first)
            try Damage.flip(log, at: 300)
            let found = try findings(path)
            let damage = try #require(found.first)
            #expect(found.count == 1)
            #expect(damage.severity == .damage)
            #expect(damage.offsets == Offset(1)..<Offset(2))
            guard case .brokenBatch = damage.problem else {
                Issue.record("\(damage)")
                return
            }
        }
    }

    @Test("every byte of a log file may be wrong: nothing traps, and it never reads as sound")
    func everyByte() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name)
            for number in 0..<3 {
                try log.take(LogFixture.batch("a\(number)", count: 2, compression: .lz4))
            }
            try directory.close()
            let file = log.path + "/00000000000000000000.log"
            let size = try #require(try fileSystem.status(at: file)?.size.bytes)
            for position in 0..<size {
                try Damage.flip(file, at: position)
                let found = try findings(path)
                #expect(!found.isEmpty, "byte \(position)")
                try Damage.flip(file, at: position)
            }
            #expect(try findings(path) == [])
        }
    }

    @Test("a torn tail behind a clean end is damage twice over")
    func tornTail() throws {
        try withTemporaryDirectory { path in
            let folder = try makeLog(in: path)
            let log = try #require(try files(folder, ".log").last)
            try Damage.append([1, 2, 3], to: log)
            let problems = try findings(path).map(\.problem)
            #expect(problems.count == 2)
            guard case .tornTail = problems.first else {
                Issue.record("\(problems)")
                return
            }
            #expect(
                problems.last == .notClosedCleanly("bytes stand behind the last batch"))
        }
    }

    @Test("a segment that is gone from the middle is named by its offsets")
    func missingSegment() throws {
        try withTemporaryDirectory { path in
            let folder = try makeLog(in: path)
            let logs = try files(folder, ".log")
            try fileSystem.removeFile(logs[1])
            let found = try findings(path)
            #expect(
                found.map(\.problem) == [.missingOffsets, .notAsClosed("the file is gone")])
            let first = SegmentFileName(String(logs[1].split(separator: "/").last ?? ""))
            #expect(try allFindings(path).contains { $0.offsets?.lowerBound == first?.baseOffset })
        }
    }

    @Test("a log that ends before what was flushed is damage")
    func shorter() throws {
        try withTemporaryDirectory { path in
            let folder = try makeLog(in: path)
            let log = try #require(try files(folder, ".log").last)
            try Damage.resize(log, to: 0)
            let found = try findings(path)
            #expect(
                found.contains {
                    if case .shorterThanFlushed(let flushed, _) = $0.problem {
                        return flushed == Offset(60)
                    }
                    return false
                }, "\(found)")
        }
    }

    @Test("indexes that are missing, odd, out of order or wrong are findings", arguments: 0..<5)
    func indexes(kind: Int) throws {
        try withTemporaryDirectory { path in
            let folder = try makeLog(in: path)
            let index = try #require(try files(folder, ".index").first)
            let times = try #require(try files(folder, ".timeindex").first)
            switch kind {
            case 0: try fileSystem.removeFile(index)
            case 1: try Damage.append([7], to: times)
            case 2: try Damage.append([0, 0, 0, 1, 0, 0, 0, 1], to: index)
            case 3: try Damage.write([9], to: index, at: -1)
            default: try Damage.write([9], to: times, at: 7)
            }
            let found = try findings(path)
            #expect(found.count == 1, "\(found)")
            #expect(found.first?.severity == .index)
            #expect(found.first?.path == (kind == 1 || kind == 4 ? times : index))
        }
    }

    @Test(
        "every byte of an index may be wrong, and is never taken for damage",
        arguments: [
            ".index", ".timeindex",
        ])
    func everyIndexByte(end: String) throws {
        try withTemporaryDirectory { path in
            let folder = try makeLog(in: path)
            let file = try #require(try files(folder, end).first)
            let size = try #require(try fileSystem.status(at: file)?.size.bytes)
            for position in 0..<size {
                try Damage.flip(file, at: position)
                let found = try findings(path)
                #expect(found.allSatisfy { $0.severity == .index }, "byte \(position): \(found)")
                #expect(!found.isEmpty, "byte \(position)")
                try Damage.flip(file, at: position)
            }
        }
    }

    @Test("checkpoints that nobody can read are named, and the logs are verified all the same")
    func checkpoints() throws {
        try withTemporaryDirectory { path in
            let folder = try makeLog(in: path)
            try Damage.write([0x78], to: folder + "/leader-epoch-checkpoint", at: 0)
            try Damage.write([0x78], to: path + "/recovery-point-offset-checkpoint", at: 0)
            let found = try findings(path)
            #expect(found.count == 2, "\(found)")
            #expect(found.allSatisfy { $0.severity == .damage })
        }
    }

    @Test("files that belong to no segment are notes")
    func strays() throws {
        try withTemporaryDirectory { path in
            let folder = try makeLog(in: path)
            for name in ["00000000000000000007.index", "00000000000000000000.log.deleted"] {
                _ = try OpenFile(folder + "/" + name, .createNew, in: fileSystem)
            }
            let found = try allFindings(path)
            #expect(found.map(\.severity) == [.note, .note])
        }
    }
}
