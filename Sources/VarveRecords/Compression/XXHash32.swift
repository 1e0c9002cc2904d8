internal import VarveBytes

/// XXH32 with seed 0, the checksum of LZ4 frames: of their headers, and of blocks where a writer
/// asked for it.
///
/// Source: xxHash fast digest algorithm, specification 0.1.1.
enum XXHash32 {
    private static var prime1: UInt32 { 0x9E37_79B1 }
    private static var prime2: UInt32 { 0x85EB_CA77 }
    private static var prime3: UInt32 { 0xC2B2_AE3D }
    private static var prime4: UInt32 { 0x27D4_EB2F }
    private static var prime5: UInt32 { 0x1656_67B1 }

    /// The hash of `bytes`.
    /// - Complexity: O(n), four bytes at a time.
    static func hash(_ bytes: RawSpan) -> UInt32 {
        var place = 0
        var hash = bytes.byteCount >= 16 ? stripes(bytes, &place) : prime5
        hash &+= UInt32(truncatingIfNeeded: bytes.byteCount)
        while place + 4 <= bytes.byteCount {
            hash &+= bytes.uint32LittleEndian(at: place) &* prime3
            hash = rotate(hash, 17) &* prime4
            place += 4
        }
        while place < bytes.byteCount {
            hash &+= UInt32(bytes.uint8(at: place)) &* prime5
            hash = rotate(hash, 11) &* prime1
            place += 1
        }
        hash = (hash ^ hash >> 15) &* prime2
        hash = (hash ^ hash >> 13) &* prime3
        return hash ^ hash >> 16
    }

    /// Folds the whole 16-byte stripes, in four lanes, and leaves `place` behind them.
    private static func stripes(_ bytes: RawSpan, _ place: inout Int) -> UInt32 {
        var (lane1, lane2) = (prime1 &+ prime2, prime2)
        var (lane3, lane4) = (UInt32(0), 0 &- prime1)
        while place + 16 <= bytes.byteCount {
            lane1 = round(lane1, bytes.uint32LittleEndian(at: place))
            lane2 = round(lane2, bytes.uint32LittleEndian(at: place + 4))
            lane3 = round(lane3, bytes.uint32LittleEndian(at: place + 8))
            lane4 = round(lane4, bytes.uint32LittleEndian(at: place + 12))
            place += 16
        }
        return rotate(lane1, 1) &+ rotate(lane2, 7) &+ rotate(lane3, 12) &+ rotate(lane4, 18)
    }

    @inline(__always)
    private static func round(_ lane: UInt32, _ input: UInt32) -> UInt32 {
        rotate(lane &+ input &* prime2, 13) &* prime1
    }

    @inline(__always)
    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value << count | value >> (32 - count)
    }
}
