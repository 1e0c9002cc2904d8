import Testing
import VarveSim
import VarveSystem
import VarveTerms

@Suite("SimulatedDisk: damage")
struct SimulatedDiskDamageTests {
    let disk = SimulatedDisk()

    @Test("damage hits what is seen and what is durable, and is no operation")
    func bothStates() throws {
        disk.setContents("/d/a", [0, 0, 0])
        #expect(disk.operationCount == 0)
        #expect(disk.crash(keeping: .none).contents("/d/a") == [0, 0, 0])
        disk.flipBit("/d/a", 9)
        disk.overwrite("/d/a", [7, 7], at: FilePosition(2))
        for life in [disk, disk.crash(keeping: .none), disk.processDeath()] {
            #expect(life.contents("/d/a") == [0, 2, 7, 7])
        }
        disk.truncateFile("/d/a", to: ByteCount(1))
        #expect(disk.crash(keeping: .none).contents("/d/a") == [0])
        #expect(disk.pendingAtoms.isEmpty)
        #expect(disk.contents("/no") == nil)
    }

    @Test("a flipped bit of bytes that were never flushed does not make them durable")
    func unflushed() throws {
        disk.setContents("/a", [])
        try disk.put("/a", "b")
        disk.flipBit("/a", 0)
        #expect(disk.text("/a") == "c")
        #expect(disk.crash(keeping: .none).text("/a") == "")
        #expect(disk.pendingAtoms.map(\.ordinal) == [-1, -1])
    }

    @Test("a trace that goes on after damage replays with it")
    func replay() throws {
        try disk.putDurably("/a", "abc")
        disk.flipBit("/a", 0)
        try disk.put("/b", "x")
        #expect(SimulatedDisk(replaying: disk.trace).summary == "/a=`bc /b=x")
        disk.plantDirectory("/p/q")
        #expect(try disk.crash(keeping: .none).status(at: "/p/q")?.kind == .directory)
    }
}
