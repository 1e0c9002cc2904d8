internal import CVarve

/// CRC-32C (Castagnoli), the checksum of record batches and producer snapshots: RFC 3720 §12.1.
/// Computed by the widest instructions that this machine has, chosen once at the first use.
public enum CRC32C {
    /// The checksum of `bytes`, or of everything before followed by `bytes` when `previous` is the
    /// checksum of what came before.
    /// - Complexity: O(n), at about the speed of memory.
    public static func checksum(_ bytes: RawSpan, continuing previous: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { raw in
            unsafe varve_crc32c(previous, raw.baseAddress, raw.count)
        }
    }

    /// The checksum of bytes that lie in a file mapping, or nil when the file no longer holds them
    /// (it was cut short, or the disk cannot read them): the fault is caught, not fatal.
    public static func checksum(mapped bytes: RawSpan) -> UInt32? {
        unsafe bytes.withUnsafeBytes { raw in
            var crc: UInt32 = 0
            let outcome = unsafe varve_guarded_crc32c(raw.baseAddress, raw.count, &crc)
            return outcome == 0 ? crc : nil
        }
    }

    /// The name of the instructions in use, for benchmark reports: `table`, `sse4.2`, `avx512` …
    public static var kernel: String { unsafe String(cString: varve_crc32c_kernel()) }
}
