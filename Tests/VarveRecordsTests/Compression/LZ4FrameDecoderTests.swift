import Testing
import VarveBytes
import VarveTerms

@testable import VarveRecords

/// The frames were written by the lz4 command line, 1.9.4, with the options that each names.
@Suite struct LZ4FrameDecoderTests {
    /// `--content-size -BX`: content size, block checksums, content checksum.
    private static let everything = hex(
        """
        04224d187c402000000000000000 19 12000000 9e6b65792076616c7565060050206b65790a 1b46d643
        00000000 7aa0268b
        """)
    /// No option: 4 MiB blocks, content checksum.
    private static let plain = hex(
        "04224d186440a7 12000000 9e6b65792076616c7565060050206b65790a 00000000 7aa0268b")
    /// `-l`.
    private static let legacy = hex(
        "02214c18 12000000 9e6b65792076616c7565060050206b65790a")
    /// `-BD -B4`: the beginning of a frame whose blocks depend on those before.
    private static let dependent = hex("04224d1844405e 1b010000 ff01303132333435")

    private static func changed(_ place: Int, to value: UInt8) -> [UInt8] {
        var frame = everything
        frame[place] = value
        return frame
    }

    @Test("dependent blocks and the legacy format are refused by name")
    func unsupported() {
        let dependent = CompressionError.unsupported(.lz4, .dependentBlocks)
        #expect(throws: dependent) { try Decompressor().bytes(of: Self.dependent, .lz4) }
        let legacy = CompressionError.unsupported(.lz4, .legacyFrame)
        #expect(throws: legacy) { try Decompressor().bytes(of: Self.legacy, .lz4) }
        let dictionary = CompressionError.unsupported(.lz4, .dictionary)
        #expect(throws: dictionary) {
            try Decompressor().bytes(of: Self.changed(4, to: 0x7D), .lz4)
        }
    }

    @Test(
        "a header that the format does not allow is corrupt where it is wrong",
        arguments: [
            (0, 0x05, 0, "not the frame's magic number"), (4, 0xBC, 4, "frame version 2"),
            (4, 0x7E, 4, "reserved bit in the frame's flags"), (5, 0x30, 5, "block descriptor 48"),
            (5, 0xC0, 5, "block descriptor 192"), (5, 0x41, 5, "block descriptor 65"),
            (5, 0x50, 14, "header checksum"), (6, 0x21, 14, "header checksum"),
            (14, 0x1A, 14, "header checksum"), (33, 0, 37, "block checksum"),
            (37, 0, 37, "block checksum"),
        ])
    func corrupt(place: Int, value: UInt8, position: Int, reason: String) {
        let frame = Self.changed(place, to: value)
        let error = CompressionError.corrupt(.lz4, position: position, reason: reason)
        #expect(throws: error) { try Decompressor().bytes(of: frame, .lz4) }
    }

    @Test("a frame with every optional field, cut anywhere, is truncated")
    func truncation() {
        for frame in [Self.everything, Self.plain] {
            for size in 0..<frame.count {
                #expect(throws: CompressionError.truncated(.lz4), "\(size) bytes") {
                    try Decompressor().bytes(of: Array(frame[..<size]), .lz4)
                }
            }
        }
    }

    @Test("a bad block without a checksum is corrupt where it starts")
    func badBlock() {
        var frame = Self.plain
        frame[22] = 0xFF  // The distance of the match points before the block.
        #expect(throws: CompressionError.corrupt(.lz4, position: 11, reason: "bad block")) {
            try Decompressor().bytes(of: frame, .lz4)
        }
        // The same with so small a budget that the decoder has less room than a block may fill.
        #expect(throws: CompressionError.corrupt(.lz4, position: 11, reason: "bad block")) {
            try Decompressor().bytes(of: frame, .lz4, budget: .exactly(20))
        }
    }

    @Test("a block larger than the header allows is refused")
    func largeBlock() {
        let header = hex("04224d18604082")
        for size: [UInt8] in [[1, 0, 1, 0], [1, 0, 1, 0x80], [0xFF, 0xFF, 0xFF, 0x7F]] {
            #expect {
                try Decompressor().bytes(of: header + size + [0, 0, 0, 0], .lz4)
            } throws: { error in
                guard case .corrupt(.lz4, position: 7, _) = error as? CompressionError
                else { return false }
                return true
            }
        }
    }

    @Test("a wrong content size or content checksum is passed over, as in Kafka")
    func skippedFields() throws {
        var frame = Self.everything
        frame[6] = 0xFF
        frame[frame.count - 1] ^= 1
        let output = try Decompressor().bytes(of: frame, .lz4, headerChecksum: .ignored)
        #expect(output == CompressionSamples.line)
    }

    @Test("frames with every optional field are read; what follows the frame is ignored")
    func lawful() throws {
        for frame in [Self.everything, Self.plain] {
            #expect(try Decompressor().bytes(of: frame, .lz4) == CompressionSamples.line)
            for rest in [[1], frame, [UInt8](repeating: 9, count: 50)] {
                let output = try Decompressor().bytes(of: frame + rest, .lz4)
                #expect(output == CompressionSamples.line)
            }
        }
    }

    @Test("no block is denser than the bound on its content")
    func densest() throws {
        for size in [1, 13, 100, 255, 1000, 64 << 10] {
            let zeros = [UInt8](repeating: 0, count: size)
            let packed = try Compressor().bytes(of: zeros, Compression(.lz4, level: 12))
            let block = packed.count - 7 - 4 - 4
            #expect(size <= LZ4FrameDecoder.contentMax(ofBlock: block))
        }
    }
}
