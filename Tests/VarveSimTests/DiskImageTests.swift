import Testing
import VarveSim
import VarveSystem
import VarveTerms

@Suite("DiskImage: what survives a power cut")
struct DiskImageTests {
    let disk = SimulatedDisk()

    @Test("bytes that were never flushed are lost when not kept")
    func unflushedBytes() throws {
        try disk.putDurably("/a", "old")
        try disk.put("/a", "new!")
        #expect(disk.text("/a") == "new!")
        #expect(disk.crash(keeping: .none).text("/a") == "old")
        #expect(disk.crash(keeping: .all).text("/a") == "new!")
    }

    @Test("a flushed file whose name was not flushed is lost")
    func unflushedName() throws {
        try disk.put("/a", "x")
        try disk.flushFile("/a")
        #expect(disk.pendingAtoms.count == 1)
        #expect(disk.crash(keeping: .none).paths == [])
        #expect(disk.crash(keeping: .all).summary == "/a=x")
        try disk.flushDirectory("/")
        #expect(disk.crash(keeping: .none).summary == "/a=x")
    }

    @Test("a flushed name without flushed bytes is an empty file")
    func nameWithoutBytes() throws {
        try disk.put("/a", "x")
        try disk.flushDirectory("/")
        #expect(disk.crash(keeping: .none).summary == "/a=")
    }

