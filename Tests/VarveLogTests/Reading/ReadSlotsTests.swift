import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite struct ReadSlotsTests {
    /// A log with three sealed segments and an active one, each of which one reader keeps.
    private func read() throws -> LogOnDisk {
        let home = try LogOnDisk()
        for number in 0..<4 {
            try home.append(number * 10..<number * 10 + 10)
            if number < 3 { try home.log.roll() }
            for offset in [0, 0, 1] {
                _ = try home.log.reader.read(
                    from: Offset(Int64(number * 20 + offset)), sizeMax: ByteCount(1))
            }
        }
        return home
    }

    // MARK: What is let go of

    @Test("what readers keep does not keep a log from being cut")
    func cut() throws {
        let home = try read()
        let segments = home.log.segments
        #expect(segments.map(\.isPinned) == [true, true, true, true])
        #expect(try home.log.truncate(to: Offset(30)) == Offset(30))
        try home.append(100..<110)
        #expect(
            try home.values(from: 20)
                == LogOnDisk.values(10..<15) + LogOnDisk.values(100..<110))
    }

    @Test("a batch that a read handed out keeps a log from being cut, a read that ended does not")
    func pinned() throws {
        let home = try read()
        var outcome: ReadOutcome? = try home.log.reader.read(from: Offset(50))
        #expect(
            logError { try home.log.truncate(to: Offset(44)) } == .pinned(path: LogOnDisk.folder))
        guard case .batches = outcome else {
            Issue.record("no batches")
            return
        }
        outcome = nil
        #expect(try home.log.truncate(to: Offset(44)) == Offset(44))
    }

    @Test("a segment that is deleted is held by no reader")
    func deleted() throws {
        let home = try read()
        let gone = home.log.segments[0]
        #expect(gone.isPinned)
        try home.log.deleteRecords(before: Offset(25))
        #expect(!gone.isPinned)
        let outcome = try home.log.reader.read(from: Offset(4), sizeMax: ByteCount(1))
        guard case .outOfRange(let valid) = outcome else {
            Issue.record("a deleted record was read")
            return
        }
        #expect(valid == Offset(25)..<Offset(80))
    }

    @Test("a batch that was damaged since it was read is not served again")
    func damaged() throws {
        let home = try read()
        let size = try #require(home.disk.contents(LogOnDisk.file(20))).count
        home.disk.flipBit(LogOnDisk.file(20), (size - 5) * 8)
        let error = logError {
            try home.log.reader.read(from: Offset(38), sizeMax: ByteCount(1))
        }
        guard case .corrupt(let range) = error else {
            Issue.record("damaged bytes were served")
            return
        }
        #expect(range.offsets == Offset(38)..<Offset(40))
    }

    // MARK: Slots

    /// Whether a slot was had, and how many segments it kept.
    private func kept(_ home: LogOnDisk) -> Int? {
        home.log.reader.published.slots.withLeases { $0.count }
    }

    @Test("each read gets a slot, those that come meanwhile others, and beyond all slots none")
    func crowd() throws {
        let slots = ReadSlots()
        #expect(slots.withLeases { _ in true } == true)
        #expect(depth(in: slots) == 33)
        #expect(slots.withLeases { _ in true } == true)
    }

    /// How many slots are had one inside the other.
    private func depth(in slots: borrowing ReadSlots, from depth: Int = 0) -> Int {
        guard depth < 100 else { return depth }
        return slots.withLeases { _ in self.depth(in: slots, from: depth + 1) } ?? depth
    }

    @Test("slots that are cleared have nothing, also one that was taken meanwhile")
    func clears() throws {
        let home = try read()
        #expect(kept(home) == 4)
        let slots = home.log.reader.published
        slots.slots.withLeases { leases in
            #expect(leases.count == 4)
            slots.slots.clear()
            #expect(leases.count == 4)
            return ()
        }
        #expect(home.log.segments.map(\.isPinned) == [false, false, false, false])
        #expect(kept(home) == 0)
    }

    @Test("nothing is kept while a cut goes on, and afterwards it is")
    func closed() throws {
        let home = try read()
        let published = home.log.reader.published
        let inside = try published.slots.withoutLeases { () throws(LogError) in
            for offset: Int64 in 50..<54 {
                _ = try home.log.reader.read(from: Offset(offset), sizeMax: ByteCount(1))
            }
            return home.log.segments.map(\.isPinned)
        }
        #expect(inside == [false, false, false, false])
        #expect(published.slots.withLeases { _ in true } == true)
    }

    @Test("one reader holds no more segments than it may, and reads all of them")
    func countMax() throws {
        let home = try read()
        let published = home.log.reader.published
        var leases = SegmentLeases(countMax: 2)
        for offset: Int64 in [0, 0, 20, 20, 40, 40, 0, 0, 60, 60] {
            let batches = leases.read(
                published, from: Offset(offset), sizeMax: 1, through: .flushed)
            if let batches { #expect(batches.offsets.contains(Offset(offset))) }
            #expect(leases.count <= 2)
        }
        #expect(leases.count == 2)
        let again = leases.read(published, from: Offset(61), sizeMax: 1, through: .flushed)
        #expect(again?.offsets == Offset(60)..<Offset(62))
    }
}
