internal import VarveBytes

extension BatchHeader {
    /// Whether the batch is an entry of magic 0 or 1, for which the fields say:
    ///
    /// | field | plain entry | compressed wrapper |
    /// |---|---|---|
    /// | `baseOffset` | the record's offset | the last record's: the first's is inside |
    /// | `lastOffsetDelta` | 0 | 0, so that `lastOffset` is right |
    /// | `recordsCount` | 1 | −1: how many there are is known inside only |
    /// | timestamps | the record's, −1 in magic 0 | the largest, −1 in magic 0 |
    /// | epoch, producer, sequence | −1 | −1 |
    @inlinable public var isLegacy: Bool { UInt8(bitPattern: magic) < 2 }

    /// Whether the first offset and the number of records are known only inside the batch.
    @inlinable public var isLegacyWrapper: Bool { isLegacy && attributes.isCompressed }

    /// The header of a batch whose records were read: of a wrapper, with the numbers that are
    /// found inside only.
    public func completed(by contents: BatchContents) -> BatchHeader {
        guard isLegacyWrapper else { return self }
        var header = self
        header.baseOffset = contents.baseOffset
        header.lastOffsetDelta = Int32(truncatingIfNeeded: baseOffset - contents.baseOffset)
        header.recordsCount = contents.recordsCount
        return header
    }

    /// Decodes the start of the entry of magic 0 or 1 at `position`.
    /// - Returns: nil when fewer bytes remain than the shortest entry has.
    /// - Precondition: the magic was read.
    @usableFromInline
    init?(legacy bytes: RawSpan, at position: Int) {
        let magic = bytes.int8(at: position + LegacyLayout.magic.start)
        guard bytes.byteCount - position >= LegacyLayout.entrySizeMin(magic: magic) else {
            return nil
        }
        self.magic = magic
        baseOffset = bytes.int64(at: position + LegacyLayout.offset.start)
        batchLength = bytes.int32(at: position + LegacyLayout.size.start)
        crc = bytes.uint32(at: position + LegacyLayout.crc.start)
        attributes = BatchAttributes(legacy: bytes, at: position)
        maxTimestamp =
            magic == 0 ? -1 : bytes.int64(at: position + LegacyLayout.timestamp.start)
        baseTimestamp = maxTimestamp
        recordsCount = attributes.isCompressed ? -1 : 1
        lastOffsetDelta = 0
        partitionLeaderEpoch = -1
        producerId = -1
        producerEpoch = -1
        baseSequence = -1
    }
}
