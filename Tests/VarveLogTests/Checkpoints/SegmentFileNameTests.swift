import Testing
import VarveLog
import VarveTerms

@Suite("SegmentFileName")
struct SegmentFileNameTests {
    @Test(
        "a file that is no segment's is not taken for one",
        arguments: [
            "", ".log", "0.log", "0000000000000000123.log", "000000000000000000123.log",
            "09223372036854775808.log", "99999999999999999999.log", "-0000000000000000001.log",
            "+0000000000000000001.log", "0000000000000000000x.log", "00000000000000000123log",
            "00000000000000000123.", "00000000000000000123", "00000000000000000123.LOG",
            "00000000000000000123.log.", "00000000000000000123.log.deleted.deleted",
            "00000000000000000123.deleted", "00000000000000000123.log.tmp", "partition.metadata",
            "00000000000000000000-0000000000.checkpoint", "0000000000000000000\u{661}.log",
        ])
    func refused(name: String) { #expect(SegmentFileName(name) == nil) }

    @Test("every content in every standing is read and printed")
    func all() throws {
        for content in SegmentFileName.Content.allCases {
            for standing in SegmentFileName.Standing.allCases {
                for offset in [Offset.zero, Offset(123), Offset(.max)] {
                    let name = SegmentFileName(offset, content, standing)
                    #expect(SegmentFileName(name.description) == name)
                }
            }
        }
    }

    @Test("names are Kafka's")
    func kafka() throws {
        for (text, name): (String, SegmentFileName) in [
            ("00000000000000000000.log", SegmentFileName(.zero, .log)),
            ("00000000000000000042.timeindex", SegmentFileName(Offset(42), .timeIndex)),
            ("00000000000000000042.txnindex", SegmentFileName(Offset(42), .transactionIndex)),
            ("00000000000000000100.snapshot", SegmentFileName(Offset(100), .producerSnapshot)),
            ("00000000000000000100.index.swap", SegmentFileName(Offset(100), .index, .swap)),
            ("09223372036854775807.log.deleted", SegmentFileName(Offset(.max), .log, .deleted)),
        ] {
            #expect(SegmentFileName(text) == name)
            #expect(name.description == text)
        }
    }
}
