/// The 64-bit hash XXH3 of some bytes, with seed 0.
///
/// It depends on the bytes' count how they are mixed: up to 16, 128 and 240 bytes each have a way
/// of their own, and longer ones are taken in stripes of 64 bytes, 16 of them in a block.
///
/// *Source*: the specification of the xxHash algorithms, "XXH3 algorithm overview".
struct XXH3 {
    private let bytes: [UInt8]

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Complexity: O(count)
    static func hash(_ bytes: [UInt8]) -> UInt64 {
        let input = XXH3(bytes)
        return switch bytes.count {
        case 0: input.finish(word(secret, 56) ^ word(secret, 64))
        case 1...3: input.hashOfFew()
        case 4...8: input.hashOfUpTo8()
        case 9...16: input.hashOfUpTo16()
        case 17...128: input.hashOfUpTo128()
        case 129...240: input.hashOfUpTo240()
        default: input.hashOfMany()
        }
    }

    // MARK: Numbers

    private static let prime32: (UInt64, UInt64, UInt64) = (
        0x9E37_79B1, 0x85EB_CA77, 0xC2B2_AE3D
    )
    private static let prime64: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9,
        0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5
    )
    private static let mixer: UInt64 = 0x1656_6791_9E37_79F9
    private static let shortMixer: UInt64 = 0x9FB2_1C65_1E98_DF25
    private static let stripeSize = 64
    private static let blockSize = 1024

    /// The secret of the specification, 192 bytes.
    private static let secret: [UInt8] = [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c,
        0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb,
        0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e,
        0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6,
        0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb,
        0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97,
        0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
        0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7,
        0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31,
        0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64, 0xea, 0xc5, 0xac, 0x83,
        0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
        0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26,
        0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc,
        0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f,
        0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ]

    // MARK: Words

    /// Eight bytes, the least significant one first.
    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in (start..<start + 8).reversed() { word = word << 8 | UInt64(bytes[place]) }
        return word
    }

    /// Four bytes, the least significant one first.
    private static func half(_ bytes: [UInt8], _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in (start..<start + 4).reversed() { word = word << 8 | UInt64(bytes[place]) }
        return word
    }

    private static func rotated(_ word: UInt64, by count: UInt64) -> UInt64 {
        word << count | word >> (64 - count)
    }

    /// The halves of the product of 128 bits, put on each other.
    private static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// Sixteen bytes with sixteen of the secret.
    private func mixed(_ start: Int, _ secretStart: Int) -> UInt64 {
        Self.folded(
            Self.word(bytes, start) ^ Self.word(Self.secret, secretStart),
            Self.word(bytes, start + 8) ^ Self.word(Self.secret, secretStart + 8))
    }

    private func spread(_ hash: UInt64) -> UInt64 {
        let mixed = (hash ^ hash >> 37) &* Self.mixer
        return mixed ^ mixed >> 32
    }

    /// The last step for at most three bytes, which is that of the older XXH64.
    private func finish(_ hash: UInt64) -> UInt64 {
        var hash = (hash ^ hash >> 33) &* Self.prime64.1
        hash = (hash ^ hash >> 29) &* Self.prime64.2
        return hash ^ hash >> 32
    }

    // MARK: By count

    private var count: UInt64 { UInt64(bytes.count) }

    private func hashOfFew() -> UInt64 {
        let (first, middle) = (UInt64(bytes[0]), UInt64(bytes[bytes.count / 2]))
        let combined = first << 16 | middle << 24 | UInt64(bytes[bytes.count - 1]) | count << 8
        return finish(combined ^ Self.half(Self.secret, 0) ^ Self.half(Self.secret, 4))
    }

    private func hashOfUpTo8() -> UInt64 {
        let flip = Self.word(Self.secret, 8) ^ Self.word(Self.secret, 16)
        var hash = Self.half(bytes, bytes.count - 4) &+ Self.half(bytes, 0) << 32
        hash ^= flip
        hash ^= Self.rotated(hash, by: 49) ^ Self.rotated(hash, by: 24)
        hash = hash &* Self.shortMixer
        hash ^= (hash >> 35) &+ count
        hash = hash &* Self.shortMixer
        return hash ^ hash >> 28
    }

    private func hashOfUpTo16() -> UInt64 {
        let low =
            Self.word(bytes, 0) ^ Self.word(Self.secret, 24) ^ Self.word(Self.secret, 32)
        let high =
            Self.word(bytes, bytes.count - 8) ^ Self.word(Self.secret, 40)
            ^ Self.word(Self.secret, 48)
        return spread(count &+ low.byteSwapped &+ high &+ Self.folded(low, high))
    }

    private func hashOfUpTo128() -> UInt64 {
        var sum = count &* Self.prime64.0
        // From both ends towards the middle, as far as there are bytes.
        for pair in 0...(bytes.count - 1) / 32 {
            sum = sum &+ mixed(16 * pair, 32 * pair)
            sum = sum &+ mixed(bytes.count - 16 * (pair + 1), 32 * pair + 16)
        }
        return spread(sum)
    }

    private func hashOfUpTo240() -> UInt64 {
        var sum = count &* Self.prime64.0
        for piece in 0..<8 { sum = sum &+ mixed(16 * piece, 16 * piece) }
        sum = spread(sum)
        for piece in 8..<bytes.count / 16 {
            sum = sum &+ mixed(16 * piece, 16 * (piece - 8) + 3)
        }
        return spread(sum &+ mixed(bytes.count - 16, 119))
    }

    private func hashOfMany() -> UInt64 {
        var lanes: [UInt64] = [
            Self.prime32.2, Self.prime64.0, Self.prime64.1, Self.prime64.2, Self.prime64.3,
            Self.prime32.1, Self.prime64.4, Self.prime32.0,
        ]
        let lastSecret = Self.secret.count - Self.stripeSize
        // The last byte is never of a whole block, nor of a stripe before the last one.
        let blockCount = (bytes.count - 1) / Self.blockSize
        for stripe in 0..<(bytes.count - 1) / Self.stripeSize {
            let inBlock = stripe % (Self.blockSize / Self.stripeSize)
            add(stripe * Self.stripeSize, 8 * inBlock, to: &lanes)
            let isBlockDone = inBlock == Self.blockSize / Self.stripeSize - 1
            if isBlockDone, stripe < blockCount * Self.blockSize / Self.stripeSize {
                for lane in 0..<8 {
                    let word = lanes[lane] ^ lanes[lane] >> 47
                    lanes[lane] =
                        (word ^ Self.word(Self.secret, lastSecret + 8 * lane)) &* Self.prime32.0
                }
            }
        }
        add(bytes.count - Self.stripeSize, lastSecret - 7, to: &lanes)
        var sum = count &* Self.prime64.0
        for pair in 0..<4 {
            sum =
                sum
                &+ Self.folded(
                    lanes[2 * pair] ^ Self.word(Self.secret, 11 + 16 * pair),
                    lanes[2 * pair + 1] ^ Self.word(Self.secret, 19 + 16 * pair))
        }
        return spread(sum)
    }

    /// Takes one stripe into the lanes.
    private func add(_ start: Int, _ secretStart: Int, to lanes: inout [UInt64]) {
        for lane in 0..<8 {
            let word = Self.word(bytes, start + 8 * lane)
            let key = word ^ Self.word(Self.secret, secretStart + 8 * lane)
            lanes[lane ^ 1] = lanes[lane ^ 1] &+ word
            lanes[lane] = lanes[lane] &+ (key & 0xFFFF_FFFF) &* (key >> 32)
        }
    }
}
