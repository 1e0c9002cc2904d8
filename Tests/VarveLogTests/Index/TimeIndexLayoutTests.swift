import Testing
import VarveBytes
import VarveTerms

@testable import VarveLog

@Suite("TimeIndexLayout")
struct TimeIndexLayoutTests {
    private func bytes(_ entries: [(Int64, Int32)], zeros: Int = 0) -> [UInt8] {
        var buffer = ByteBuffer()
        for (timestamp, offset) in entries {
            buffer.append(timestamp)
            buffer.append(offset)
        }
        buffer.appendZeros(zeros)
        return buffer.bytes.array()
    }

    private func lawful(_ entries: [(Int64, Int32)], zeros: Int = 0) -> Int {
        let bytes = bytes(entries, zeros: zeros)
        return TimeIndexLayout.lawfulCount(in: bytes.rawSpan)
    }

    @Test("entries count up to the first that does not grow in both columns")
    func stopsAtDisorder() {
        #expect(lawful([(10, 1), (10, 2)]) == 1)
        #expect(lawful([(10, 1), (20, 1)]) == 1)
        #expect(lawful([(10, 3), (20, 2), (30, 4)]) == 1)
        #expect(lawful([(20, 1), (10, 2)]) == 1)
        #expect(lawful([(10, -1)]) == 0)
    }

    @Test("the extremes of time are lawful as long as they grow")
    func extremes() {
        #expect(lawful([(.min, 0), (-1, 1), (0, 2), (.max, 3)]) == 4)
        #expect(lawful([(.max, 0), (.min, 1)]) == 1)
    }

    @Test("zeros that fill an index end it, also when nothing stands before them")
    func stopsAtZeros() {
        #expect(lawful([], zeros: 65_532) == 0)
        #expect(lawful([(5, 1)], zeros: 65_520) == 1)
        #expect(lawful([(-5, 0)], zeros: 24) == 1)
        #expect(lawful([]) == 0)
        #expect(lawful([(5, 1)], zeros: 11) == 1)
    }

    @Test("one entry of zeros is the first record's, when its time is 0")
    func zeroTime() { #expect(lawful([(0, 0)]) == 1) }

    @Test("the floor of a time is the last entry that is older")
    func finds() {
        let entries = bytes([(100, 8), (200, 14)])
        func slot(_ time: Int64) -> Int? {
            TimeIndexLayout.slot(before: Timestamp(milliseconds: time), in: entries.rawSpan)
        }
        #expect(slot(.min) == nil)
        #expect(slot(100) == nil)
        #expect(slot(101) == 0)
        #expect(slot(200) == 0)
        #expect(slot(.max) == 1)
    }

    @Test("an entry prints as it stands in the file")
    func prints() {
        let entry = TimeIndexEntry(
            timestamp: Timestamp(milliseconds: 1_700_000_000_022), relativeOffset: 8)
        #expect(entry.bytes == VarveLogTests.bytes(hex: "0000018bcfe5 6816 00000008"))
    }

    @Test("the example of the page decodes as the page says")
    func pageExample() {
        let bytes = exampleBytes(in: "time-index.md")
        let rows = Fixture.table(in: "time-index.md", headed: "timestamp")
        #expect(rows.count == bytes.count / 12 && !rows.isEmpty)
        #expect(TimeIndexLayout.lawfulCount(in: bytes.rawSpan) == rows.count)
        for (slot, row) in rows.enumerated() {
            let entry = TimeIndexLayout.entry(slot, in: bytes.rawSpan)
            #expect(["\(entry.timestamp)", "\(entry.relativeOffset)"] == Array(row.prefix(2)))
        }
    }

    @Test("the fields stand where the page says")
    func pageFields() {
        let rows = Fixture.table(in: "time-index.md", headed: "position").map { $0.prefix(3) }
        #expect(
            rows.map(Array.init) == [
                ["0", "8", "timestamp"], ["8", "4", "relativeOffset"],
            ])
        #expect(TimeIndexLayout.relativeOffset.start == 8 && TimeIndexLayout.entrySize == 12)
    }
}
