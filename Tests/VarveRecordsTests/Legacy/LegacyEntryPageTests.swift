import Testing
import VarveBytes

@testable import VarveRecords

/// docs/formats/legacy-entry.md, held against the code.
@Suite struct LegacyEntryPageTests {
    private static let lines = FixtureLog.text("docs/formats/legacy-entry.md")
        .split(separator: "\n", omittingEmptySubsequences: false)

    @Test("the page's table of fields is the layout")
    func fieldTable() {
        let layout: [(name: String, field: Field)] = [
            ("offset", LegacyLayout.offset), ("size", LegacyLayout.size),
            ("crc", LegacyLayout.crc), ("magic", LegacyLayout.magic),
            ("attributes", LegacyLayout.attributes), ("timestamp", LegacyLayout.timestamp),
        ]
        let rows = Self.lines.drop { !$0.hasPrefix("| field |") }.dropFirst(2)
            .prefix { $0.hasPrefix("| `") }
            .map { $0.split(separator: "|").prefix(3).joined().split(separator: " ") }
        #expect(rows.count == layout.count)
        for (row, (name, field)) in zip(rows, layout) {
            #expect(row == ["`\(name)`", "\(field.start)", "\(field.width)"])
        }
        #expect(LegacyLayout.keyLength(magic: 0).start == 18)
        #expect(LegacyLayout.keyLength(magic: 1).start == 26)
        #expect([0, 1].map { LegacyLayout.entrySizeMin(magic: $0) } == [26, 34])
    }

    @Test("the page's worked example is the first of Kafka's entries")
    func workedExample() {
        let block = Self.lines.drop { $0 != "```hex" }.dropFirst().prefix { $0 != "```" }
        let bytes = block.flatMap { hex($0.prefix { $0 != "|" }) }
        #expect(bytes == Array(GoldenEntries.plainOfMagic0.prefix(bytes.count)))
        #expect(deepDefect(bytes) == nil)
    }
}
