import Testing
import VarveBytes
import VarveTerms

@testable import VarveLog

@Suite("PublishedEnds")
struct PublishedEndsTests {
    private let sample = PublishedEnds(
        sequence: 22, bootID: UniqueID(high: 7, low: 9), segmentBase: Offset(100),
        flushedSize: 1_280, writtenSize: 1_408,
        ends: LogEnds(start: Offset(10), flushed: Offset(120), written: Offset(123)),
        isPoisoned: false)

    private func printed(_ ends: PublishedEnds) -> [UInt8] {
        var buffer = ByteBuffer()
        ends.print(into: &buffer)
        return buffer.bytes.array()
    }

    /// The slot with `bytes` at `position` and a good checksum again.
    private func changed(_ position: Int, _ bytes: [UInt8]) -> [UInt8] {
        var slot = printed(sample)
        slot.replaceSubrange(position..<position + bytes.count, with: bytes)
        var crc = ByteBuffer()
        crc.append(CRC32C.checksum(slot.rawSpan.extracting(0..<80)))
        return Array(slot[..<80]) + crc.bytes.array()
    }

    private func decoded(_ slot: [UInt8]) -> PublishedEnds? { PublishedEnds(slot: slot.rawSpan) }

    /// A file of two slots; nil leaves zeros.
    private func file(_ first: PublishedEnds?, _ second: PublishedEnds?) -> [UInt8] {
        var file = [UInt8](repeating: 0, count: PublishedEnds.Layout.fileSize)
        for (start, ends) in zip(PublishedEnds.Layout.slotStarts, [first, second]) {
            if let ends {
                file.replaceSubrange(start..<start + 84, with: printed(ends))
            }
        }
        return file
    }

    @Test("no flipped bit of a slot passes its checksum")
    func everyFlippedBit() {
        for bit in 0..<84 * 8 {
            var slot = printed(sample)
            slot[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(decoded(slot) == nil, "bit \(bit)")
        }
    }

    @Test("a slot that is cut anywhere does not count")
    func everyCut() {
        for size in 0..<84 { #expect(decoded(Array(printed(sample)[..<size])) == nil) }
    }

    @Test("numbers out of order do not count, whatever the checksum says")
    func unlawfulNumbers() {
        let negative: [UInt8] = [255, 255, 255, 255, 255, 255, 255, 255]
        for position in stride(from: 32, to: 80, by: 8) {
            #expect(decoded(changed(position, negative)) == nil, "field at \(position)")
        }
        let large: [UInt8] = [0, 0, 0, 0, 0, 1, 0, 0]
        #expect(decoded(changed(40, large)) == nil)
        #expect(decoded(changed(56, large)) == nil)
        #expect(decoded(changed(64, large)) == nil)
        #expect(decoded(changed(4, [0, 2])) == nil)
        #expect(decoded(changed(0, [0x57])) == nil)
        #expect(decoded(changed(8, large)) != nil)
    }

    @Test("the largest numbers are lawful")
    func largest() {
        let most: [UInt8] = [127, 255, 255, 255, 255, 255, 255, 255]
        #expect(decoded(changed(72, most))?.ends.written.rawValue == .max)
        #expect(decoded(changed(48, most))?.writtenSize == .max)
        #expect(decoded(changed(32, most))?.segmentBase.rawValue == .max)
    }

    @Test("of two slots the one with the greater sequence counts, and a torn one does not")
    func newerSlot() {
        var newer = sample
        newer.sequence = 23
        #expect(PublishedEnds(file: file(sample, newer).rawSpan) == newer)
        #expect(PublishedEnds(file: file(newer, sample).rawSpan) == newer)
        #expect(PublishedEnds(file: file(sample, nil).rawSpan) == sample)
        var torn = file(sample, newer)
        torn[4096 + 40] ^= 1
        #expect(PublishedEnds(file: torn.rawSpan) == sample)
        #expect(PublishedEnds(file: file(nil, nil).rawSpan) == nil)
    }

    @Test("a file that ends early has the slots that it holds")
    func shortFile() {
        let whole = file(sample, nil)
        #expect(PublishedEnds(file: RawSpan()) == nil)
        #expect(PublishedEnds(file: whole.rawSpan.extracting(0..<83)) == nil)
        #expect(PublishedEnds(file: whole.rawSpan.extracting(0..<84)) == sample)
        #expect(PublishedEnds(file: whole.rawSpan.extracting(0..<4_100)) == sample)
    }

    @Test("any state but 0 stands for a failed flush")
    func poisoned() {
        var poisoned = sample
        poisoned.isPoisoned = true
        #expect(decoded(printed(poisoned)) == poisoned)
        #expect(decoded(changed(6, [0x40, 0]))?.isPoisoned == true)
    }

    @Test("the example of the page is the sample, byte for byte")
    func pageExample() {
        let bytes = exampleBytes(in: "ends.md")
        #expect(decoded(bytes) == sample)
        #expect(bytes == printed(sample))
    }

    @Test("the fields stand where the page says")
    func pageFields() {
        typealias Layout = PublishedEnds.Layout
        let fields = [
            Layout.magic, Layout.version, Layout.state, Layout.sequence, Layout.bootID,
            Layout.segmentBase, Layout.flushedSize, Layout.writtenSize, Layout.startOffset,
            Layout.flushedEnd, Layout.writtenEnd, Layout.crc,
        ]
        let rows = Fixture.table(in: "ends.md", headed: "position")
        #expect(rows.count == fields.count)
        for (row, field) in zip(rows, fields) {
            #expect(Array(row.prefix(2)) == ["\(field.start)", "\(field.end - field.start)"])
        }
        #expect(Layout.slotSize == 84 && Layout.slotStarts == [0, 4_096])
    }
}
