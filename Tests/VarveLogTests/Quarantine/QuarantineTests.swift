import Testing
import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("quarantine")
struct QuarantineTests {
    private func fence(
        _ positions: Range<Int>, _ offsets: Range<Int64>, segment: Int64 = 0, found: Int64 = 5,
        reason: String = "bad"
    ) -> FencedRange {
        FencedRange(
            segment: Offset(segment),
            positions: FilePosition(positions.lowerBound)..<FilePosition(positions.upperBound),
            offsets: Offset(offsets.lowerBound)..<Offset(offsets.upperBound), reason: reason,
            found: Timestamp(milliseconds: found))
    }

    /// Whether the range is new.
    private func insert(_ range: FencedRange, _ quarantine: inout Quarantine) -> Bool {
        quarantine.insert(range)
    }

    private let golden =
        "0\n2\n0 71 142 1 2 1769884200000 "
        + "The checksum of the batch is 1, but 2 is stored with it.\n"
        + "42 500 500 90 95 0 records are missing\ncrc32c 2102701683\n"

    private var goldenValue: Quarantine {
        var quarantine = Quarantine()
        quarantine.insert(
            fence(500..<500, 90..<95, segment: 42, found: 0, reason: "records are missing"))
        quarantine.insert(
            fence(
                71..<142, 1..<2, found: 1_769_884_200_000,
                reason: "The checksum of the batch is 1, but 2 is stored with it."))
        return quarantine
    }

    // MARK: The file

