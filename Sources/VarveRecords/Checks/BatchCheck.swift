import VarveBytes

/// The gateway for batches from files and clients: what passes here may be viewed, served and
/// patched without further doubt.
///
/// There are three depths. `structure` believes the bytes but not the numbers and costs a few
/// loads; `frame` also proves the checksum; `records` reads every record.
public enum BatchCheck {
    /// Checks that the header at `position` is lawful and its batch lies within `bytes`. The
    /// checksum is not looked at: for bytes that passed `frame` before.
    /// - Complexity: O(1).
    @inlinable
    public static func structure(
        _ bytes: RawSpan, at position: Int = 0
    ) throws(BatchDefect) -> BatchHeader {
        let header = try extent(bytes, at: position)
        try lawful(header)
        return header
    }

    /// Checks that a whole batch lies at `position`, is the one that its checksum was made of,
    /// and has a lawful header. Allocates nothing.
    ///
    /// The checksum does not cover the base offset, the length, the epoch and the magic: a flip
    /// there that leaves the rest lawful passes. Logs find it by continuity and by their sidecars.
    /// - Complexity: O(size of the batch), at about the speed of memory.
    public static func frame(
        _ bytes: RawSpan, at position: Int = 0
    ) throws(BatchDefect) -> BatchHeader {
        let header = try extent(bytes, at: position)
        guard !header.isLegacy else {
            try legacyFrame(bytes, at: position, header)
            return header
        }
        let covered = bytes.extracting(checksummed(header, at: position))
        let computed = CRC32C.checksum(covered)
        guard computed == header.crc else {
            throw .checksum(stored: header.crc, computed: computed)
        }
        try lawful(header)
        return header
    }

    /// `frame` for bytes of a file mapping: where the file no longer holds them, it throws
    /// `.unreadable` instead of ending the process.
    public static func frame(
        mapped bytes: RawSpan, at position: Int = 0
    ) throws(BatchDefect) -> BatchHeader {
        precondition(position >= 0 && position <= bytes.byteCount, "batch at \(position)")
        // The header is touched under guard before it is read.
        let headerEnd = min(position + BatchLayout.headerSize, bytes.byteCount)
        guard GuardedBytes.areReadable(bytes.extracting(position..<headerEnd)) else {
            throw .unreadable
        }
        let header = try extent(bytes, at: position)
        guard !header.isLegacy else {
            let entry = bytes.extracting(position..<position + header.sizeInBytes)
            guard GuardedBytes.areReadable(entry) else { throw .unreadable }
            try legacyFrame(bytes, at: position, header)
            return header
        }
        let covered = bytes.extracting(checksummed(header, at: position))
        guard let computed = CRC32C.checksum(mapped: covered) else { throw .unreadable }
        guard computed == header.crc else {
            throw .checksum(stored: header.crc, computed: computed)
        }
        try lawful(header)
        return header
    }

    /// What `frame` adds to `structure`, for bytes of a file mapping that begin with a batch whose
    /// header passed it: proves the checksum.
    /// - Throws: `.checksum`; `.unreadable` where the file no longer holds the bytes.
    public static func checksum(
        mapped bytes: RawSpan, of header: BatchHeader
    ) throws(BatchDefect) {
        guard !header.isLegacy else {
            _ = try frame(mapped: bytes)
            return
        }
        let covered = bytes.extracting(checksummed(header, at: 0))
        guard let computed = CRC32C.checksum(mapped: covered) else { throw .unreadable }
        guard computed == header.crc else {
            throw .checksum(stored: header.crc, computed: computed)
        }
    }

    /// The header, of a known version, whose batch ends within `bytes`.
    @inlinable
    static func extent(_ bytes: RawSpan, at position: Int) throws(BatchDefect) -> BatchHeader {
        precondition(position >= 0 && position <= bytes.byteCount, "batch at \(position)")
        let available = bytes.byteCount - position
        guard let peek = BatchPeek(bytes, at: position) else {
            throw .truncated(needed: BatchLayout.headerSize, available: available)
        }
        let length = peek.sizeInBytes - BatchLayout.lengthOverhead
        // The length comes before the magic, for in a tail of zeros both are 0.
        guard length >= BatchLayout.lengthMin else {
            throw .lengthTooSmall(batchLength: Int32(truncatingIfNeeded: length))
        }
        guard peek.magic == BatchLayout.currentMagic else {
            guard UInt8(bitPattern: peek.magic) < 2 else { throw .unsupportedMagic(peek.magic) }
            return try legacyExtent(bytes, at: position, peek)
        }
        guard peek.sizeInBytes >= BatchLayout.headerSize else {
            throw .lengthTooSmall(batchLength: Int32(truncatingIfNeeded: length))
        }
        guard peek.sizeInBytes <= available else {
            throw .truncated(needed: peek.sizeInBytes, available: available)
        }
        return BatchHeader(unchecked: bytes, at: position)
    }

    /// What the numbers of a header must obey in every batch, stored or sent.
    @inlinable
    static func lawful(_ header: BatchHeader) throws(BatchDefect) {
        guard !header.isLegacy else { return try legacyLawful(header) }
        guard header.baseOffset >= 0 else { throw .baseOffsetNegative(header.baseOffset) }
        guard header.lastOffsetDelta >= 0 else {
            throw .lastOffsetDeltaNegative(header.lastOffsetDelta)
        }
        guard header.lastOffset != nil else {
            throw .offsetOverflow(
                baseOffset: header.baseOffset, lastOffsetDelta: header.lastOffsetDelta)
        }
        guard header.recordsCount >= 0 else { throw .recordsCountNegative(header.recordsCount) }
        let count = Int(header.recordsCount)
        let bodySize = header.sizeInBytes - BatchLayout.headerSize
        let fitsOffsets = count <= Int(header.lastOffsetDelta) + 1
        let fitsBytes =
            header.attributes.isCompressed
            || count <= bodySize / BatchLayout.recordSizeMin
        guard fitsOffsets, fitsBytes else {
            throw .recordsCountTooLarge(
                header.recordsCount, lastOffsetDelta: header.lastOffsetDelta, bytes: bodySize)
        }
        guard header.attributes.codecNumber <= Codec.zstd.rawValue else {
            throw .unknownCodec(header.attributes.codecNumber)
        }
    }

    @inlinable
    static func checksummed(_ header: BatchHeader, at position: Int) -> Range<Int> {
        position + BatchLayout.checksummedFrom..<position + header.sizeInBytes
    }
}
