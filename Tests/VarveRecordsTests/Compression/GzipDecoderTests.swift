import Testing
import VarveTerms

@testable import VarveRecords

@Suite struct GzipDecoderTests {
    /// Written by Python's gzip module, with a file name in the header.
    private static let member = hex(
        """
        1f8b08080000000002ff6e616d6500cb4ead54284bcc294dc54266a756720100c0a15c3a20000000
        """)

    @Test("a wrong checksum or size at the end is corrupt")
    func trailer() {
        for (place, reason) in [(32, "incorrect data check"), (36, "incorrect length check")] {
            var changed = Self.member
            changed[place] ^= 1
            #expect {
                try Decompressor().bytes(of: changed, .gzip)
            } throws: { error in
                guard case .corrupt(.gzip, let position?, reason) = error as? CompressionError
                else { return false }
                return position > place
            }
        }
    }

    @Test("a bare zlib or deflate stream is refused")
    func notGzip() {
        let zlib = hex("78da4b4c4a0600024d0127")
        let deflate = hex("4b4c4a0600")
        let otherMethod = [0x1F, 0x8B, 9] + Array(Self.member.dropFirst(3))
        for stream in [zlib, deflate, otherMethod] {
            #expect(throws: CompressionError.self) {
                try Decompressor().bytes(of: stream, .gzip)
            }
        }
    }

    @Test("a second member that is corrupt or cut fails the whole input")
    func corruptSecondMember() throws {
        var changed = Self.member
        changed[32] ^= 1
        #expect(throws: CompressionError.self) {
            try Decompressor().bytes(of: Self.member + changed, .gzip)
        }
        #expect(throws: CompressionError.truncated(.gzip)) {
            try Decompressor().bytes(of: Self.member + Self.member.dropLast(), .gzip)
        }
    }

    @Test("members share one budget")
    func membersShareBudget() throws {
        let twice = Self.member + Self.member
        #expect(throws: CompressionError.overBudget(limit: ByteCount(63))) {
            try Decompressor().bytes(of: twice, .gzip, budget: .exactly(63))
        }
        let line = CompressionSamples.line
        #expect(
            try Decompressor().bytes(of: twice, .gzip, budget: .exactly(64)) == line + line)
    }

    @Test(
        "bytes after a member that begin no other are ignored",
        arguments: [
            [], [0], [0x1F, 0x8B], [0x1F, 0x8B, 8], [UInt8](repeating: 7, count: 100),
        ])
    func trailingBytes(garbage: [UInt8]) throws {
        let output = try Decompressor().bytes(of: Self.member + garbage, .gzip)
        #expect(output == CompressionSamples.line)
    }
}
