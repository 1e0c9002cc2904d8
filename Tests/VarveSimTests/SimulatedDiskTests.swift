import Testing
import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms

@Suite("SimulatedDisk: what processes see")
struct SimulatedDiskTests {
    let disk = SimulatedDisk()

    private func error(_ body: () throws(FileError) -> Void) -> SystemError? {
        do throws(FileError) { try body() } catch { return error.error }
        return nil
    }

    @Test("opening refuses what Linux refuses")
    func openErrors() throws {
        try disk.put("/a", "x")
        try disk.makeDirectory("/d")
        func open(_ path: String, _ mode: OpenMode) -> SystemError? {
            error { () throws(FileError) in _ = try disk.open(path, mode) }
        }
        #expect(open("/b", .read) == .notFound)
        #expect(open("/b", .readWrite) == .notFound)
        #expect(open("/no/b", .createNew) == .notFound)
        #expect(open("/a", .createNew) == .exists)
        #expect(open("/a/b", .readWriteOrCreate) == .notDirectory)
        #expect(open("/d", .readWrite) == .isDirectory)
        #expect(open("/" + String(repeating: "x", count: 256), .createNew) == .nameTooLong)
        #expect(open("", .read) == .notFound)
        #expect(disk.paths == ["/a"])
    }

    @Test("an opening for reading refuses changes and locks")
    func readOnlyOpening() throws {
        try disk.put("/a", "x")
        let file = try OpenFile("/a", .read, in: disk)
        #expect(throws: FileError(.write, "/a", .badFile, at: .zero)) {
            try file.write([1].rawSpan, at: .zero)
        }
        #expect(throws: FileError(.resize, "/a", .invalid)) { try file.resize(to: .zero) }
        #expect(throws: FileError(.reserve, "/a", .badFile)) { try file.reserve(.kib(1)) }
        #expect(throws: FileError(.lock, "/a", .badFile)) { _ = try file.lock() }
        try file.flush()
    }

    @Test("writes past the largest file are refused")
    func fileTooLarge() throws {
        let file = try OpenFile("/a", .createNew, in: disk)
        #expect(throws: FileError.self) {
            try file.write([1].rawSpan, at: FilePosition(Int.max))
        }
        #expect(throws: FileError(.resize, "/a", .fileTooLarge)) {
            try file.resize(to: ByteCount(Int.max))
        }
    }

    @Test("several openings see one file, also after it lost its name")
    func openings() throws {
        let first = try OpenFile("/a", .createNew, in: disk)
        let second = try OpenFile("/a", .readWrite, in: disk)
        try disk.removeFile("/a")
        try disk.flushDirectory("/")
        try first.write([7, 8].rawSpan, at: FilePosition(1))
        #expect(try second.size() == ByteCount(3))
        #expect(try second.bytes(4, at: 0, untouched: 9) == [0, 7, 8])
        #expect(try disk.status(at: "/a") == nil)
    }

    @Test("reading at or past the end moves nothing")
    func readPastEnd() throws {
        try disk.put("/a", "x")
        let file = try OpenFile("/a", .read, in: disk)
        #expect(try file.bytes(1, at: 1, untouched: 9) == [])
        #expect(try file.bytes(1, at: Int.max, untouched: 9) == [])
    }

    @Test("a lock excludes every other opening until it is closed")
    func lock() throws {
        let first = try OpenFile("/.lock", .createNew, in: disk)
        let second = try OpenFile("/.lock", .readWrite, in: disk)
        #expect(try first.lock() == .acquired)
        #expect(try first.lock() == .acquired)
        #expect(try second.lock() == .heldBy(processID: nil))
        try first.close()
        #expect(try second.lock() == .acquired)
        let next = disk.processDeath()
        #expect(try OpenFile("/.lock", .readWrite, in: next).lock() == .acquired)
    }

    @Test("a directory lists its names, in an order that the seed decides")
    func listing() throws {
        var orders: Set<[String]> = []
        for seed in 0..<20 as Range<UInt64> {
            let disk = SimulatedDisk(options: DiskOptions(listingSeed: seed))
            for name in ["a", "b", "c", "d"] { try disk.put("/\(name)", "") }
            try disk.makeDirectory("/e")
            let entries = try disk.entries(of: "/")
            #expect(Set(entries.map(\.name)) == ["a", "b", "c", "d", "e"])
            #expect(entries.first { $0.name == "e" }?.kind == .directory)
            #expect(entries.filter { $0.kind == .file }.count == 4)
            orders.insert(entries.map(\.name))
        }
        #expect(orders.count > 5)
    }

    @Test("names refuse what Linux refuses")
    func nameErrors() throws {
        try disk.makeDirectory("/d")
        try disk.makeDirectory("/d/e")
        try disk.put("/a", "x")
        func attempt(_ body: (SimulatedDisk) throws(FileError) -> Void) -> SystemError? {
            error { () throws(FileError) in try body(disk) }
        }
        #expect(attempt { d throws(FileError) in try d.makeDirectory("/d") } == .exists)
        #expect(attempt { d throws(FileError) in try d.makeDirectory("/x/y") } == .notFound)
        #expect(attempt { d throws(FileError) in try d.removeDirectory("/d") } == .notEmpty)
        #expect(attempt { d throws(FileError) in try d.removeDirectory("/a") } == .notDirectory)
        #expect(attempt { d throws(FileError) in try d.removeFile("/d") } == .isDirectory)
        #expect(attempt { d throws(FileError) in try d.removeFile("/x") } == .notFound)
        #expect(attempt { d throws(FileError) in try d.rename("/x", to: "/y") } == .notFound)
        #expect(attempt { d throws(FileError) in try d.rename("/a", to: "/d") } == .isDirectory)
        #expect(attempt { d throws(FileError) in try d.rename("/d", to: "/a") } == .notDirectory)
        #expect(attempt { d throws(FileError) in try d.rename("/d", to: "/d/e/f") } == .invalid)
        #expect(attempt { d throws(FileError) in try d.rename("/d/e", to: "/d") } == .notEmpty)
        #expect(attempt { d throws(FileError) in try d.flushDirectory("/a") } == .notDirectory)
        #expect(attempt { d throws(FileError) in _ = try d.entries(of: "/x") } == .notFound)
        #expect(try disk.status(at: "/x/y") == nil)
    }

    @Test("a rename keeps the identity; a new file under an old name has another")
    func identity() throws {
        try disk.put("/a", "x")
        let old = try #require(try disk.status(at: "/a"))
        try disk.rename("/a", to: "/b")
        try disk.put("/a", "y")
        #expect(try disk.status(at: "/b")?.identity == old.identity)
        #expect(try disk.status(at: "/a")?.identity != old.identity)
        #expect(old.kind == .file)
        #expect(old.size == ByteCount(1))
    }

    @Test("a directory is renamed with all that is in it")
    func renameDirectory() throws {
        try disk.makeDirectory("/log-0")
        try disk.put("/log-0/a", "x")
        try disk.rename("/log-0", to: "/log-0.delete")
        #expect(disk.summary == "/log-0.delete/a=x")
    }

    @Test("closed and unknown files are refused")
    func badFile() throws {
        let file = try disk.open("/a", .createNew)
        try disk.close(file)
        #expect(error { () throws(FileError) in try disk.flush(file) } == .badFile)
        #expect(error { () throws(FileError) in try disk.flush(FileID(99)) } == .badFile)
    }

    @Test("removed files are forgotten once their removal is durable")
    func forgotten() throws {
        for _ in 0..<50 {
            try disk.putDurably("/a", "x")
            try disk.put("/a", "never flushed")
            try disk.removeFile("/a")
            try disk.flushDirectory("/")
        }
        #expect(disk.pendingAtoms.isEmpty)
        #expect(disk.crash(keeping: .all).paths == [])
    }

    @Test("a huge file of holes takes neither time nor space")
    func holes() throws {
        let file = try OpenFile("/a", .createNew, in: disk)
        try file.resize(to: .gib(1 << 10))
        try file.write([5].rawSpan, at: FilePosition(1 << 39))
        disk.capacity = .mib(1)
        #expect(try disk.freeSpace(at: "/a") == ByteCount((1 << 20) - 4096))
        #expect(try file.size() == .gib(1 << 10))
    }
}
