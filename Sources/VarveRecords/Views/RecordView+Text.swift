extension RecordView {
    /// The value as text: a copy, with U+FFFD in place of what is no UTF-8; nil for a tombstone.
    public var valueText: String? { Self.text(value) }

    /// The key as text: a copy, with U+FFFD in place of what is no UTF-8; nil without a key.
    public var keyText: String? { Self.text(key) }

    private static func text(_ bytes: RawSpan?) -> String? {
        guard let bytes else { return nil }
        return unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
