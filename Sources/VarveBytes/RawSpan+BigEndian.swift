// Big-endian integers in spans. Every read is bounds-checked by the span itself; callers check
// sizes from outside before they read, so a check that fires is a bug and not a bad file.
extension RawSpan {
    @inlinable @inline(__always)
    public func int8(at start: Int) -> Int8 {
        unsafe unsafeLoadUnaligned(fromByteOffset: start, as: Int8.self)
    }

    @inlinable @inline(__always)
    public func uint8(at start: Int) -> UInt8 {
        unsafe unsafeLoadUnaligned(fromByteOffset: start, as: UInt8.self)
    }

    @inlinable @inline(__always)
    public func int16(at start: Int) -> Int16 {
        Int16(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: start, as: Int16.self))
    }

    @inlinable @inline(__always)
    public func int32(at start: Int) -> Int32 {
        Int32(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: start, as: Int32.self))
    }

    @inlinable @inline(__always)
    public func uint32(at start: Int) -> UInt32 {
        UInt32(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self))
    }

    @inlinable @inline(__always)
    public func int64(at start: Int) -> Int64 {
        Int64(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: start, as: Int64.self))
    }

    @inlinable @inline(__always)
    public func uint64(at start: Int) -> UInt64 {
        UInt64(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    /// The bytes as an array: for tests, messages and keys that outlive the span.
    public func array() -> [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }

    /// Whether both spans hold the same bytes.
    public func isEqual(to other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        var place = 0
        while place + 8 <= byteCount {
            guard uint64(at: place) == other.uint64(at: place) else { return false }
            place += 8
        }
        while place < byteCount {
            guard uint8(at: place) == other.uint8(at: place) else { return false }
            place += 1
        }
        return true
    }
}

extension MutableRawSpan {
    @inlinable @inline(__always)
    public mutating func store(_ value: some FixedWidthInteger & BitwiseCopyable, at start: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: start, as: type(of: value).self)
    }
}
