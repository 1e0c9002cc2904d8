internal import CVarve

/// Looks at bytes of a file mapping before they are read: the file may have been cut short, or its
/// disk may fail, and touching them would end the process.
public enum GuardedBytes {
    /// Whether every page of `bytes` can be read now. The fault of one that cannot is caught.
    /// - Complexity: one touch for each 4 KiB; a few nanoseconds for a header.
    public static func areReadable(_ bytes: RawSpan) -> Bool {
        unsafe bytes.withUnsafeBytes { raw in
            unsafe varve_guarded_touch(raw.baseAddress, raw.count) == 0
        }
    }
}
