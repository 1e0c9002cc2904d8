import Testing
import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms

@Suite("Faults")
struct FaultsTests {
    let disk = SimulatedDisk()

    private func error(_ body: () throws(FileError) -> Void) -> SystemError? {
        do throws(FileError) { try body() } catch { return error.error }
        return nil
    }

    @Test("after a failed flush the next one succeeds, reads show the new bytes, a cut the old")
    func failedFlush() throws {
        try disk.putDurably("/a", "old")
        let file = try OpenFile("/a", .readWrite, in: disk)
        try file.write([UInt8]("new".utf8).rawSpan, at: .zero)
        disk.failNext(.flush, with: .inputOutput)
        #expect(throws: FileError(.flush, "/a", .inputOutput)) { try file.flush() }
        #expect(disk.text("/a") == "new")
        try file.flush()
        #expect(disk.text("/a") == "new")
        #expect(disk.pendingAtoms.isEmpty)
        #expect(disk.crash(keeping: .all).text("/a") == "old")
        disk.evictCaches()
        #expect(disk.text("/a") == "old")
    }

    @Test("after a failed flush the growth may survive without the bytes")
    func failedFlushOfGrowth() throws {
        try disk.putDurably("/a", "ab")
        try disk.put("/a", "cd", at: 2)
        disk.failNext(.flush, with: .noSpace)
        #expect(error { () throws(FileError) in try disk.flushFile("/a") } == .noSpace)
        #expect(disk.summariesAfterCut == ["/a=ab", "/a=ab.."])
        try disk.flushFile("/a")
        #expect(disk.text("/a") == "abcd")
        #expect(disk.crash(keeping: .none).text("/a") == "ab..")
    }

    @Test("what is written after a failed flush is flushed as ever")
    func writesAfterFailedFlush() throws {
        try disk.putDurably("/a", "----")
        try disk.put("/a", "11")
        disk.failNext(.flush, with: .inputOutput)
        #expect(error { () throws(FileError) in try disk.flushFile("/a") } == .inputOutput)
        try disk.put("/a", "22", at: 2)
        try disk.flushFile("/a")
        #expect(disk.crash(keeping: .none).text("/a") == "--22")
    }

    @Test("each opening is told once of a failed flush, a later one only when nobody was told")
    func toldOnce() throws {
        try disk.putDurably("/a", "old")
        let first = try OpenFile("/a", .readWrite, in: disk)
        let second = try OpenFile("/a", .readWrite, in: disk)
        try first.write([UInt8]("new".utf8).rawSpan, at: .zero)
        disk.failBackgroundWrites(of: "/a")
        let third = try OpenFile("/a", .read, in: disk)
        #expect(throws: FileError(.flush, "/a", .inputOutput)) { try first.flush() }
        let fourth = try OpenFile("/a", .read, in: disk)
        #expect(throws: FileError(.flush, "/a", .inputOutput)) { try second.flush() }
        #expect(throws: FileError(.flush, "/a", .inputOutput)) { try third.flush() }
        try first.flush()
        try second.flush()
        try fourth.flush()
        #expect(disk.crash(keeping: .all).text("/a") == "old")
    }

    @Test("a fault hits the call with its ordinal, once")
    func once() throws {
        disk.fail(ordinal: 1, of: [.makeDirectory], with: .noSpace)
        try disk.makeDirectory("/a")
        _ = try disk.status(at: "/a")
        #expect(error { () throws(FileError) in try disk.makeDirectory("/b") } == .noSpace)
        #expect(try disk.status(at: "/b") == nil)
        try disk.makeDirectory("/b")
        #expect(disk.faultHitCount == 1)
        #expect(disk.callCount == 5)
    }

    @Test("a fault for good fails all calls of its kinds from then on, until cleared")
    func forGood() throws {
        try disk.put("/a", "x")
        disk.fail(ordinal: 0, of: .changing, with: .readOnly, mode: .forGood)
        for _ in 0..<3 {
            #expect(error { () throws(FileError) in try disk.put("/a", "y") } == .readOnly)
            #expect(error { () throws(FileError) in try disk.removeFile("/a") } == .readOnly)
        }
        #expect(disk.text("/a") == "x")
        disk.clearFaults()
        try disk.put("/a", "y")
    }

