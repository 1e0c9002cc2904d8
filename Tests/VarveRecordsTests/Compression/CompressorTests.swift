import Testing
import VarveBytes
import VarveTerms

@testable import VarveRecords

@Suite struct CompressorTests {
    /// Around the sizes at which framings begin another block: 32 KiB for snappy, 64 KiB for LZ4.
    private static let sizes = [
        0, 1, 100, (32 << 10) - 1, 32 << 10, (32 << 10) + 1, (64 << 10) - 1, 64 << 10,
        (64 << 10) + 1, (128 << 10) + 7, 1 << 20,
    ]

    @Test("what is compressed decompresses to itself", arguments: Codec.allCases)
    func roundTrips(codec: Codec) throws {
        let (compressor, decompressor) = (Compressor(), Decompressor())
        var packed = ByteBuffer()
        var output = ByteBuffer()
        for kind in CompressionSamples.Kind.allCases {
            for size in Self.sizes {
                let input = CompressionSamples.sample(kind, size: size)
                packed.removeAll()
                output.removeAll()
                try compressor.compress(input.rawSpan, with: Compression(codec), into: &packed)
                try decompressor.decompress(packed.bytes, codec: codec, into: &output)
                #expect(output.bytes.array() == input, "\(kind), \(size) bytes")
            }
        }
    }

    @Test(
        "every level can be asked of one compressor, in any order",
        arguments: [
            (Codec.gzip, [1, 9, 6, 1, 2]), (.lz4, [1, 9, 2, 17, 3, 1]),
            (.zstd, [1, 22, 3, -5, 19, -131_072, 0, 1]),
        ])
    func levels(codec: Codec, levels: [Int]) throws {
        let (compressor, decompressor) = (Compressor(), Decompressor())
        let input = CompressionSamples.sample(.text, size: 100_000)
        var first: [Int: [UInt8]] = [:]
        for level in levels {
            let packed = try compressor.bytes(of: input, Compression(codec, level: level))
            #expect(try decompressor.bytes(of: packed, codec) == input, "level \(level)")
            let fresh = try Compressor().bytes(of: input, Compression(codec, level: level))
            #expect(packed == fresh, "level \(level) depends on what came before")
            first[level] = packed
        }
        let (low, high) = (try #require(first[1]), try #require(first[levels.max() ?? 1]))
        #expect(high.count < low.count)
    }

    @Test("LZ4 frames begin with the header that Kafka writes")
    func lz4Header() throws {
        for size in Self.sizes {
            for level in [1, 9] {
                let packed = try Compressor().bytes(
                    of: CompressionSamples.sample(.text, size: size),
                    Compression(.lz4, level: level))
                #expect(packed.prefix(7) == [0x04, 0x22, 0x4D, 0x18, 0x60, 0x40, 0x82])
                #expect(packed.suffix(4) == [0, 0, 0, 0])
            }
        }
    }

    @Test("LZ4 stores a block that does not shrink, marked by its top bit")
    func lz4StoredBlock() throws {
        let input = CompressionSamples.sample(.random, size: 1000)
        let packed = try Compressor().bytes(of: input, .lz4)
        #expect(packed[7..<11] == [0xE8, 0x03, 0x00, 0x80])
        #expect(packed[11..<1011] == input[...])
        #expect(packed.count == 7 + 4 + 1000 + 4)
    }

    @Test("snappy frames hold blocks of 32 KiB behind a version 1 header")
    func snappyHeader() throws {
        let header = hex("82534e4150505900 00000001 00000001")
        #expect(try Compressor().bytes(of: [], .snappy) == header)
        let input = CompressionSamples.sample(.random, size: 40_000)
        let packed = try Compressor().bytes(of: input, .snappy)
        #expect(packed.prefix(16) == header[...])
        let first = Int(packed.rawSpan.int32(at: 16))
        // The first block begins with its uncompressed size, 32,768, as a varint.
        #expect(packed[20..<23] == [0x80, 0x80, 0x02])
        let second = Int(packed.rawSpan.int32(at: 20 + first))
        #expect(packed.count == 16 + 4 + first + 4 + second)
    }

    @Test("gzip and zstd write one plain stream")
    func otherHeaders() throws {
        let input = CompressionSamples.line
        #expect(try Compressor().bytes(of: input, .gzip).starts(with: [0x1F, 0x8B, 8, 0]))
        let zstd = try Compressor().bytes(of: input, .zstd)
        #expect(zstd.starts(with: [0x28, 0xB5, 0x2F, 0xFD]))
        #expect(zstd[4] & 0b11 == 0)  // No dictionary id.
    }

    @Test("output goes behind what the buffer holds")
    func appends() throws {
        let compressor = Compressor()
        let input = CompressionSamples.line
        for codec in Codec.allCases {
            var output = ByteBuffer()
            output.append("before")
            try compressor.compress(input.rawSpan, with: Compression(codec), into: &output)
            #expect(output.bytes.array().starts(with: "before".utf8))
            let packed = output.bytes.extracting(droppingFirst: 6).array()
            #expect(try Decompressor().bytes(of: packed, codec) == input)
        }
    }
}
