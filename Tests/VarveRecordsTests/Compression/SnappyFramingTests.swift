import Testing
import VarveBytes
import VarveTerms

@testable import VarveRecords

@Suite struct SnappyFramingTests {
    private static let header = hex("82534e4150505900 00000001 00000001")
    /// A bare block, by hand: size 3, then a literal of 3 bytes.
    private static let block: [UInt8] = [3, 2 << 2, 0x61, 0x62, 0x63]

    @Test("a size that no block of that length can reach is refused before it is allocated")
    func claimedSize() {
        let largest: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00, 0x61]
        #expect {
            var output = ByteBuffer()
            defer { #expect(output.capacity <= 4096) }
            try Decompressor().decompress(largest.rawSpan, codec: .snappy, into: &output)
        } throws: { error in
            guard case .corrupt(.snappy, position: 0, _) = error as? CompressionError
            else { return false }
            return true
        }
        let framed = Self.header + [0, 0, 0, 7] + largest
        #expect(throws: CompressionError.self) { try Decompressor().bytes(of: framed, .snappy) }
    }

    @Test("a size above 32 bits, or that never ends, is refused")
    func unreadableSize() {
        for start: [UInt8] in [
            [0xFF, 0xFF, 0xFF, 0xFF, 0x1F], [0x80, 0x80, 0x80, 0x80, 0x80, 0x01], [0x80],
        ] {
            #expect(
                throws: CompressionError.corrupt(.snappy, position: 0, reason: "bad block size")
            ) {
                try Decompressor().bytes(of: start, .snappy)
            }
        }
    }

    @Test("a believable size above the budget is refused before it is allocated")
    func claimOverBudget() {
        let claim: [UInt8] = [0x80, 0x20] + [UInt8](repeating: 0, count: 300)  // 4,096 bytes.
        var output = ByteBuffer()
        #expect(throws: CompressionError.overBudget(limit: .kib(1))) {
            try Decompressor().decompress(
                claim.rawSpan, codec: .snappy, into: &output, budget: .exactly(1024))
        }
        #expect(output.capacity <= 256)
    }

    @Test("a block size below zero or past the end is refused")
    func blockSizes() {
        let negative = Self.header + [0xFF, 0xFF, 0xFF, 0xFF] + Self.block
        #expect(
            throws: CompressionError.corrupt(.snappy, position: 16, reason: "block size -1")
        ) { try Decompressor().bytes(of: negative, .snappy) }
        let long = Self.header + [0, 0, 0, 6] + Self.block
        #expect(throws: CompressionError.truncated(.snappy)) {
            try Decompressor().bytes(of: long, .snappy)
        }
        let empty = Self.header + [0, 0, 0, 0]
        #expect(throws: CompressionError.self) { try Decompressor().bytes(of: empty, .snappy) }
    }

    @Test("bytes behind the last block are refused in both shapes")
    func trailingBytes() {
        for garbage: [UInt8] in [[0], [0, 0, 0], [1, 2, 3, 4, 5, 6, 7, 8, 9]] {
            for whole in [Self.block, Self.header + [0, 0, 0, 5] + Self.block] {
                #expect(throws: CompressionError.self) {
                    try Decompressor().bytes(of: whole + garbage, .snappy)
                }
            }
        }
    }

    @Test("a bare block is read, and so is the framing whatever its version words say")
    func bothShapes() throws {
        let content = [UInt8]("abc".utf8)
        #expect(try Decompressor().bytes(of: Self.block, .snappy) == content)
        #expect(try Decompressor().bytes(of: [0], .snappy) == [])
        for version: [UInt8] in [[0, 0, 0, 1], [1, 0, 0, 0], [9, 9, 9, 9]] {
            let header = SnappyFraming.magic + version + version
            #expect(try Decompressor().bytes(of: header, .snappy) == [])
            let framed = header + [0, 0, 0, 5] + Self.block
            #expect(try Decompressor().bytes(of: framed, .snappy) == content)
            #expect(
                try Decompressor().bytes(of: framed + framed, .snappy) == content + content)
        }
    }

    @Test("blocks share one budget")
    func blocksShareBudget() throws {
        let block: [UInt8] = [0, 0, 0, 5] + Self.block
        let framed = Self.header + block + block
        #expect(throws: CompressionError.overBudget(limit: ByteCount(5))) {
            try Decompressor().bytes(of: framed, .snappy, budget: .exactly(5))
        }
        #expect(try Decompressor().bytes(of: framed, .snappy, budget: .exactly(6)).count == 6)
    }

    @Test("the densest block there is stays below the bound on claims")
    func densest() throws {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for size in [1, 4, 60, 64, 65, 128, 1000, 32 << 10] {
            let packed = try Compressor().bytes(of: Array(zeros[..<size]), .snappy)
            let block = packed.count - Self.header.count - 4
            #expect(size <= SnappyFraming.contentMax(ofBlock: block))
        }
    }
}
