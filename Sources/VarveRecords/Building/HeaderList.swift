import VarveBytes

/// Headers in the form that records hold them, for records that are built one after another:
/// `removeAll` keeps the memory.
public struct HeaderList: ~Copyable {
    private var encoded: ByteBuffer
    /// How many headers the list holds.
    public private(set) var count: Int32 = 0

    public init() { encoded = ByteBuffer(capacity: 64) }

    /// The headers without their count.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get { encoded.bytes }
    }

    /// - Precondition: key and value are smaller than 2^31 bytes.
    public mutating func append(key: RawSpan, value: RawSpan?) {
        encoded.appendField(key)
        encoded.appendField(value)
        count += 1
    }

    public mutating func append(_ header: RecordHeader) {
        encoded.appendField(header.key)
        encoded.appendField(header.value)
        count += 1
    }

    /// Forgets the headers and keeps the memory.
    public mutating func removeAll() {
        encoded.removeAll()
        count = 0
    }
}

extension ByteBuffer {
    /// Appends a field with its varint length; −1 alone stands for null.
    mutating func appendField(_ bytes: RawSpan?) {
        guard let bytes else { return appendVarint(-1) }
        appendVarint(Int32(bytes.byteCount))
        append(bytes)
    }
}

extension ByteBuffer {
    /// Appends a field that an array holds.
    mutating func appendField(_ bytes: [UInt8]?) {
        guard let bytes else { return appendVarint(-1) }
        appendField(bytes.rawSpan)
    }
}
