internal import CZlib
internal import VarveBytes

/// The checksum of entries before magic 2: CRC-32 with the polynomial of IEEE 802.3, as in gzip.
enum CRC32 {
    /// - Complexity: O(size).
    static func checksum(_ bytes: RawSpan) -> UInt32 {
        unsafe bytes.withUnsafeBytes { raw in
            let start = unsafe raw.assumingMemoryBound(to: UInt8.self).baseAddress
            return UInt32(truncatingIfNeeded: unsafe crc32_z(0, start, raw.count))
        }
    }
}
