import Testing
import VarveBytes
import VarveSim
import VarveTerms

@testable import VarveLog

@Suite("EndsFile")
struct EndsFileTests {
    private func ends(_ written: Int64) -> PublishedEnds {
        PublishedEnds(
            sequence: 0, bootID: UniqueID(high: 7, low: 9), segmentBase: .zero,
            flushedSize: written * 100, writtenSize: written * 100,
            ends: LogEnds(start: .zero, flushed: Offset(written), written: Offset(written)),
            isPoisoned: false)
    }

    /// The sequences that the slots of the file hold, in the order of the slots.
    private func sequences(_ disk: SimulatedDisk) -> [UInt64?] {
        let content = disk.contents("/l/" + EndsFile.fileName) ?? []
        return PublishedEnds.Layout.slotStarts.map { start in
            guard content.count >= start + PublishedEnds.Layout.slotSize else { return nil }
            return PublishedEnds(slot: Array(content[start...]).rawSpan)?.sequence
        }
    }

    @Test("slots are written in turn, so that one is whole whatever becomes of the other")
    func turns() throws {
        let disk = SimulatedDisk()
        disk.plantDirectory("/l")
        var file = EndsFile(folder: "/l", last: nil, in: disk)
        for written in 1...6 {
            try file.publish(ends(Int64(written)))
            let found = sequences(disk).compactMap { $0 }
            #expect(Set(found) == [UInt64(written), UInt64(written) + 1])
            #expect(
                try EndsFile.load(folder: "/l", in: disk)?.ends.written == Offset(Int64(written)))
        }
    }

    @Test("the first publishing waits for the disk: a power cut leaves the file and what it says")
    func firstIsDurable() throws {
        let disk = SimulatedDisk()
        disk.plantDirectory("/l")
        var file = EndsFile(folder: "/l", last: nil, in: disk)
        try file.publish(ends(1))
        let after = disk.crash(keeping: .none)
        #expect(try EndsFile.load(folder: "/l", in: after)?.ends.written == Offset(1))
    }

    @Test("a slot that is torn anywhere leaves what the one before said")
    func torn() throws {
        let disk = SimulatedDisk()
        disk.plantDirectory("/l")
        var file = EndsFile(folder: "/l", last: nil, in: disk)
        for written in 1...3 { try file.publishDurably(ends(Int64(written))) }
        try file.publish(ends(4))
        for size in 1..<PublishedEnds.Layout.slotSize {
            let after = disk.crash(keeping: .all, tearing: .prefix(size))
            let found = try EndsFile.load(folder: "/l", in: after)
            #expect(found?.ends.written == Offset(3), "\(size) bytes of the slot")
        }
    }

    @Test("a power cut during a durable publishing leaves the ends before it or the new ones")
    func durableIsOneStep() throws {
        let disk = SimulatedDisk()
        disk.plantDirectory("/l")
        var file = EndsFile(folder: "/l", last: nil, in: disk)
        for written in 1...2 { try file.publish(ends(Int64(written))) }
        let before = disk.operationCount
        try file.publishDurably(ends(3))
        for moment in before...disk.operationCount {
            let disk = SimulatedDisk(replaying: disk.trace, through: moment)
            for mask in 0..<UInt64(1) << UInt64(disk.pendingAtoms.count) {
                for tear in [nil] + (0..<PublishedEnds.Layout.slotSize).map(Tear.prefix) {
                    let after = disk.crash(keeping: .mask(mask), tearing: tear)
                    let found = try EndsFile.load(folder: "/l", in: after)
                    #expect(found != nil, "after \(moment), keeping \(mask), \(tear as Any)")
                }
            }
        }
        let after = try EndsFile.load(folder: "/l", in: disk.crash(keeping: .none))
        #expect(after?.ends.written == Offset(3))
    }
}