    @Test("a sweep over all calls hits each of them once")
    func sweep() throws {
        func work(_ disk: SimulatedDisk) throws(FileError) {
            try disk.makeDirectory("/d")
            let file = try OpenFile("/d/a", .createNew, in: disk)
            try file.write([1, 2, 3].rawSpan, at: .zero)
            try file.flush()
            try file.close()
            try disk.flushDirectory("/d")
        }
        let whole = SimulatedDisk()
        try work(whole)
        #expect(whole.callCount == 6)
        for ordinal in 0..<whole.callCount {
            let disk = SimulatedDisk()
            disk.fail(ordinal: ordinal, with: .inputOutput)
            #expect(error { () throws(FileError) in try work(disk) } == .inputOutput)
            #expect(disk.faultHitCount == 1)
        }
    }

    @Test("a close that fails closes all the same")
    func failedClose() throws {
        let file = try disk.open("/a", .createNew)
        disk.failNext(.close, with: .inputOutput)
        #expect(error { () throws(FileError) in try disk.close(file) } == .inputOutput)
        #expect(error { () throws(FileError) in try disk.close(file) } == .badFile)
    }

    @Test("short transfers still move everything in the end")
    func shortTransfers() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        for kind in [ShortTransfers.everyCall(sizeMax: 3), .random(seed: seed)] {
            let disk = SimulatedDisk()
            disk.shortTransfers = kind
            let text = String(repeating: "0123456789", count: 20)
            try disk.put("/a", text)
            #expect(disk.text("/a") == text, "\(kind)")
            if kind == .everyCall(sizeMax: 3) { #expect(disk.operationCount == 1 + 67) }
            let file = try OpenFile("/a", .read, in: disk)
            #expect(try file.bytes(300, at: 0) == [UInt8](text.utf8))
        }
    }

    @Test("a full disk takes a part first, then refuses, and takes more when space returns")
    func capacity() throws {
        disk.capacity = ByteCount(3 * 4096)
        try disk.put("/other", "x")
        let file = try OpenFile("/a", .createNew, in: disk)
        let bytes = [UInt8](repeating: 7, count: 10_000)
        #expect(try disk.write(file.id, bytes.rawSpan, at: .zero) == 8192)
        #expect(throws: FileError(.write, "/a", .noSpace, at: FilePosition(8192))) {
            try disk.write(file.id, bytes.rawSpan, at: FilePosition(8192))
        }
        #expect(try disk.freeSpace(at: "/") == .zero)
        // Space that a file has already is no new space.
        #expect(try disk.write(file.id, bytes.rawSpan, at: FilePosition(100)) == 8092)
        try disk.removeFile("/other")
        #expect(try disk.freeSpace(at: "/") == ByteCount(4096))
        #expect(try disk.write(file.id, [1].rawSpan, at: FilePosition(8192)) == 1)
    }

    @Test("a removed file gives its space back when the last opening closes")
    func openSpace() throws {
        disk.capacity = ByteCount(2 * 4096)
        let file = try OpenFile("/a", .createNew, in: disk)
        try file.write([UInt8](repeating: 7, count: 5000).rawSpan, at: .zero)
        try disk.removeFile("/a")
        #expect(try disk.freeSpace(at: "/") == .zero)
        try file.close()
        #expect(try disk.freeSpace(at: "/") == ByteCount(2 * 4096))
    }

    @Test("reserved space is there for later writes, and a resize gives back the rest")
    func reserved() throws {
        disk.capacity = ByteCount(4 * 4096)
        let file = try OpenFile("/a", .createNew, in: disk)
        #expect(throws: FileError(.reserve, "/a", .noSpace)) { try file.reserve(.kib(20)) }
        try file.reserve(.kib(16))
        #expect(error { () throws(FileError) in try disk.put("/b", "x") } == .noSpace)
        try file.write([UInt8](repeating: 1, count: 16384).rawSpan, at: .zero)
        try file.resize(to: ByteCount(1))
        #expect(try disk.freeSpace(at: "/") == ByteCount(3 * 4096))
    }
}
