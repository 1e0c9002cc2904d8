import Testing
import VarveBytes

@testable import VarveRecords

/// Record areas of batches that Apache Kafka's own classes wrote: the same two records under each
/// codec. In magic 2 the area starts at byte 61 of the batch; in magic 0 it is the wrapper's value,
/// from byte 26 on.
@Suite struct GoldenBatchTests {
    private static let noneOfMagic0 = hex(
        """
        00000000000000000000002acf0ba08e0000000000036b65790000001976616c756576616c756576616c7565
        76616c756576616c75650000000000000001000000117a0a65ca0000000000036b6579ffffffff
        """)
    private static let lz4OfMagic0 = hex(
        """
        000000000000000100000055299025290003ffffffff0000004704224d1860401a3800000016000100512acf
        0ba08e0f00df036b65790000001976616c7565050001012600b0000001000000117a0a65ca0d009000036b65
        79ffffffff00000000
        """)

    private static func area(_ batch: [UInt8], from start: Int = 61) -> [UInt8] {
        Array(batch[start...])
    }

    @Test("Kafka's compressed record areas hold the uncompressed one's bytes")
    func magic2() throws {
        let decompressor = Decompressor()
        let records = Self.area(Golden.none)
        #expect(try decompressor.bytes(of: Self.area(Golden.snappy), .snappy) == records)
        #expect(try decompressor.bytes(of: Self.area(Golden.lz4), .lz4) == records)
    }

    @Test("magic 0's wrong header checksum is refused unless it is ignored")
    func magic0() throws {
        let packed = Self.area(Self.lz4OfMagic0, from: 26)
        let error = CompressionError.corrupt(.lz4, position: 6, reason: "header checksum")
        #expect(throws: error) { try Decompressor().bytes(of: packed, .lz4) }
        let entries = try Decompressor().bytes(of: packed, .lz4, headerChecksum: .ignored)
        #expect(entries == Self.noneOfMagic0)
    }

    @Test("the snappy and lz4 encoders write Kafka's bytes for Kafka's records")
    func sameBytes() throws {
        let records = Self.area(Golden.none)
        #expect(try Compressor().bytes(of: records, .snappy) == Self.area(Golden.snappy))
        #expect(try Compressor().bytes(of: records, .lz4) == Self.area(Golden.lz4))
    }
}
