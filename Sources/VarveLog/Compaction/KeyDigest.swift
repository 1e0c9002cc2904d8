internal import VarveBytes

/// A 128-bit hash of a record's key. Two keys of one cleaning with the same digest count as one.
struct KeyDigest: Hashable, Sendable {
    var first: UInt64
    var second: UInt64
}

/// Hashes keys with SipHash-2-4-128 under a secret of two random words. Drawn anew for each
/// cleaning, so that nobody can make two keys collide, by which one would delete the other.
///
/// *Source*: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, and the authors'
/// reference code for 128 bits.
struct KeyHasher: Sendable {
    private let secret: (UInt64, UInt64)

    init(secret first: UInt64, _ second: UInt64) { secret = (first, second) }

    /// - Complexity: O(size of the key); allocates nothing.
    func digest(of key: RawSpan) -> KeyDigest {
        var state = SipState(secret.0, secret.1)
        let count = key.byteCount
        var position = 0
        while position + 8 <= count {
            // The getter is big-endian, the hash little-endian.
            state.absorb(key.uint64(at: position).byteSwapped)
            position += 8
        }
        var last = UInt64(truncatingIfNeeded: count) << 56
        var shift: UInt64 = 0
        while position < count {
            last |= UInt64(UInt8(bitPattern: key.int8(at: position))) << shift
            shift += 8
            position += 1
        }
        state.absorb(last)
        return state.finish()
    }
}

/// The four words that the hash turns.
private struct SipState {
    private var v0, v1, v2, v3: UInt64

    init(_ k0: UInt64, _ k1: UInt64) {
        v0 = 0x736f_6d65_7073_6575 ^ k0
        // 0xee here and in `finish` tells the long hash from the short one.
        v1 = 0x646f_7261_6e64_6f6d ^ k1 ^ 0xee
        v2 = 0x6c79_6765_6e65_7261 ^ k0
        v3 = 0x7465_6462_7974_6573 ^ k1
    }

    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        turn()
        turn()
        v0 ^= word
    }

    mutating func finish() -> KeyDigest {
        v2 ^= 0xee
        for _ in 0..<4 { turn() }
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<4 { turn() }
        return KeyDigest(first: first, second: v0 ^ v1 ^ v2 ^ v3)
    }

    private mutating func turn() {
        v0 &+= v1
        v1 = v1 << 13 | v1 >> 51
        v1 ^= v0
        v0 = v0 << 32 | v0 >> 32
        v2 &+= v3
        v3 = v3 << 16 | v3 >> 48
        v3 ^= v2
        v0 &+= v3
        v3 = v3 << 21 | v3 >> 43
        v3 ^= v0
        v2 &+= v1
        v1 = v1 << 17 | v1 >> 47
        v1 ^= v2
        v2 = v2 << 32 | v2 >> 32
    }
}
