// Varints: base-128 groups, least significant first, the top bit of each byte set when another
// follows. Records use the zigzag form (0, −1, 1, −2 … become 0, 1, 2, 3 …); an int takes at most
// 5 bytes, a long at most 10, as in Kafka's ByteUtils and Protocol Buffers' encoding page.

/// A place in a span that moves forward as it reads. It answers nil where the bytes end or break
/// the encoding, and is then of no further use.
@frozen
public struct ByteReader: ~Escapable {
    public let bytes: RawSpan
    public var position: Int

    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    @inlinable public var remaining: Int { bytes.byteCount - position }

    /// A zigzag varint of at most 5 bytes. Bits past the 32nd must be clear.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    public mutating func varint() -> Int32? {
        guard let raw = unsignedVarint() else { return nil }
        return Int32(bitPattern: raw >> 1) ^ -Int32(bitPattern: raw & 1)
    }

    /// A zigzag varint of at most 10 bytes. Bits past the 64th must be clear.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    public mutating func varlong() -> Int64? {
        guard let raw = unsignedVarlong() else { return nil }
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    public mutating func unsignedVarint() -> UInt32? {
        guard position < bytes.byteCount else { return nil }
        let first = bytes.uint8(at: position)
        if first < 0x80 {
            position += 1
            return UInt32(first)
        }
        // Two bytes are as common as one in records: lengths from 64 to 8,191.
        if remaining > 1, bytes.uint8(at: position + 1) < 0x80 {
            let second = bytes.uint8(at: position + 1)
            position += 2
            return UInt32(first & 0x7F) | UInt32(second) << 7
        }
        guard let wide = longVarint(byteCountMax: 5), wide <= UInt64(UInt32.max) else { return nil }
        return UInt32(wide)
    }

    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    public mutating func unsignedVarlong() -> UInt64? {
        guard position < bytes.byteCount else { return nil }
        let first = bytes.uint8(at: position)
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        if remaining > 1, bytes.uint8(at: position + 1) < 0x80 {
            let second = bytes.uint8(at: position + 1)
            position += 2
            return UInt64(first & 0x7F) | UInt64(second) << 7
        }
        return longVarint(byteCountMax: 10)
    }

    @usableFromInline
    @_lifetime(self: copy self)
    mutating func longVarint(byteCountMax: Int) -> UInt64? {
        var value: UInt64 = 0
        for place in 0..<byteCountMax {
            guard position < bytes.byteCount else { return nil }
            let byte = bytes.uint8(at: position)
            position += 1
            // The tenth byte of a long may only carry the 64th bit.
            if place == 9, byte & 0x7E != 0 { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(7 * place)
            if byte < 0x80 { return value }
        }
        return nil
    }

    /// Moves past `size` bytes and lends them.
    @inlinable
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    public mutating func take(_ size: Int) -> RawSpan? {
        guard size >= 0, size <= remaining else { return nil }
        let start = position
        position += size
        return bytes.extracting(start..<start + size)
    }
}

extension ByteBuffer {
    /// Appends a zigzag varint: 1 to 5 bytes.
    @inlinable @inline(__always)
    public mutating func appendVarint(_ value: Int32) {
        appendUnsigned(UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
    }

    /// Appends a zigzag varint: 1 to 10 bytes.
    @inlinable @inline(__always)
    public mutating func appendVarlong(_ value: Int64) {
        appendUnsigned(UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    /// Appends `value` in base-128 groups without zigzag.
    @inlinable @inline(__always)
    public mutating func appendUnsigned(_ value: UInt64) {
        reserve(10)
        var rest = value
        var place = count
        while rest >= 0x80 {
            unsafe base.storeBytes(
                of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: place, as: UInt8.self)
            rest >>= 7
            place += 1
        }
        unsafe base.storeBytes(
            of: UInt8(truncatingIfNeeded: rest), toByteOffset: place, as: UInt8.self)
        end = place + 1
    }
}

/// How many bytes values take as varints.
public enum VarintSize {
    @inlinable public static func varint(_ value: Int32) -> Int {
        unsigned(UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
    }

    @inlinable public static func varlong(_ value: Int64) -> Int {
        unsigned(UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    @inlinable public static func unsigned(_ value: UInt64) -> Int {
        let bits = max(1, 64 - value.leadingZeroBitCount)
        return (bits + 6) / 7
    }
}