    @Test("growth without bytes shows zeros, bytes without growth are lost")
    func growthAndBytes() throws {
        try disk.putDurably("/a", "ab")
        try disk.put("/a", "cd", at: 2)
        #expect(
            disk.pendingAtoms.map(\.description) == [
                "#4 growth to 4 of /a", "#4 2 bytes at 2 of /a",
            ])
        #expect(disk.crash(keeping: .mask(0b01)).text("/a") == "ab..")
        #expect(disk.crash(keeping: .mask(0b10)).text("/a") == "ab")
        #expect(disk.crash(keeping: .mask(0b11)).text("/a") == "abcd")
    }

    @Test("bytes whose own growth is lost are seen under a later growth")
    func laterGrowth() throws {
        try disk.putDurably("/a", "")
        try disk.put("/a", "ab")
        try disk.put("/a", "cd", at: 2)
        #expect(disk.crash(keeping: .omitting([0])).text("/a") == "abcd")
        #expect(disk.crash(keeping: .omitting([1])).text("/a") == "..cd")
        #expect(disk.crash(keeping: .omitting([2])).text("/a") == "ab")
    }

    @Test("a write over durable bytes survives apart from earlier ones")
    func overwrites() throws {
        try disk.putDurably("/a", "----")
        try disk.put("/a", "1111")
        try disk.put("/a", "22", at: 1)
        #expect(disk.summariesAfterCut == ["/a=----", "/a=1111", "/a=-22-", "/a=1221"])
    }

    @Test("a truncation survives or not, apart from what was written after it")
    func truncation() throws {
        try disk.putDurably("/a", "abcd")
        try disk.resizeFile("/a", to: 1)
        try disk.put("/a", "X", at: 2)
        #expect(disk.text("/a") == "a.X")
        #expect(
            disk.summariesAfterCut
                == ["/a=abcd", "/a=a", "/a=abXd", "/a=a..", "/a=a.X"])
        try disk.flushFile("/a")
        #expect(disk.crash(keeping: .none).text("/a") == "a.X")
    }

    @Test("a file cut and extended shows zeros, never bytes from before")
    func cutAndExtended() throws {
        try disk.putDurably("/a", "secret")
        try disk.resizeFile("/a", to: 2)
        try disk.resizeFile("/a", to: 5)
        #expect(disk.text("/a") == "se...")
        try disk.flushFile("/a")
        #expect(disk.crash(keeping: .none).text("/a") == "se...")
    }

    @Test("flushing one file leaves the others pending")
    func oneFileFlushed() throws {
        try disk.putDurably("/a", "a")
        try disk.putDurably("/b", "b")
        try disk.put("/a", "A")
        try disk.put("/b", "B")
        try disk.flushFile("/b")
        #expect(disk.crash(keeping: .none).summary == "/a=a /b=B")
    }

    @Test("a cut after a rename shows either the old name or the new one")
    func rename() throws {
        try disk.putDurably("/x", "old")
        try disk.putDurably("/x.tmp", "new")
        try disk.rename("/x.tmp", to: "/x")
        #expect(disk.summary == "/x=new")
        #expect(disk.pendingAtoms.count == 1)
        #expect(disk.summariesAfterCut == ["/x=old /x.tmp=new", "/x=new"])
        try disk.flushDirectory("/")
        #expect(disk.summariesAfterCut == ["/x=new"])
    }

    @Test("a rename before the flush of the bytes may leave an empty file under the new name")
    func renameWithoutFlush() throws {
        try disk.putDurably("/x", "old")
        try disk.put("/x.tmp", "new")
        try disk.rename("/x.tmp", to: "/x")
        #expect(
            disk.summariesAfterCut == [
                "/x=old", "/x=old /x.tmp=", "/x=old /x.tmp=new", "/x=old /x.tmp=...", "/x=",
                "/x=...", "/x=new",
            ])
    }

    @Test("changes of one name survive in order: no file ends up with two names or none")
    func renameChain() throws {
        try disk.putDurably("/1", "x")
        try disk.rename("/1", to: "/2")
        try disk.rename("/2", to: "/3")
        #expect(disk.summariesAfterCut == ["/1=x", "/2=x", "/3=x"])
    }

    @Test("a rename between directories is one atom, durable with either directory")
    func renameAcross() throws {
        try disk.makeDirectory("/from")
        try disk.makeDirectory("/to")
        try disk.flushDirectory("/")
        try disk.put("/from/x", "")
        try disk.rename("/from/x", to: "/to/x")
        #expect(disk.summariesAfterCut == ["", "/from/x=", "/to/x="])
        try disk.flushDirectory("/to")
        // The making of the old name went with it, and cannot bring that name back later.
        #expect(disk.summariesAfterCut == ["/to/x="])
        try disk.flushDirectory("/from")
        #expect(disk.summariesAfterCut == ["/to/x="])
    }

    @Test("a removal that was not flushed may be undone")
    func removal() throws {
        try disk.putDurably("/a", "x")
        try disk.removeFile("/a")
        #expect(disk.paths == [])
        #expect(disk.crash(keeping: .none).summary == "/a=x")
        try disk.flushDirectory("/")
        #expect(disk.crash(keeping: .none).paths == [])
    }

    @Test("a directory without a durable name takes everything in it along")
    func lostDirectory() throws {
        try disk.makeDirectory("/d")
        try disk.putDurably("/d/a", "x")
        #expect(disk.crash(keeping: .none).paths == [])
        try disk.flushDirectory("/")
        #expect(disk.crash(keeping: .none).summary == "/d/a=x")
    }

    @Test("a torn write keeps a prefix, with zeros or the end of the file after it")
    func tornWrite() throws {
        try disk.putDurably("/a", "ab")
        try disk.put("/a", "CDEF", at: 1)
        #expect(disk.crash(keeping: .all, tearing: .prefix(2)).text("/a") == "aCD..")
        #expect(disk.crash(keeping: .all, tearing: .shorter(2)).text("/a") == "aCD")
        #expect(disk.crash(keeping: .omitting([0]), tearing: .prefix(2)).text("/a") == "aC")
        #expect(disk.crash(keeping: .all, tearing: .prefix(0)).text("/a") == "ab...")
        #expect(disk.crash(keeping: .all, tearing: .prefix(9)).text("/a") == "aCDEF")
    }

    @Test("a tear hits the last write that was kept")
    func tearOfKept() throws {
        try disk.putDurably("/a", "------")
        try disk.put("/a", "11")
        try disk.put("/a", "22", at: 2)
        #expect(disk.crash(keeping: .all, tearing: .prefix(1)).text("/a") == "112---")
        #expect(disk.crash(keeping: .mask(0b01), tearing: .prefix(1)).text("/a") == "1-----")
    }

    @Test("a tear by sectors keeps any of the 512-byte blocks of the file")
    func tornSectors() throws {
        try disk.putDurably("/a", String(repeating: "-", count: 1536))
        try disk.put("/a", String(repeating: "x", count: 1024), at: 500)
        let torn = try #require(disk.crash(keeping: .all, tearing: .sectors(0b101)).text("/a"))
        // The write touches sectors 0 (its last 12 bytes), 1 and 2 (its first 500 bytes).
        let expected =
            String(repeating: "-", count: 500) + String(repeating: "x", count: 12)
            + String(repeating: "-", count: 512) + String(repeating: "x", count: 500)
            + String(repeating: "-", count: 12)
        #expect(torn == expected)
    }

    @Test("with sectors as atoms each sector of a write survives apart")
    func sectorAtoms() throws {
        let disk = SimulatedDisk(options: DiskOptions(writeGranularity: .sectors))
        try disk.putDurably("/a", String(repeating: "-", count: 1024))
        try disk.put("/a", "xyxy", at: 510)
        #expect(disk.pendingAtoms.count == 2)
        let middles = Set(
            (0..<UInt64(4)).map { mask in
                (disk.crash(keeping: .mask(mask)).text("/a") ?? "").dropFirst(508).prefix(8)
            })
        #expect(middles == ["--------", "--xy----", "----xy--", "--xyxy--"])
    }

    @Test("a killed process loses nothing, and nothing becomes durable by it")
    func processDeath() throws {
        try disk.put("/a", "x")
        let next = disk.processDeath()
        #expect(next.text("/a") == "x")
        #expect(next.pendingAtoms.count == 3)
        #expect(next.pendingAtoms.map(\.ordinal) == [-2, -1, -1])
        #expect(next.crash(keeping: .none).paths == [])
        try next.flushFile("/a")
        try next.flushDirectory("/")
        #expect(next.crash(keeping: .none).summary == "/a=x")
    }

    @Test("a reservation keeps the size and does not survive")
    func reservation() throws {
        try disk.putDurably("/a", "x")
        try OpenFile("/a", .readWrite, in: disk).reserve(.kib(64))
        #expect(disk.text("/a") == "x")
        #expect(disk.pendingAtoms.isEmpty)
    }

    @Test("the time of modification comes from the clock and survives with the bytes")
    func modified() throws {
        try disk.putDurably("/a", "x")
        let before = disk.clock.wallClock()
        disk.clock.advance(by: .seconds(5))
        try disk.put("/a", "y")
        #expect(try disk.status(at: "/a")?.modified.milliseconds(since: before) == 5000)
        #expect(try disk.crash(keeping: .none).status(at: "/a")?.modified == before)
        #expect(try disk.crash(keeping: .all).status(at: "/a")?.modified != before)
    }
}
