public import VarveTerms

/// A record that owns its bytes: for programs that build or keep records. Hot paths read
/// `RecordView` and write spans instead.
public struct Record: Hashable, Sendable {
    public var key: [UInt8]?
    /// Nil marks a tombstone in a compacted log.
    public var value: [UInt8]?
    public var headers: [RecordHeader]
    /// Nil lets whoever appends the record choose its time.
    public var timestamp: Timestamp?

    public init(
        key: [UInt8]? = nil, value: [UInt8]?, headers: [RecordHeader] = [],
        timestamp: Timestamp? = nil
    ) {
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }

    /// A record whose value is the text in UTF-8, without a key.
    public init(text: String) { self.init(value: Array(text.utf8)) }
}

/// A header that owns its bytes.
public struct RecordHeader: Hashable, Sendable {
    /// UTF-8 by convention.
    public var key: [UInt8]
    public var value: [UInt8]?

    public init(key: [UInt8], value: [UInt8]?) {
        self.key = key
        self.value = value
    }

    public init(_ name: String, _ value: [UInt8]?) {
        self.init(key: Array(name.utf8), value: value)
    }
}
