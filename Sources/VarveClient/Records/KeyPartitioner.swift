internal import VarveBytes

/// Which partition a key goes to, as Kafka's own clients decide it: whoever writes a key from Java
/// and with this client finds its records in one partition, in their order.
public enum KeyPartitioner {
    /// The partition of a key among `count`.
    /// - Precondition: `count` is at least 1.
    public static func partition(of key: RawSpan, among count: Int) -> Int {
        Int(murmur2(key) & 0x7FFF_FFFF) % count
    }

    /// MurmurHash2 of 32 bits with the seed that Kafka took. Source: Appleby, MurmurHash2.
    static func murmur2(_ bytes: RawSpan) -> UInt32 {
        let factor: UInt32 = 0x5BD1_E995
        var hash = 0x9747_B28C ^ UInt32(truncatingIfNeeded: bytes.byteCount)
        var place = 0
        while place + 4 <= bytes.byteCount {
            var word = bytes.uint32(at: place).byteSwapped &* factor
            word ^= word >> 24
            hash = (hash &* factor) ^ (word &* factor)
            place += 4
        }
        let rest = bytes.byteCount - place
        if rest > 0 {
            for index in 0..<rest {
                hash ^= UInt32(bytes.uint8(at: place + index)) << (8 * UInt32(index))
            }
            hash = hash &* factor
        }
        hash ^= hash >> 13
        hash = hash &* factor
        return hash ^ hash >> 15
    }
}
