internal import VarveBytes

/// What a check needs to know of a plain record.
struct PlainRecord {
    let timestampDelta: Int64
    let offsetDelta: Int32
    let hasKey: Bool
}

extension RecordCursor {
    /// Bytes that the numbers in front of a record's key take at the most: its length, attributes,
    /// timestamp delta, offset delta and the key's length; and one that is read beyond the last.
    private static let frontMax = 3 + 1 + 3 + 3 + 3 + 1

    /// Moves past the next record if it is plain: well formed, its offset within the batch, no
    /// number in it longer than three bytes, and no headers.
    ///
    /// Most records are, and for them it takes a third of the work of `next`: bounds are looked at
    /// twice for each record and not for each byte.
    /// - Returns: nil, without a move, for every other record; `next` says what is wrong with it,
    ///   if anything is.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func nextPlain() -> PlainRecord? {
        let bytes = reader.bytes
        let start = reader.position
        guard place < header.recordsCount, bytes.byteCount - start >= Self.frontMax else {
            return nil
        }
        // Nothing of this reads past `frontMax`. What lies behind the record's own end is found by
        // where the last field ends.
        var position = start
        guard let length = bytes.shortVarint(at: &position) else { return nil }
        let end = position + length
        position += 1
        guard let timestampDelta = bytes.shortVarint(at: &position),
            let offsetDelta = bytes.shortVarint(at: &position),
            let keySize = bytes.shortVarint(at: &position),
            offsetDelta >= 0, offsetDelta <= Int(header.lastOffsetDelta), keySize >= -1
        else { return nil }
        position += max(keySize, 0)
        guard bytes.byteCount - position >= 4, let valueSize = bytes.shortVarint(at: &position),
            valueSize >= -1
        else { return nil }
        position += max(valueSize, 0)
        // Fields follow each other, so with the last in its place all lie within the record.
        guard position == end - 1, end <= bytes.byteCount,
            unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self) == 0
        else { return nil }
        reader.position = end
        place += 1
        return PlainRecord(
            timestampDelta: Int64(timestampDelta),
            offsetDelta: Int32(truncatingIfNeeded: offsetDelta), hasKey: keySize >= 0)
    }

    /// Takes the last move of `nextPlain` back.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func goBack(to start: Int) {
        reader.position = start
        place -= 1
    }
}

extension RawSpan {
    /// The zigzag varint at `position`, which is moved past it; nil when it takes more than three
    /// bytes.
    ///
    /// - Precondition: four bytes can be read there. It is not looked at: see `nextPlain`.
    @inline(__always)
    fileprivate func shortVarint(at position: inout Int) -> Int? {
        let word = UInt32(
            littleEndian: unsafe unsafeLoadUnaligned(
                fromUncheckedByteOffset: position, as: UInt32.self))
        var raw = word & 0x7F
        if word & 0x80 == 0 {
            position &+= 1
        } else {
            raw |= word >> 1 & 0x3F80
            if word & 0x8000 == 0 {
                position &+= 2
            } else {
                guard word & 0x80_0000 == 0 else { return nil }
                raw |= word >> 2 & 0x1F_C000
                position &+= 3
            }
        }
        return Int(raw >> 1) ^ -Int(raw & 1)
    }
}
