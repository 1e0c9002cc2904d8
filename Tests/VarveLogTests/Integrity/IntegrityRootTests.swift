import Testing
import VarveBytes
import VarveTerms

@testable import VarveLog

@Suite("IntegrityRoot")
struct IntegrityRootTests {
    private static let text = """
        varve.integrity 1
        sequence 7
        marker 7b7d0a
        file meta.properties 42 0000002a
        log log-0 5 46
        file log-0/partition.metadata 43 deadbeef
        segment log-0 0 3510 89abcdef
        segment log-0 42 0 -
        end 067ffc03

        """

    private var sample: IntegrityRoot {
        var root = IntegrityRoot(sequence: 7, marker: Array("{}\n".utf8))
        root.files["meta.properties"] = FileSeal(size: 42, crc: 42)
        var log = IntegrityRoot.LogLine(start: Offset(5), end: Offset(46))
        log.files["partition.metadata"] = FileSeal(size: 43, crc: 0xDEAD_BEEF)
        log.segments[.zero] = IntegrityRoot.SegmentLine(size: 3_510, sealCRC: 0x89AB_CDEF)
        log.segments[Offset(42)] = IntegrityRoot.SegmentLine(size: 0, sealCRC: nil)
        root.logs["log-0"] = log
        return root
    }

    @Test("a root prints as it stands in the file, and is read back")
    func golden() throws {
        #expect(String(decoding: sample.printed(), as: UTF8.self) == Self.text)
        #expect(try IntegrityRoot(parsing: Array(Self.text.utf8)) == sample)
        let empty = IntegrityRoot(sequence: 0, marker: [])
        #expect(try IntegrityRoot(parsing: empty.printed()) == empty)
    }

    @Test("any flipped bit, and any shorter or longer text, is refused")
    func malformed() {
        let bytes = Array(Self.text.utf8)
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: CheckpointDefect.self) { try IntegrityRoot(parsing: flipped) }
        }
        for count in 0..<bytes.count {
            #expect(throws: CheckpointDefect.self) {
                try IntegrityRoot(parsing: Array(bytes[..<count]))
            }
        }
        #expect(throws: CheckpointDefect.self) { try IntegrityRoot(parsing: bytes + [10]) }
    }
}