    @Test("every malformation is a defect with its line, and no cut or flipped file is taken")
    func malformed() throws {
        let whole = Array(golden.utf8)
        for size in 0..<whole.count - 1 {
            #expect(throws: CheckpointDefect.self, "size \(size)") {
                try Quarantine(parsing: Array(whole.prefix(size)))
            }
        }
        for bit in 0..<whole.count * 8 - 8 {
            var flipped = whole
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: CheckpointDefect.self, "bit \(bit)") {
                try Quarantine(parsing: flipped)
            }
        }
        for (text, line) in [
            ("", 1), ("1\n", 1), ("0\n", 2), ("0\nx\n", 2), ("0\n1\n1 2 3\n", 3),
            ("0\n1\n0 9 1 0 0 0 x\n", 3), ("0\n1\n-1 0 1 0 0 0 x\n", 3), ("0\n0\n", 3),
            ("0\n0\ncrc32c 0\n", 3),
        ] {
            let defect = #expect(throws: CheckpointDefect.self) {
                try Quarantine(parsing: Array(text.utf8))
            }
            #expect(defect?.line == line, "\(text)")
        }
    }

    @Test("the file is as its page says, byte for byte")
    func goldenBytes() throws {
        #expect(String(decoding: goldenValue.printed(), as: UTF8.self) == golden)
        #expect(try Quarantine(parsing: Array(golden.utf8)) == goldenValue)
        #expect(Fixture.example(in: "quarantine.md") + [10] == Array(golden.utf8))
    }

    @Test("ranges that overlap become one, found when the first was")
    func merges() {
        var quarantine = Quarantine()
        #expect(insert(fence(100..<200, 10..<20, found: 7), &quarantine) == true)
        #expect(insert(fence(100..<200, 10..<20, found: 9), &quarantine) == false)
        #expect(insert(fence(120..<150, 12..<15, found: 9), &quarantine) == false)
        #expect(insert(fence(150..<250, 15..<25, found: 9), &quarantine) == true)
        #expect(quarantine.ranges == [fence(100..<250, 10..<25, found: 7)])
        #expect(insert(fence(300..<300, 30..<35), &quarantine) == true)
        #expect(insert(fence(0..<10, 10..<25, segment: 40), &quarantine) == true)
        #expect(quarantine.ranges.count == 3)
        #expect(quarantine.range(holding: Offset(34))?.positions.isEmpty == true)
        #expect(quarantine.range(holding: Offset(35)) == nil)
        let long = FencedRange(
            segment: .zero, positions: FilePosition(0)..<FilePosition(1),
            offsets: Offset(0)..<Offset(1), reason: String(repeating: "é\n", count: 500),
            found: .none)
        #expect(long.reason.utf8.count <= 256 && !long.reason.contains("\n"))
    }

    // MARK: In a log

    private func flip(_ disk: SimulatedDisk, byte: Int) {
        disk.flipBit(LogOnDisk.file(0), byte * 8)
    }

    @Test("a read that meets damage fences it; the fence outlives restarts and tells the same")
    func readsFence() throws {
        let home = try LogOnDisk()
        try home.append(0..<20)
        let damaged = try home.closed { flip($0, byte: 500) }
        #expect(damaged.log.quarantine.isEmpty)
        let range = try #require(Damage.corruptRange { try damaged.values() })
        let fences = damaged.log.quarantine.ranges
        #expect(fences.map(\.offsets) == [range.offsets])
        #expect(fences.map { $0.path(in: LogOnDisk.folder) } == [range.path])
        #expect(Damage.corruptRange { try damaged.values() } == range)
        // Appends go on, and everything else is served.
        try damaged.append(20..<21)
        #expect(try damaged.values(from: range.offsets.upperBound.rawValue).count > 30)
        let again = try damaged.closed()
        #expect(again.log.quarantine.ranges == fences)
        #expect(Damage.corruptRange { try again.values() } == range)
        let other = try ReadOnlyLog(
            LogFixture.name, in: LogOnDisk.path, fileSystem: again.disk)
        #expect(other.reader.quarantine.ranges == fences)
    }

    @Test("a fence does not outlive its damage: the bytes are sound again, or gone")
    func lifts() throws {
        let home = try LogOnDisk()
        try home.append(0..<60)
        let damaged = try home.closed { flip($0, byte: 500) }
        _ = Damage.corruptRange { try damaged.values() }
        #expect(damaged.log.quarantine.ranges.count == 1)
        let mended = try damaged.closed { flip($0, byte: 500) }
        #expect(mended.log.quarantine.isEmpty)
        #expect(mended.disk.contents(LogOnDisk.folder + "/varve.quarantine") == nil)
        #expect(try mended.values() == LogOnDisk.values(0..<60))

        let again = try mended.closed { flip($0, byte: 500) }
        _ = Damage.corruptRange { try again.values() }
        try again.log.deleteRecords(before: Offset(50))
        #expect(again.log.quarantine.isEmpty)
        let cut = try mended.closed { flip($0, byte: 500) }
        _ = Damage.corruptRange { try cut.values() }
        try cut.log.truncate(to: .zero)
        #expect(cut.log.quarantine.isEmpty)
        try cut.append(0..<30)
        #expect(try cut.values() == LogOnDisk.values(0..<30))
    }

    @Test("records that are missing below the flushed end are refused by name, not passed over")
    func missing() throws {
        let home = try LogOnDisk()
        try home.append(0..<5)
        let size = try #require(home.disk.contents(LogOnDisk.file(0))).count / 5
        let cut = try home.killed { $0.truncateFile(LogOnDisk.file(0), to: ByteCount(size * 3)) }
        #expect(cut.log.quarantine.ranges.map(\.offsets) == [Offset(6)..<Offset(10)])
        try cut.append(5..<6)
        let range = Damage.corruptRange { try cut.values(from: 7) }
        #expect(range?.offsets == Offset(6)..<Offset(10))
        #expect(try cut.values(from: 10) == LogOnDisk.values(5..<6))
        let again = try cut.closed()
        #expect(again.log.quarantine.ranges == cut.log.quarantine.ranges)
    }

    @Test("a quarantine that cannot be read or stored keeps no log from opening or closing")
    func failures() throws {
        let home = try LogOnDisk()
        try home.append(0..<20)
        let path = LogOnDisk.folder + "/varve.quarantine"
        let odd = try home.closed { $0.setContents(path, Array("rubbish".utf8)) }
        #expect(odd.log.quarantine.isEmpty)
        #expect(odd.disk.contents(path) == nil)
        let damaged = try odd.closed { flip($0, byte: 500) }
        _ = Damage.corruptRange { try damaged.values() }
        damaged.disk.failNext(.rename, with: .noSpace)
        #expect(logError { try damaged.log.storeQuarantine() } != nil)
        try damaged.log.storeQuarantine()
        #expect(damaged.disk.contents(path) != nil)
    }
}
