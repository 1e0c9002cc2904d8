import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveRecords
import VarveSystem
import VarveTerms

@Suite("ReadOnlyLog")
struct ReadOnlyLogTests {
    private let fileSystem = LinuxFileSystem()

    private func values(_ log: ReadOnlyLog, from start: Offset? = nil) throws -> [String] {
        try LogFixture.values(of: log.reader, from: start)
    }

    private func names(in folder: String) throws -> [String] {
        try fileSystem.entries(of: folder).map(\.name).sorted()
    }

    @Test("a folder that is not there is no such log")
    func missing() throws {
        try withTemporaryDirectory { path in
            let expected = LogError.noSuchLog(path: path + "/log-0")
            do {
                _ = try ReadOnlyLog(LogFixture.name, in: path, fileSystem: fileSystem)
                Issue.record("a missing folder was opened")
            } catch {
                #expect(error as? LogError == expected)
            }
        }
    }

    @Test("a folder that goes is no such log at the next refresh")
    func removed() throws {
        try withTemporaryDirectory { path in
            try fileSystem.makeDirectory(path + "/log-0")
            let view = try ReadOnlyLog(LogFixture.name, in: path, fileSystem: fileSystem)
            #expect(view.ends == LogEnds(start: .zero, flushed: .zero, written: .zero))
            guard case .atEnd = try view.read(from: .zero) else {
                Issue.record("an empty folder has records")
                return
            }
            try fileSystem.removeDirectory(path + "/log-0")
            #expect(throws: LogError.noSuchLog(path: path + "/log-0")) { try view.refresh() }
        }
    }

    @Test("segments that retention takes read as out of range")
    func retention() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name, settings: LogFixture.smallSegments())
            for number in 0..<100 {
                try log.take(LogFixture.batch("a\(number)", padding: 200))
            }
            let view = try ReadOnlyLog(LogFixture.name, in: path, fileSystem: fileSystem)
            #expect(view.ends == log.ends)
            try log.deleteRecords(before: Offset(60))
            // Its own view still starts at 0, and the segment there is gone.
            guard case .outOfRange(let valid) = try view.reader.read(from: .zero) else {
                Issue.record("a deleted segment was read")
                return
            }
            #expect(valid.lowerBound > .zero && valid.lowerBound <= Offset(60))
            guard case .outOfRange(let valid) = try view.read(from: .zero) else {
                Issue.record("a deleted segment was read")
                return
            }
            #expect(valid == Offset(60)..<Offset(100))
            #expect(try values(view).count == 40)
            let found = try view.reader.offset(for: Timestamp(milliseconds: 0))
            #expect(found?.offset == Offset(60))
        }
    }

    @Test("it follows an owner that appends and rolls, to the flushed end")
    func follows() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name, settings: LogFixture.smallSegments())
            let view = try ReadOnlyLog(LogFixture.name, in: path, fileSystem: fileSystem)
            #expect(view.endsSource == .found)
            var seen: [String] = []
            for number in 0..<120 {
                try log.take(LogFixture.batch("a\(number)", padding: 90))
                if number % 7 == 0 {
                    try log.takeUnflushed(LogFixture.batch("b\(number)"))
                }
                #expect(try view.refresh())
                #expect(view.ends == log.ends, "after \(number)")
                seen += try values(view, from: Offset(Int64(seen.count)))
                #expect(Int64(seen.count) == log.ends.flushed.rawValue, "after \(number)")
            }
            #expect(view.endsSource == .published)
            #expect(log.segmentCount > 3)
            #expect(seen == (try LogFixture.values(of: log.reader)))
            #expect(try view.refresh() == false)
            let all = try LogFixture.values(of: view.reader, through: .includingUnflushed)
            #expect(Int64(all.count) == log.ends.written.rawValue)
        }
    }

    @Test("it follows an owner that truncates and goes on")
    func truncation() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name, settings: LogFixture.smallSegments())
            let view = try ReadOnlyLog(LogFixture.name, in: path, fileSystem: fileSystem)
            for number in 0..<60 {
                try log.take(LogFixture.batch("a\(number)", padding: 90))
            }
            try view.refresh()
            for end in [Int64(55), 41, 39, 12, 0] {
                try log.truncate(to: Offset(end))
                let outcome = try view.read(from: Offset(end + 1))
                guard case .outOfRange = outcome else {
                    Issue.record("a cut record was read after \(end): \(outcome)")
                    continue
                }
                #expect(view.ends == log.ends)
                try log.take(LogFixture.batch("b\(end)", count: 3, padding: 40))
                try view.refresh()
                #expect(view.ends == log.ends)
                #expect(try values(view) == LogFixture.values(of: log.reader))
                try log.truncate(to: Offset(end))
                try view.refresh()
                #expect(try values(view) == LogFixture.values(of: log.reader))
            }
        }
    }

    @Test("a log that was closed, or whose owner died, ends with its last whole batch")
    func ownerless() throws {
        try withTemporaryDirectory { path in
            var directory: DataDirectory? = try DataDirectory(path, in: LogFixture.linux())
            let settings = LogFixture.smallSegments(.pageCache)
            var log = try directory?.openLog(LogFixture.name, settings: settings)
            for number in 0..<50 {
                try log?.take(LogFixture.batch("a\(number)", padding: 90))
            }
            let folder = try #require(log?.path)
            let view = try ReadOnlyLog(
                LogFixture.name, in: path, visibility: .includingUnflushed, fileSystem: fileSystem)
            #expect(try values(view).count == 50)
            // Neither flushed nor closed: the owner is gone, and a torn batch follows.
            log = nil
            directory = nil
            let last = try #require(try names(in: folder).last { $0.hasSuffix(".log") })
            try Damage.append(
                Array(try LogFixture.batch("torn").prefix(70)), to: folder + "/" + last)
            try view.refresh()
            #expect(view.ends.written == Offset(50))
            let later = try ReadOnlyLog(LogFixture.name, in: path, fileSystem: fileSystem)
            #expect(later.ends.written == Offset(50))

            let again = try DataDirectory(path, in: LogFixture.linux())
            _ = try again.openLog(LogFixture.name, settings: settings)
            try again.close()
            let before = try names(in: folder)
            let closed = try ReadOnlyLog(LogFixture.name, in: path, fileSystem: fileSystem)
            #expect(closed.endsSource == .found)
            #expect(closed.ends == LogEnds(start: .zero, flushed: Offset(50), written: Offset(50)))
            #expect(try values(closed).count == 50)
            #expect(try names(in: folder) == before)
        }
    }

    @Test("damage is named with its offsets, and reading goes on behind it")
    func damage() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name)
            for number in 0..<3 { try log.take(LogFixture.batch("a\(number)")) }
            let size = try LogFixture.batch("a1").count
            try Damage.flip(log.path + "/00000000000000000000.log", at: size + 62)
            let view = try ReadOnlyLog(LogFixture.name, in: path, fileSystem: fileSystem)
            #expect(view.ends.written == Offset(3))
            let range = Damage.corruptRange { try view.read(from: Offset(1)) }
            #expect(range?.offsets == Offset(1)..<Offset(2))
            #expect(try values(view, from: Offset(2)) == ["a2-0"])
        }
    }
}
