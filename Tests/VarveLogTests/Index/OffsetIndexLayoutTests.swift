import Testing
import VarveBytes
import VarveTerms

@testable import VarveLog

@Suite("OffsetIndexLayout")
struct OffsetIndexLayoutTests {
    private func bytes(_ entries: [(Int32, Int32)], zeros: Int = 0) -> [UInt8] {
        var buffer = ByteBuffer()
        for (offset, position) in entries {
            buffer.append(offset)
            buffer.append(position)
        }
        buffer.appendZeros(zeros)
        return buffer.bytes.array()
    }

    private func lawful(_ entries: [(Int32, Int32)], zeros: Int = 0, logSize: Int = 1000) -> Int {
        let bytes = bytes(entries, zeros: zeros)
        return OffsetIndexLayout.lawfulCount(in: bytes.rawSpan, logSize: logSize)
    }

    @Test("entries count up to the first that does not grow in both columns")
    func stopsAtDisorder() {
        #expect(lawful([(1, 10), (1, 20)]) == 1)
        #expect(lawful([(1, 10), (2, 10)]) == 1)
        #expect(lawful([(3, 10), (2, 20), (4, 30)]) == 1)
        #expect(lawful([(3, 30), (4, 20)]) == 1)
    }

    @Test("negative numbers and positions past the log are not lawful")
    func stopsOutside() {
        #expect(lawful([(-1, 10)]) == 0)
        #expect(lawful([(1, -10)]) == 0)
        #expect(lawful([(1, 10), (2, 1000)]) == 1)
        #expect(lawful([(1, 10), (2, 999)]) == 2)
        #expect(lawful([(1, 10), (.min, .min)]) == 1)
    }

    @Test("zeros that fill an index end it, also when nothing stands before them")
    func stopsAtZeros() {
        #expect(lawful([], zeros: 65_536) == 0)
        #expect(lawful([(0, 0)]) == 0)
        #expect(lawful([(5, 100)], zeros: 65_528) == 1)
        #expect(lawful([]) == 0)
    }

    @Test("a part of an entry at the end is passed over")
    func ignoresPartialEntry() {
        #expect(lawful([(5, 100), (6, 200)], zeros: 7) == 2)
        #expect(lawful([], zeros: 7) == 0)
    }

    @Test("an entry of relative offset 0 is lawful when its position is not 0")
    func firstOffset() { #expect(lawful([(0, 80), (1, 160)]) == 2) }

    @Test("the floor is found in even, skewed and disordered entries as by looking at each")
    func findsByProportion() {
        typealias Entry = (Int32, Int32)
        let even: [Entry] = (1...100).map { (number: Int32) in (number * 4, number * 4396) }
        let skewed: [Entry] = (0..<28).map { (number: Int32) in (4 << number, number * 5000 + 1) }
        let steps: [Entry] = even.map { $0.0 < 200 ? $0 : ($0.0 + 2_000_000_000, $0.1) }
        let cases: [[Entry]] = [even, skewed, steps, [even[0]], []]
        for entries in cases {
            let bytes = bytes(entries)
            var offsets: [Int32] = [0, 7, .max]
            for entry in entries { offsets += [entry.0 - 1, entry.0, entry.0 + 1] }
            for offset in offsets {
                let floor = entries.lastIndex { $0.0 <= offset }
                let found = OffsetIndexLayout.slot(atOrBefore: Int64(offset), in: bytes.rawSpan)
                #expect(found == floor)
            }
        }
        // Damage may leave any order: the search ends, at some slot or none.
        var reversed: [Entry] = even.reversed()
        reversed += [(Int32.min, 1), (Int32.max, 2)]
        let disorder = bytes(reversed)
        for offset in stride(from: Int64(0), to: 500, by: 3) {
            let slot = OffsetIndexLayout.slot(atOrBefore: offset, in: disorder.rawSpan)
            #expect(slot.map { (0..<102).contains($0) } ?? true)
        }
    }

    @Test("the floor of an offset is the last entry at or before it")
    func finds() {
        let entries = bytes([(8, 4388), (14, 8776), (20, 13164)])
        func slot(_ relative: Int64) -> Int? {
            OffsetIndexLayout.slot(atOrBefore: relative, in: entries.rawSpan)
        }
        #expect(slot(-1) == nil)
        #expect(slot(7) == nil)
        #expect(slot(8) == 0)
        #expect(slot(13) == 0)
        #expect(slot(14) == 1)
        #expect(slot(.max) == 2)
        #expect(OffsetIndexLayout.slot(atOrBefore: 3, in: RawSpan()) == nil)
    }

    @Test("the example of the page decodes as the page says")
    func pageExample() {
        let bytes = exampleBytes(in: "offset-index.md")
        let rows = Fixture.table(in: "offset-index.md", headed: "last offset")
        #expect(rows.count == bytes.count / 8 && !rows.isEmpty)
        #expect(OffsetIndexLayout.lawfulCount(in: bytes.rawSpan, logSize: 1 << 20) == rows.count)
        for (slot, row) in rows.enumerated() {
            let entry = OffsetIndexLayout.entry(slot, in: bytes.rawSpan)
            #expect(["\(entry.relativeOffset)", "\(entry.position)"] == Array(row.prefix(2)))
        }
    }

    @Test("the fields stand where the page says")
    func pageFields() {
        let rows = Fixture.table(in: "offset-index.md", headed: "position").map { $0.prefix(3) }
        #expect(
            rows.map(Array.init) == [
                ["0", "4", "relativeOffset"], ["4", "4", "position"],
            ])
        #expect(OffsetIndexLayout.position.start == 4 && OffsetIndexLayout.entrySize == 8)
    }
}
