extension RawSpan {
    /// The bytes as text; nil unless they are UTF-8 throughout.
    public func text() -> String? {
        unsafe withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
    }
}
