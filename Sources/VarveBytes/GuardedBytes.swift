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

    /// Calls `body`, which may read `bytes` as it likes. A page of them that is lost meanwhile is
    /// replaced, in the mapping itself and for good, by one of zeros.
    ///
    /// - Precondition: nobody else reads this mapping, and `body` shields nothing.
    /// - Returns: what `body` answers; nil when a page was lost, since it read zeros then.
    public static func shielding<Value>(_ bytes: RawSpan, _ body: () -> Value) -> Value? {
        unsafe bytes.withUnsafeBytes { raw in
            unsafe varve_shield_begin(raw.baseAddress, raw.count)
        }
        let value = body()
        return varve_shield_end() == 0 ? value : nil
    }
}
