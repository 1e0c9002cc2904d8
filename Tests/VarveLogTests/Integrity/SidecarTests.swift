import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite("Sidecar")
struct SidecarTests {
    private static let path = "/s/00000000000000000000.varve"
    private static let identity = SegmentIdentity(
        log: LogIdentity(
            topicID: UniqueID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10),
            partition: 0),
        baseOffset: .zero)

    private func writer(_ disk: SimulatedDisk, at path: String = path) -> SidecarWriter {
        disk.plantDirectory("/s")
        let origin = SidecarOrigin(
            Self.identity, .written, since: Timestamp(milliseconds: 1_000))
        return SidecarWriter(
            path, going: SidecarResumption(origin, mustCut: false), shared: nil, in: disk)
    }

    /// The first bytes of a batch, all that a sidecar looks at, and zeros up to its size.
    private func front(_ base: Int64, length: Int32, epoch: Int32 = 3, crc: UInt32) -> [UInt8] {
        var bytes = ByteBuffer()
        bytes.append(base)
        bytes.append(length)
        bytes.append(epoch)
        bytes.append(Int8(2))
        bytes.append(crc)
        bytes.appendZeros(12 + Int(length) - bytes.count)
        return bytes.bytes.array()
    }

    /// Batches of 61 bytes each, without records.
    private func fronts(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { front(Int64($0), length: 49, crc: UInt32($0)) }
    }

    private func check(
        _ disk: SimulatedDisk, entryCount: Int, lastPosition: Int
    ) -> SidecarCheck {
        let size = disk.contents(Self.path)?.count ?? 0
        return SidecarCheck(
            SidecarSource(path: Self.path, fileSystem: disk),
            coverage: SidecarCoverage(
                start: 0, entryCount: entryCount, lastPosition: lastPosition),
            seed: Self.identity.seed, isForeign: false,
            blockCount: size / SidecarLayout.blockSize)
    }

    @Test("the example of the page is what a writer makes of its two batches")
    func pageExample() {
        let disk = SimulatedDisk()
        var writer = writer(disk)
        let first = front(0, length: 68, crc: 0x1111_1111)
        let second = front(1, length: 78, crc: 0x2222_2222)
        writer.note((first + second).rawSpan, at: 0)
        writer.flush()
        let expected = exampleBytes(in: "integrity.md")
        #expect(disk.contents(Self.path)?.prefix(expected.count) == expected[...])
        #expect(disk.contents(Self.path)?.dropFirst(expected.count).allSatisfy { $0 == 0 } == true)
    }

    @Test("places of entries: 500 in the first block, 508 in others")
    func places() {
        #expect(SidecarLayout.place(ofSlot: 0) == 96)
        #expect(SidecarLayout.place(ofSlot: 499) == 4_088)
        #expect(SidecarLayout.place(ofSlot: 500) == 4_096 + 32)
        #expect(SidecarLayout.place(ofSlot: 1_007) == 8_184)
        #expect(SidecarLayout.place(ofSlot: 1_008) == 8_192 + 32)
        let counts = [0, 1, 500, 501, 1_008, 1_009]
        #expect(counts.map { SidecarLayout.blockCount(ofEntries: $0) } == [1, 1, 1, 2, 2, 3])
    }

    @Test("every batch of many blocks is found, in any order, and each flip of its front is not it")
    func manyBlocks() throws {
        let disk = SimulatedDisk()
        var writer = writer(disk)
        let count = 5_000
        let bytes = fronts(count)
        writer.note(bytes.rawSpan, at: 0)
        let seal = try writer.seal(logSize: bytes.count, offsetIndex: nil, timeIndex: nil)
        #expect(seal.entryCount == count)
        var check = check(disk, entryCount: count, lastPosition: (count - 1) * 61)
        for slot in Array(0..<count) + stride(from: count - 1, to: 0, by: -37) {
            let front = Array(bytes[slot * 61..<slot * 61 + 21])
            #expect(check.verdict(on: front.rawSpan, position: slot * 61) == .sound)
        }
        for bit in 0..<21 * 8 {
            var front = Array(bytes[61_000..<61_021])
            front[bit / 8] ^= 1 << (bit % 8)
            guard case .damaged(.otherBatch) = check.verdict(on: front.rawSpan, position: 61_000)
            else {
                Issue.record("bit \(bit) passed")
                return
            }
        }
        let front = Array(bytes[61..<82])
        #expect(check.verdict(on: front.rawSpan, position: 62) == .damaged(.noBatchRecorded))
        #expect(check.verdict(on: front.rawSpan, position: 122) != .sound)
        #expect(check.verdict(on: front.rawSpan, position: count * 61) == .notCovered)
    }

    @Test("a damaged block makes blind for its batches, and for no others")
    func damagedBlock() throws {
        let disk = SimulatedDisk()
        var writer = writer(disk)
        let bytes = fronts(1_600)
        writer.note(bytes.rawSpan, at: 0)
        try writer.seal(logSize: bytes.count, offsetIndex: nil, timeIndex: nil)
        disk.flipBit(Self.path, (4_096 + 2_000) * 8)
        var check = check(disk, entryCount: 1_600, lastPosition: 1_599 * 61)
        let wrong = front(7, length: 49, crc: 9)
        #expect(check.verdict(on: wrong.rawSpan, position: 600 * 61) == .blind)
        for slot in [100, 1_100] {
            guard case .damaged = check.verdict(on: wrong.rawSpan, position: slot * 61) else {
                Issue.record("\(slot) passed")
                return
            }
        }
    }

    @Test("a stale version of a block is whole, and not linked")
    func staleBlock() throws {
        let disk = SimulatedDisk()
        var writer = writer(disk)
        let bytes = fronts(1_100)
        writer.note(bytes.rawSpan.extracting(0..<700 * 61), at: 0)
        writer.flush()
        let older = try #require(disk.contents(Self.path))
        writer.note(bytes.rawSpan.extracting(700 * 61..<1_100 * 61), at: 700 * 61)
        try writer.seal(logSize: bytes.count, offsetIndex: nil, timeIndex: nil)
        var stale = try #require(disk.contents(Self.path))
        stale.replaceSubrange(4_096..<8_192, with: older[4_096..<8_192])
        disk.setContents(Self.path, stale)
        var window = SidecarWindow(SidecarSource(path: Self.path, fileSystem: disk))
        let survey = SidecarSurvey(&window, blockCount: 4, seed: Self.identity.seed)
        #expect(survey.unsound(seed: Self.identity.seed).contains(1))
        #expect(survey.prefix(seed: Self.identity.seed).entryCount == 700)
        var check = check(disk, entryCount: 1_100, lastPosition: 1_099 * 61)
        let front = Array(bytes[800 * 61..<800 * 61 + 21])
        #expect(check.verdict(on: front.rawSpan, position: 800 * 61) == .blind)
    }

    @Test("any flipped bit of a block is noticed by the block itself")
    func everyFlip() throws {
        let disk = SimulatedDisk()
        var writer = writer(disk)
        writer.note(fronts(3).rawSpan, at: 0)
        try writer.seal(logSize: 183, offsetIndex: FileSeal(size: 8, crc: 1), timeIndex: nil)
        let bytes = try #require(disk.contents(Self.path))
        #expect(SidecarBlock(bytes.rawSpan.extracting(0..<4_096), number: 0)?.count == 3)
        #expect(SidecarSeal(bytes.rawSpan.extracting(4_096..<8_192), number: 1)?.logSize == 183)
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            let number = bit / 8 / 4_096
            let block = flipped.rawSpan.extracting(number * 4_096..<(number + 1) * 4_096)
            if SidecarBlock(block, number: number) != nil {
                Issue.record("bit \(bit) passed")
                return
            }
        }
    }

    @Test("entries that cannot be written end the coverage, and nothing else fails")
    func failingWrites() {
        let disk = SimulatedDisk()
        var writer = writer(disk)
        disk.fail(ordinal: 0, of: [.open], with: .tooManyFiles, mode: .forGood)
        for piece in 0..<40 {
            writer.note(fronts(2_000).rawSpan, at: piece * 2_000 * 61)
        }
        let isBroken = writer.isBroken
        #expect(isBroken)
        disk.clearFaults()
        writer.flush()
        #expect(disk.contents(Self.path) == nil)
    }
}
