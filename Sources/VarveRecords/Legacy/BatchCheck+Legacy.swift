internal import VarveBytes

extension BatchCheck {
    /// Whether the bytes at `position` look like an entry of magic 0 or 1: for whoever looks for
    /// one among bytes of any kind. Fields that lie past the end of `bytes` count as right.
    /// - Precondition: the header there decodes.
    public static func isPlausibleLegacy(_ bytes: RawSpan, at position: Int) -> Bool {
        guard let peek = BatchPeek(bytes, at: position),
            let header = BatchHeader(legacy: bytes, at: position),
            peek.sizeInBytes >= LegacyLayout.entrySizeMin(magic: peek.magic),
            // The bits that every writer leaves clear.
            bytes.uint8(at: position + LegacyLayout.attributes.start) & 0xF0 == 0,
            (try? legacyLawful(header)) != nil
        else { return false }
        let keyLength = position + LegacyLayout.keyLength(magic: peek.magic).start
        let key = Int(bytes.int32(at: keyLength))
        let fields = peek.sizeInBytes - LegacyLayout.entrySizeMin(magic: peek.magic)
        guard key >= -1, key <= fields else { return false }
        let valueLength = keyLength + LegacyLayout.lengthWidth + max(key, 0)
        guard valueLength + LegacyLayout.lengthWidth <= bytes.byteCount else { return true }
        let value = Int(bytes.int32(at: valueLength))
        return value >= -1 && max(key, 0) + max(value, 0) == fields
    }

    /// The header of the entry of magic 0 or 1 at `position`, which ends within `bytes`.
    @usableFromInline
    static func legacyExtent(
        _ bytes: RawSpan, at position: Int, _ peek: BatchPeek
    ) throws(BatchDefect) -> BatchHeader {
        guard peek.sizeInBytes >= LegacyLayout.entrySizeMin(magic: peek.magic) else {
            throw .lengthTooSmall(
                batchLength: Int32(
                    truncatingIfNeeded: peek.sizeInBytes - BatchLayout.lengthOverhead))
        }
        let available = bytes.byteCount - position
        guard peek.sizeInBytes <= available,
            let header = BatchHeader(legacy: bytes, at: position)
        else { throw .truncated(needed: peek.sizeInBytes, available: available) }
        return header
    }

    /// What the numbers of an entry's fixed part must obey.
    @usableFromInline
    static func legacyLawful(_ header: BatchHeader) throws(BatchDefect) {
        guard header.baseOffset >= 0 else { throw .baseOffsetNegative(header.baseOffset) }
        let codec = header.attributes.codecNumber
        guard codec <= Codec.lz4.rawValue else {
            throw .legacy(.codec(codec, magic: header.magic))
        }
    }

    /// Checks the checksum of the entry at `position`, which ends within `bytes`, and that its
    /// fields fill it.
    static func legacyFrame(
        _ bytes: RawSpan, at position: Int, _ header: BatchHeader
    ) throws(BatchDefect) {
        let entry = bytes.extracting(position..<position + header.sizeInBytes)
        let computed = LegacyEntry.crc(of: entry)
        guard computed == header.crc else {
            throw .checksum(stored: header.crc, computed: computed)
        }
        try legacyLawful(header)
        let hasContent: Bool
        do throws(RecordDefect) {
            hasContent = try LegacyEntry(entry).value.size > 0
        } catch {
            throw .record(index: 0, error)
        }
        guard hasContent || !header.attributes.isCompressed else {
            throw .legacy(.wrapperEmpty)
        }
    }

    /// Checks the checksums of the entries that a wrapper holds; those whose sizes are not right
    /// are left to whoever reads them.
    static func legacyChecksums(_ expanded: RawSpan) throws(BatchDefect) {
        var position = 0
        var index: Int32 = 0
        while let peek = BatchPeek(expanded, at: position),
            LegacyLayout.isLegacy(magic: peek.magic),
            peek.sizeInBytes >= LegacyLayout.entrySizeMin(magic: peek.magic),
            peek.sizeInBytes <= expanded.byteCount - position
        {
            let entry = expanded.extracting(position..<position + peek.sizeInBytes)
            let stored = entry.uint32(at: LegacyLayout.crc.start)
            let computed = LegacyEntry.crc(of: entry)
            guard computed == stored else {
                throw .legacy(.innerChecksum(index: index, stored: stored, computed: computed))
            }
            position += peek.sizeInBytes
            index += 1
        }
    }
}
