import Testing
import VarveBytes
import VarveTerms

@testable import VarveRecords

/// What the shortcut takes, and that it takes nothing else: whatever it leaves is zlib's to judge.
@Suite struct GzipShortcutTests {
    private static let plain = CompressionSamples.sample(.text, size: 40_000)

    private static func packed() throws -> [UInt8] {
        try Compressor().bytes(of: plain, Compression(.gzip))
    }

    /// What the shortcut made of `stream`; nil where it left it.
    private static func taken(
        _ stream: [UInt8], limit: Int = 1 << 20
    ) throws -> [UInt8]? {
        var shortcut = try GzipShortcut()
        var output = ByteBuffer()
        output.append("before")
        let isTaken = shortcut.decode(
            stream.rawSpan, limit: ByteCount(limit), into: &output)
        let bytes = output.bytes.array()
        #expect(bytes.starts(with: "before".utf8))
        guard isTaken else {
            #expect(bytes.count == 6, "what it leaves is as it was")
            return nil
        }
        return Array(bytes.dropFirst(6))
    }

    @Test("a stream with a wrong checksum, a wrong size or a cut is left")
    func wrong() throws {
        let packed = try Self.packed()
        for place in packed.count - 8..<packed.count {
            var changed = packed
            changed[place] ^= 1
            #expect(try Self.taken(changed) == nil, "byte \(place)")
        }
        for size in [0, 1, 19, 20, packed.count / 2, packed.count - 8, packed.count - 1] {
            #expect(try Self.taken(Array(packed[..<size])) == nil, "\(size) bytes")
        }
    }

    @Test("a header with any optional field, or any flag that is none, is left")
    func flags() throws {
        var packed = try Self.packed()
        for flags in 1...255 {
            packed[3] = UInt8(flags)
            #expect(try Self.taken(packed) == nil, "flags \(flags)")
        }
    }

    @Test("a second member is left, and so is what no member begins with")
    func moreBehind() throws {
        let packed = try Self.packed()
        #expect(try Self.taken(packed + packed) == nil)
        #expect(try Self.taken(packed + [UInt8](repeating: 7, count: 100)) == nil)
    }

    @Test("a stream that holds one byte more than allowed is left")
    func overLimit() throws {
        #expect(try Self.taken(try Self.packed(), limit: Self.plain.count - 1) == nil)
        #expect(try Self.taken(try Self.packed(), limit: Self.plain.count) == Self.plain)
    }

    @Test("what is compressed at any level is taken, whatever it holds")
    func ordinary() throws {
        for kind in CompressionSamples.Kind.allCases {
            for (level, size) in [(1, 1), (1, 70_000), (6, 300), (6, 200_000), (9, 65_536)] {
                let input = CompressionSamples.sample(kind, size: size)
                let packed = try Compressor().bytes(
                    of: input, Compression(parsing: "gzip:\(level)"))
                let output = try Self.taken(packed)
                #expect(output == input, "\(kind), level \(level), \(size) bytes")
            }
        }
    }

    /// Found by changing single bits of what zlib made of a run of one byte.
    private static let incomplete = hex(
        "1f8b0800000000000003edc1010d000000c2a0acef5fc21e0e2c00007832a3e22568e20a0000")

    @Test("a distance code with unused codes is read, and not admitted")
    func incompleteCode() throws {
        #expect(try Decompressor().bytes(of: Self.incomplete, .gzip).count == 2786)
        #expect(throws: CompressionError.self) {
            try Decompressor(gzip: .admitted).bytes(of: Self.incomplete, .gzip)
        }
    }

    @Test("what it takes of changed streams, zlib takes alike")
    func differential() throws {
        var generator = CompressionSamples.Generator(state: CompressionSamples.seed)
        let input = CompressionSamples.sample(.text, size: 300)
        let packed = try Compressor().bytes(of: input, Compression(.gzip))
        var decoder = try GzipDecoder()
        for round in 0..<2_000 {
            var changed = packed
            for _ in 0...generator.next() % 3 {
                let place = Int(generator.next() % UInt64(changed.count))
                changed[place] ^= 1 << UInt8(generator.next() % 8)
            }
            guard let output = try Self.taken(changed, limit: 4096) else { continue }
            var judged = ByteBuffer()
            try decoder.decode(changed.rawSpan, limit: ByteCount(4096), into: &judged)
            #expect(
                judged.bytes.array() == output,
                "seed \(CompressionSamples.seed), round \(round)")
        }
    }
}
