public import VarveBytes

/// One header of a record: a key and a value that may be null.
@frozen
public struct HeaderView: ~Escapable {
    /// UTF-8 by convention; nothing in the format proves it.
    public let key: RawSpan
    public let value: RawSpan?

    @inlinable
    @_lifetime(copy key, copy value)
    init(key: RawSpan, value: consuming RawSpan?) {
        self.key = key
        self.value = value
    }
}

/// Walks the headers of one record forward. The record proved them, so no walk can fail.
@frozen
public struct HeaderCursor: ~Escapable {
    @usableFromInline var reader: ByteReader
    @usableFromInline var left: Int

    @inlinable
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, count: Int) {
        reader = ByteReader(bytes)
        left = count
    }

    /// How many headers are still to come.
    @inlinable public var remaining: Int { left }

    @inlinable
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    public mutating func next() -> HeaderView? {
        guard remaining > 0,
            let keySize = reader.varint(), let key = reader.take(Int(keySize)),
            let valueSize = reader.varint()
        else { return nil }
        left -= 1
        guard valueSize >= 0 else { return HeaderView(key: key, value: nil) }
        return HeaderView(key: key, value: reader.take(Int(valueSize)))
    }
}
