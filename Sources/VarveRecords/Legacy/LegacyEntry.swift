internal import VarveBytes

/// One entry of magic 0 or 1 in somebody else's memory, its fields found and proven to lie within
/// it. The checksum is not looked at.
struct LegacyEntry: ~Escapable {
    /// The whole entry, from its offset to its value.
    let bytes: RawSpan
    let offset: Int64
    let magic: Int8
    let attributes: BatchAttributes
    /// −1 in magic 0.
    let timestamp: Int64
    let key: FieldPlace
    let value: FieldPlace

    /// Finds the fields of the entry that `bytes` is, of magic 0 or 1 and at least as long as the
    /// shortest one.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) throws(RecordDefect) {
        let magic = bytes.int8(at: LegacyLayout.magic.start)
        self.bytes = bytes
        self.magic = magic
        offset = bytes.int64(at: LegacyLayout.offset.start)
        attributes = BatchAttributes(legacy: bytes, at: 0)
        timestamp = magic == 0 ? -1 : bytes.int64(at: LegacyLayout.timestamp.start)
        let keyLength = LegacyLayout.keyLength(magic: magic)
        key = try FieldPlace(.key, in: bytes, lengthAt: keyLength.start)
        value = try FieldPlace(.value, in: bytes, lengthAt: key.end)
        guard value.end == bytes.byteCount else { throw .bytesLeft(bytes.byteCount - value.end) }
    }

    var storedCRC: UInt32 { bytes.uint32(at: LegacyLayout.crc.start) }

    var computedCRC: UInt32 { Self.crc(of: bytes) }

    /// What the checksum of a whole entry must be.
    static func crc(of entry: RawSpan) -> UInt32 {
        CRC32.checksum(entry.extracting(LegacyLayout.crc.end..<entry.byteCount))
    }

    /// The value's bytes; nil when it is null.
    var content: RawSpan? {
        @_lifetime(copy self)
        get { value.bytes(in: bytes) }
    }
}

extension BatchAttributes {
    /// The attributes of the entry at `position`, as those of a batch: bits that have a meaning in
    /// magic 2 only are left out.
    init(legacy bytes: RawSpan, at position: Int) {
        let raw = bytes.uint8(at: position + LegacyLayout.attributes.start)
        let magic = bytes.int8(at: position + LegacyLayout.magic.start)
        self.init(rawValue: Int16(raw & (magic == 0 ? 0x07 : 0x0F)))
    }
}

extension FieldPlace {
    /// Finds a field whose length, four bytes wide, stands at `position`.
    init(
        _ field: RecordField, in bytes: RawSpan, lengthAt position: Int
    ) throws(RecordDefect) {
        let available = bytes.byteCount - position - LegacyLayout.lengthWidth
        guard available >= 0 else {
            throw .fieldPastEnd(
                field, length: Int32(LegacyLayout.lengthWidth),
                available: bytes.byteCount - position)
        }
        let length = bytes.int32(at: position)
        guard length >= -1 else { throw .lengthNegative(field, length) }
        guard Int(length) <= available else {
            throw .fieldPastEnd(field, length: length, available: available)
        }
        self.init(start: position + LegacyLayout.lengthWidth, size: Int(length))
    }

    /// The first byte after the field.
    var end: Int { start + max(size, 0) }

    private init(start: Int, size: Int) {
        self.start = start
        self.size = size
    }

    /// The same field where its record begins `distance` bytes later.
    func moved(back distance: Int) -> FieldPlace {
        FieldPlace(start: start - distance, size: size)
    }
}
