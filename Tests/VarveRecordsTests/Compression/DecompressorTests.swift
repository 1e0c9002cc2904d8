import Testing
import VarveBytes
import VarveTerms

@testable import VarveRecords

/// What holds for every codec; what is one codec's own stands in that codec's suite.
@Suite struct DecompressorTests {
    private static let packing: [Codec] = [.gzip, .snappy, .lz4, .zstd]

    @Test("an empty input is truncated, unless nothing was compressed", arguments: packing)
    func emptyInput(codec: Codec) throws {
        #expect(throws: CompressionError.truncated(codec)) {
            try Decompressor().bytes(of: [], codec)
        }
        #expect(try Decompressor().bytes(of: [], .none) == [])
    }

    @Test("a stream cut anywhere is refused and leaves the output alone", arguments: packing)
    func truncation(codec: Codec) throws {
        let input = CompressionSamples.sample(.text, size: 300)
        let packed = try Compressor().bytes(of: input, Compression(codec))
        let decompressor = Decompressor()
        for size in 0..<packed.count {
            // A xerial header alone is whole: it holds nothing.
            if codec == .snappy, size == SnappyFraming.headerSize { continue }
            var output = ByteBuffer()
            output.append("before")
            #expect(throws: CompressionError.self, "\(size) of \(packed.count) bytes") {
                try decompressor.decompress(
                    packed.rawSpan.extracting(first: size), codec: codec, into: &output)
            }
            #expect(output.bytes.array() == [UInt8]("before".utf8))
        }
        #expect(try decompressor.bytes(of: packed, codec) == input)
    }

    @Test(
        "a stream with any byte changed gives an error or bytes within the budget",
        arguments: packing)
    func flips(codec: Codec) throws {
        let input = CompressionSamples.sample(.text, size: 300)
        let packed = try Compressor().bytes(of: input, Compression(codec))
        let decompressor = Decompressor()
        let limit = 4096
        for place in packed.indices {
            for mask: UInt8 in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF] {
                var changed = packed
                changed[place] ^= mask
                var output = ByteBuffer()
                do throws(CompressionError) {
                    try decompressor.decompress(
                        changed.rawSpan, codec: codec, into: &output, budget: .exactly(limit))
                    #expect(output.count <= limit)
                } catch {
                    #expect(output.count == 0)
                }
                #expect(output.capacity <= 2 * limit)
            }
        }
        #expect(try decompressor.bytes(of: packed, codec) == input)
    }

    @Test("random bytes behind a lawful beginning never get past the budget", arguments: packing)
    func noise(codec: Codec) throws {
        let packed = try Compressor().bytes(
            of: CompressionSamples.sample(.text, size: 300), Compression(codec))
        let decompressor = Decompressor()
        var generator = CompressionSamples.Generator(state: CompressionSamples.seed)
        for round in 0..<500 {
            let kept = Int(generator.next() % UInt64(packed.count))
            var noise = Array(packed[..<kept])
            for _ in 0..<Int(generator.next() % 64) {
                noise.append(UInt8(truncatingIfNeeded: generator.next()))
            }
            var output = ByteBuffer()
            try? decompressor.decompress(
                noise.rawSpan, codec: codec, into: &output, budget: .exactly(4096))
            #expect(output.count <= 4096, "seed \(CompressionSamples.seed), round \(round)")
            #expect(output.capacity <= 8192, "seed \(CompressionSamples.seed), round \(round)")
        }
    }

    @Test(
        "a bomb is refused within the memory of its budget",
        arguments: [
            ("gzip:9", 1_000), ("snappy", 20), ("lz4:12", 240), ("zstd:19", 8_000),
        ])
    func bomb(compression: String, ratioMin: Int) throws {
        let size = 100 << 20
        let codec = try Compression(parsing: compression).codec
        let packed = try Compressor().bytes(
            of: [UInt8](repeating: 0, count: size), Compression(parsing: compression))
        try #require(size / packed.count >= ratioMin, "\(packed.count) bytes")
        var output = ByteBuffer()
        let limit = min(64 << 20, max(8 << 20, 1100 * packed.count))
        #expect(throws: CompressionError.overBudget(limit: ByteCount(limit))) {
            try Decompressor().decompress(packed.rawSpan, codec: codec, into: &output)
        }
        #expect(output.count == 0)
        #expect(output.capacity <= 2 * limit)
    }

    @Test("bytes that were not compressed are counted against the budget too")
    func plainOverBudget() throws {
        #expect(throws: CompressionError.overBudget(limit: ByteCount(3))) {
            try Decompressor().bytes(of: [1, 2, 3, 4], .none, budget: .exactly(3))
        }
        #expect(try Decompressor().bytes(of: [1, 2, 3], .none, budget: .exactly(3)) == [1, 2, 3])
    }

    @Test("output goes behind what the buffer holds")
    func appends() throws {
        for codec in Codec.allCases {
            let packed = try Compressor().bytes(of: CompressionSamples.line, Compression(codec))
            var output = ByteBuffer()
            output.append("before ")
            try Decompressor().decompress(packed.rawSpan, codec: codec, into: &output)
            #expect(output.bytes.array() == [UInt8]("before ".utf8) + CompressionSamples.line)
        }
    }

    @Test("errors say what is wrong and where")
    func descriptions() {
        #expect(
            CompressionError.corrupt(.lz4, position: 6, reason: "header checksum").description
                == "corrupt lz4 at byte 6: header checksum")
        #expect(
            CompressionError.overBudget(limit: .kib(1)).description
                == "decompresses to more than the 1024 bytes allowed")
        #expect(
            CompressionError.unsupported(.zstd, .dictionary).description
                == "zstd with a dictionary is not supported")
    }
}
