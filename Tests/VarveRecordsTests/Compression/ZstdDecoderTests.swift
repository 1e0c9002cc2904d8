import Testing
import VarveBytes
import VarveTerms

@testable import VarveRecords

/// The frames were written by the zstd command line, 1.5.4, with the options that each names.
@Suite struct ZstdDecoderTests {
    private static let content = "9d0000686b65792076616c75656b65790a010049ca11"
    /// No option: content size and checksum.
    private static let plain = hex("28b52ffd2420 \(content) 6c94fcf5")
    /// From a pipe, `--no-check`: a window of level 3, no content size, no checksum.
    private static let streamed = hex("28b52ffd0058 \(content)")
    /// `-D`.
    private static let withDictionary = hex(
        "28b52ffd23479c9a3420750000206b65790a037c00317e31e3ac14")
    /// A frame to skip, with two bytes inside.
    private static let skippable = hex("5a2a4d18 02000000 abcd")

    /// From a pipe, `--long=N`.
    private static func long(_ windowByte: UInt8) -> [UInt8] {
        var frame = hex("28b52ffd0400 \(content) 6c94fcf5")
        frame[5] = windowByte
        return frame
    }

    /// A frame without a content size, of blocks that each stand for 128 KiB of zeros in 4 bytes.
    private static func runs(_ count: Int) -> [UInt8] {
        var frame = hex("28b52ffd0038")
        for place in 1...count {
            let header = 131_072 << 3 | 1 << 1 | (place == count ? 1 : 0)
            frame += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16), 0]
        }
        return frame
    }

    @Test("windows of more than 128 MiB are refused, that size itself is not")
    func windows() throws {
        for windowByte: UInt8 in [0x89, 0x90, 0xA8, 0xFF] {  // 2^27 and an eighth, 2^28, 2^31.
            #expect(throws: CompressionError.unsupported(.zstd, .windowTooLarge)) {
                try Decompressor().bytes(of: Self.long(windowByte), .zstd)
            }
        }
        let output = try Decompressor().bytes(of: Self.long(0x88), .zstd)
        #expect(output == CompressionSamples.line)
    }

    @Test("a context that grew for a large window is given back")
    func largeWindowIsNotKept() throws {
        var decoder = ZstdDecoder()
        var output = ByteBuffer()
        try decoder.decode(Self.streamed.rawSpan, limit: .mib(1), into: &output)
        let usual = decoder.memorySize
        #expect(usual > 0 && usual <= 16 << 20)
        try decoder.decode(Self.long(0x88).rawSpan, limit: .mib(1), into: &output)
        #expect(decoder.memorySize == 0)
        try decoder.decode(Self.streamed.rawSpan, limit: .mib(1), into: &output)
        #expect(decoder.memorySize == usual)
        #expect(output.count == 3 * CompressionSamples.line.count)
    }

    @Test("a frame that needs a dictionary is refused")
    func dictionary() {
        #expect(throws: CompressionError.unsupported(.zstd, .dictionary)) {
            try Decompressor().bytes(of: Self.withDictionary, .zstd)
        }
    }

    @Test("a claimed size above the budget is refused before anything is allocated")
    func claimOverBudget() {
        let claim = hex("28b52ffde0 ffffffffffffff7f 010000")
        var output = ByteBuffer()
        #expect(throws: CompressionError.overBudget(limit: .mib(8))) {
            try Decompressor().decompress(claim.rawSpan, codec: .zstd, into: &output)
        }
        #expect(output.capacity <= 256)
    }

    @Test("a claimed size within the budget is not allocated before the bytes come")
    func claimIsNotAllocated() {
        let claim = hex("28b52ffda0 00007000 1500006162")  // 7 MiB; 2 bytes and an end.
        var output = ByteBuffer()
        #expect(throws: CompressionError.self) {
            try Decompressor().decompress(claim.rawSpan, codec: .zstd, into: &output)
        }
        #expect(output.capacity <= 256 << 10)
    }

    @Test("a gigabyte in 32 KiB is refused at the budget")
    func gigabyte() {
        let frame = Self.runs(8192)
        var output = ByteBuffer()
        #expect(throws: CompressionError.overBudget(limit: ByteCount(frame.count * 1100))) {
            try Decompressor().decompress(frame.rawSpan, codec: .zstd, into: &output)
        }
        #expect(output.capacity <= 2 * frame.count * 1100)
    }

    @Test("a run of equal bytes passes up to the floor, whatever its ratio")
    func floor() throws {
        #expect(try Decompressor().bytes(of: Self.runs(64), .zstd).count == 8 << 20)
        #expect(throws: CompressionError.overBudget(limit: .mib(8))) {
            try Decompressor().bytes(of: Self.runs(65), .zstd)
        }
    }

    @Test("a wrong checksum is corrupt")
    func checksum() {
        var frame = Self.plain
        frame[frame.count - 1] ^= 1
        #expect {
            try Decompressor().bytes(of: frame, .zstd)
        } throws: { error in
            guard case .corrupt(.zstd, nil, _) = error as? CompressionError else { return false }
            return true
        }
    }

    @Test("a frame with a checksum or without a size, cut anywhere, is truncated")
    func truncation() {
        for frame in [Self.plain, Self.streamed] {
            for size in 0..<frame.count {
                #expect(throws: CompressionError.truncated(.zstd), "\(size) bytes") {
                    try Decompressor().bytes(of: Array(frame[..<size]), .zstd)
                }
            }
        }
    }

    @Test("bytes behind the frame that begin no other are refused and counted")
    func trailingBytes() {
        for size in [1, 3, 4, 100] {
            let garbage = [UInt8](repeating: 7, count: size)
            #expect(throws: CompressionError.trailingGarbage(.zstd, size: ByteCount(size))) {
                try Decompressor().bytes(of: Self.plain + garbage, .zstd)
            }
        }
    }

    @Test(
        "formats of before zstd 0.8 are refused, although the library reads some",
        arguments: [
            "25b52ffd", "26b52ffd", "27b52ffd", "1eb52ffd",
        ])
    func oldFormats(magic: String) {
        let frame = hex(magic + "0000000000000000000000")
        let error = CompressionError.corrupt(
            .zstd, position: 0, reason: "not the frame's magic number")
        #expect(throws: error) { try Decompressor().bytes(of: frame, .zstd) }
    }

    @Test("frames that follow each other are one output under one budget")
    func frames() throws {
        let line = CompressionSamples.line
        let input = Self.plain + Self.skippable + Self.streamed
        #expect(try Decompressor().bytes(of: input, .zstd, budget: .exactly(64)) == line + line)
        #expect(throws: CompressionError.overBudget(limit: ByteCount(63))) {
            try Decompressor().bytes(of: input, .zstd, budget: .exactly(63))
        }
    }
}
