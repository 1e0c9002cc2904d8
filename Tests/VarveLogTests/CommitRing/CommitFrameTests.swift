import Testing
import VarveBytes
import VarveTerms

@testable import VarveLog

@Suite("CommitFrame")
struct CommitFrameTests {
    private let page = "commit-ring.md"
    private let life = UniqueID(high: 5, low: 6)
    private let entry = CommitEntry(
        folder: "clicks-7", topicID: UniqueID(high: 1, low: 2), segmentBase: Offset(100),
        position: 512, size: 4, endOffset: Offset(120))

    private func frame(_ entries: [CommitEntry]) -> [UInt8] {
        var builder = CommitFrameBuilder()
        builder.begin(life: life, sequence: 9)
        for entry in entries { builder.add(entry) }
        builder.endTable()
        for entry in entries {
            let isFilled = builder.fill { spare in
                for place in 0..<entry.size { spare.store(UInt8(0xA0 + place), at: place) }
                return true
            }
            #expect(isFilled)
        }
        builder.seal()
        return builder.buffer.bytes.array()
    }

    private func table(_ bytes: [UInt8]) -> CommitFrameTable? {
        CommitFrameTable(bytes.rawSpan, of: life)
    }

    @Test("no flipped bit of a table, and no cut, passes for a table")
    func malformed() throws {
        let bytes = frame([entry, entry])
        let claimed = CommitFrameTable.claimedSize(bytes.rawSpan, of: life)
        let size = try #require(claimed)
        for bit in 0..<size * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(table(flipped) == nil, "bit \(bit)")
        }
        for count in 0..<size { #expect(table(Array(bytes[..<count])) == nil, "\(count) bytes") }
    }

    @Test("a table of another ring is none")
    func foreign() {
        let bytes = frame([entry])
        let foreign = CommitFrameTable(bytes.rawSpan, of: UniqueID(high: 5, low: 7))
        #expect(foreign == nil)
    }

    @Test("a header is whole, or none, and names a place where a frame may stand")
    func headers() {
        var header = CommitRingHeader(life: life)
        for (position, isLawful) in [
            (0, false), (4096, false), (8192, true), (8193, false), (12_288, true),
        ] {
            header.position = position
            var printed = ByteBuffer()
            header.print(into: &printed)
            let read = CommitRingHeader(printed.bytes)
            #expect((read == header) == isLawful, "\(position)")
            for bit in 0..<printed.count * 8 {
                var flipped = printed.bytes.array()
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                let other = CommitRingHeader(flipped.rawSpan)
                #expect(other == nil, "bit \(bit)")
            }
        }
    }

    @Test("numbers that cannot be are refused, whatever the checksum says")
    func unlawful() {
        let row = CommitFrame.Layout.headerSize
        typealias Entry = CommitFrame.EntryLayout
        let wrong: [(Int, [UInt8])] = [
            (row + Entry.position.start, [0xFF]), (row + Entry.position.start + 3, [1]),
            (row + Entry.segmentBase.start, [0x80]), (row + Entry.endOffset.start, [0x80]),
            (row + Entry.size.start, [0x7F]), (row + Entry.nameSize.start, [0xFF]),
            (row + Entry.endOffset.start + 7, [99]),
            (CommitFrame.Layout.entryCount.start, [0xFF]),
            (CommitFrame.Layout.entryCount.start + 1, [2]),
            (CommitFrame.Layout.size.start, [1]),
        ]
        for (position, patch) in wrong {
            var bytes = frame([entry])
            bytes.replaceSubrange(position..<position + patch.count, with: patch)
            let end = row + Entry.headerSize + 8
            var crc = ByteBuffer()
            crc.append(CRC32C.checksum(bytes.rawSpan.extracting(0..<end)))
            bytes.replaceSubrange(end..<end + 4, with: crc.bytes.array())
            #expect(table(bytes) == nil, "byte \(position)")
        }
    }

    @Test("the page's header and frame are what is written, and read as they were meant")
    func golden() throws {
        var printed = ByteBuffer()
        var header = CommitRingHeader(life: life)
        (header.sequence, header.position) = (3, 12_288)
        header.print(into: &printed)
        let example = exampleBytes(in: page)
        let size = CommitRingHeader.Layout.size
        #expect(Array(example.prefix(size)) == printed.bytes.array())
        let read = CommitRingHeader(example.rawSpan)
        #expect(read == header)
        let bytes = frame([entry])
        #expect(bytes.count == 4096)
        let rest = Array(example.dropFirst(size))
        #expect(Array(bytes.prefix(rest.count)) == rest)
        #expect(bytes.dropFirst(rest.count).allSatisfy { $0 == 0 })
        let found = table(bytes)
        let table = try #require(found)
        #expect(table.sequence == 9)
        #expect(table.size == rest.count)
        let row = try #require(table.rows.first)
        #expect(row.entry == entry)
        let isRight = row.isRight(bytes.rawSpan.extracting(row.start..<row.start + 4))
        #expect(isRight)
        let isShifted = row.isRight(bytes.rawSpan.extracting(row.start - 1..<row.start + 3))
        #expect(!isShifted)
    }
}
