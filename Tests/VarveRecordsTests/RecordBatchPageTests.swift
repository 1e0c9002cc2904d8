import Testing
import VarveBytes
import VarveRecords

/// docs/formats/record-batch.md, held against the code.
@Suite struct RecordBatchPageTests {
    private static let lines = FixtureLog.text("docs/formats/record-batch.md")
        .split(separator: "\n", omittingEmptySubsequences: false)

    @Test("the page's table of fields is the layout")
    func fieldTable() {
        let layout: [(name: String, field: Field)] = [
            ("baseOffset", BatchLayout.baseOffset),
            ("batchLength", BatchLayout.batchLength),
            ("partitionLeaderEpoch", BatchLayout.partitionLeaderEpoch),
            ("magic", BatchLayout.magic),
            ("crc", BatchLayout.crc),
            ("attributes", BatchLayout.attributes),
            ("lastOffsetDelta", BatchLayout.lastOffsetDelta),
            ("baseTimestamp", BatchLayout.baseTimestamp),
            ("maxTimestamp", BatchLayout.maxTimestamp),
            ("producerId", BatchLayout.producerId),
            ("producerEpoch", BatchLayout.producerEpoch),
            ("baseSequence", BatchLayout.baseSequence),
            ("recordsCount", BatchLayout.recordsCount),
        ]
        let rows = Self.lines.drop { !$0.hasPrefix("| field |") }.dropFirst(2)
            .prefix { $0.hasPrefix("|") }
            .map { $0.split(separator: "|").prefix(3).joined().split(separator: " ") }
        #expect(rows.count == layout.count)
        for (row, (name, field)) in zip(rows, layout) {
            #expect(row == ["`\(name)`", "\(field.start)", "\(field.width)"])
        }
        #expect(layout.last?.field.end == BatchLayout.headerSize)
        #expect(BatchLayout.batchLength.end == BatchLayout.lengthOverhead)
        #expect(BatchLayout.crc.end == BatchLayout.checksummedFrom)
    }

    @Test("the page's worked example is Kafka's batch, and passes every check")
    func workedExample() {
        let block = Self.lines.drop { $0 != "```hex" }.dropFirst().prefix { $0 != "```" }
        let bytes = block.flatMap { hex($0.prefix { $0 != "|" }) }
        #expect(bytes == Golden.none)
        #expect(deepDefect(bytes, .appended) == nil)
    }
}
