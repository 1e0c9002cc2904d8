/// A record as a test writes it down: `"value"`, or a key and a value of bytes.
public struct TestRecord: Hashable, Sendable {
    public var key: [UInt8]?
    /// nil is a tombstone.
    public var value: [UInt8]?

    public init(key: [UInt8]? = nil, value: [UInt8]?) {
        self.key = key
        self.value = value
    }

    /// A record of texts.
    public init(key: String? = nil, _ value: String) {
        self.init(key: key.map { Array($0.utf8) }, value: Array(value.utf8))
    }
}

extension TestRecord: ExpressibleByStringLiteral {
    /// A record without a key.
    public init(stringLiteral value: String) { self.init(value) }
}

extension TestRecord: CustomStringConvertible {
    /// `key=value`, read as UTF-8; `null` for a tombstone.
    public var description: String {
        let text = value.map { String(decoding: $0, as: UTF8.self) } ?? "null"
        return key.map { String(decoding: $0, as: UTF8.self) + "=" + text } ?? text
    }
}
