import VarveBytes
import VarveTerms

@testable import VarveRecords

/// Contents and shorthands that the suites of compression share.
enum CompressionSamples {
    /// What the fixtures made with the codecs' own command lines hold.
    static let line = [UInt8]("key value value value value key\n".utf8)

    /// What kind of bytes a sample holds. Samples are equal in every run.
    enum Kind: CaseIterable { case zeros, text, random }

    static let seed: UInt64 = 0x51F2
    static let sizeMax = 1 << 20
    private static let text = makeText()
    private static let random = makeRandom()

    static func sample(_ kind: Kind, size: Int) -> [UInt8] {
        switch kind {
        case .zeros: [UInt8](repeating: 0, count: size)
        case .text: Array(text[..<size])
        case .random: Array(random[..<size])
        }
    }

    private static func makeText() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sizeMax + 100)
        var generator = Generator(state: seed)
        var line = 0
        while bytes.count < sizeMax {
            let number = generator.next() % 100_000
            bytes += #"{"at":\#(1_700_000_000 + line),"user":\#(number),"path":"/items"}"#.utf8
            line += 1
        }
        return bytes
    }

    private static func makeRandom() -> [UInt8] {
        var generator = Generator(state: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sizeMax)
        while bytes.count < sizeMax {
            let word = generator.next()
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (shift * 8))) }
        }
        return bytes
    }

    /// Steele, Lea and Flood's SplitMix: small, and the same everywhere.
    struct Generator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            return word ^ word >> 31
        }
    }
}

extension Compressor {
    func bytes(of input: [UInt8], _ compression: Compression) throws(CompressionError) -> [UInt8] {
        var output = ByteBuffer()
        try compress(input.rawSpan, with: compression, into: &output)
        return output.bytes.array()
    }
}

extension Decompressor {
    func bytes(
        of input: [UInt8], _ codec: Codec, budget: DecompressionBudget = .standard,
        headerChecksum: LZ4HeaderChecksum = .verified
    ) throws(CompressionError) -> [UInt8] {
        var output = ByteBuffer()
        try decompress(
            input.rawSpan, codec: codec, into: &output, budget: budget,
            headerChecksum: headerChecksum)
        return output.bytes.array()
    }
}

extension DecompressionBudget {
    /// A budget of that many bytes for every input.
    static func exactly(_ size: Int) -> DecompressionBudget {
        DecompressionBudget(sizeMax: ByteCount(size), floor: ByteCount(size))
    }
}
