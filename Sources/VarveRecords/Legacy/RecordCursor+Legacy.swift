internal import VarveBytes
internal import VarveTerms

// The records of magic 0 and 1. A cursor over them counts no records in its header, so that the
// road of magic 2 meets them only where its own records end.
extension RecordCursor {
    /// The next record of an entry, or of the entries that a wrapper holds.
    @usableFromInline
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    mutating func nextLegacy() throws(BatchDefect) -> RecordView? {
        if index == 0 { try beginLegacy() }
        guard reader.remaining > 0 else { return nil }
        let size = try legacySize(at: reader.position, index: index)
        let start = reader.position
        reader.position += size
        let bytes = reader.bytes.extracting(start..<start + size)
        let entry: LegacyEntry
        do throws(RecordDefect) {
            entry = try LegacyEntry(bytes)
        } catch {
            throw .record(index: index, error)
        }
        let isInner = header.attributes.isCompressed
        guard !isInner || !entry.attributes.isCompressed else {
            throw .legacy(.innerCompressed(index: index))
        }
        let (offset, overflow) = legacyBase.addingReportingOverflow(entry.offset)
        let first = header.baseOffset
        guard !overflow, offset >= first, offset - first <= Int64(header.lastOffsetDelta) else {
            throw .legacy(
                .innerOffset(
                    index: index, found: entry.offset,
                    wrapper: first + Int64(header.lastOffsetDelta)))
        }
        place += 1
        return RecordView(entry, at: Offset(offset), in: header)
    }

    /// Finds out which offset the first record has, and what the offsets inside count from.
    ///
    ///     magic 0   wrapper at 12, inside 10, 11, 12   offsets are the records' own
    ///     magic 1   wrapper at 12, inside 0, 1, 2      offsets count from 12 − 2
    @_lifetime(self: copy self)
    private mutating func beginLegacy() throws(BatchDefect) {
        guard reader.remaining > 0 else { throw .legacy(.wrapperEmpty) }
        let wrapper = header.baseOffset
        var (position, index, last) = (reader.position, Int32(0), Int64(0))
        let first =
            reader.bytes.byteCount - position >= BatchPeek.size
            ? reader.bytes.int64(at: position) : 0
        while position < reader.bytes.byteCount {
            let size = try legacySize(at: position, index: index)
            last = reader.bytes.int64(at: position)
            position += size
            index += 1
        }
        let isRelative = header.attributes.isCompressed && header.magic == 1
        guard wrapper >= 0, first >= 0, last >= 0, !isRelative || last <= wrapper else {
            throw .legacy(.offsetSpan(wrapper: wrapper, firstInner: first))
        }
        legacyBase = isRelative ? wrapper - last : 0
        // At most the wrapper's own offset is left for what comes before the last entry.
        guard first <= wrapper - legacyBase,
            let delta = Int32(exactly: wrapper - legacyBase - first)
        else { throw .legacy(.offsetSpan(wrapper: wrapper, firstInner: first)) }
        header.baseOffset = legacyBase + first
        header.lastOffsetDelta = delta
    }

    /// Bytes of the entry at `position`, which are all there and of the right format.
    private func legacySize(at position: Int, index: Int32) throws(BatchDefect) -> Int {
        let available = reader.bytes.byteCount - position
        guard let peek = BatchPeek(reader.bytes, at: position) else {
            throw .legacy(
                .innerTruncated(
                    index: index, needed: LegacyLayout.entrySizeMin(magic: header.magic),
                    available: available))
        }
        guard peek.magic == header.magic else {
            throw .legacy(.innerMagic(index: index, found: peek.magic, wrapper: header.magic))
        }
        guard peek.sizeInBytes >= LegacyLayout.entrySizeMin(magic: peek.magic) else {
            let size = Int32(truncatingIfNeeded: peek.sizeInBytes - BatchLayout.lengthOverhead)
            throw .legacy(.innerSizeTooSmall(index: index, size: size))
        }
        guard peek.sizeInBytes <= available else {
            throw .legacy(
                .innerTruncated(index: index, needed: peek.sizeInBytes, available: available))
        }
        return peek.sizeInBytes
    }
}

extension RecordView {
    /// The record that an entry is. Its bytes begin with its attributes, as those of magic 2 do.
    @_lifetime(copy entry)
    init(_ entry: borrowing LegacyEntry, at offset: Offset, in header: BatchHeader) {
        let start = LegacyLayout.attributes.start
        body = entry.bytes.extracting(start..<entry.bytes.byteCount)
        self.offset = offset
        storedTimestamp = Timestamp(milliseconds: entry.timestamp)
        timestamp =
            header.timestampType == .logAppend
            ? Timestamp(milliseconds: header.maxTimestamp) : storedTimestamp
        // The cursor proved that the offset lies within the wrapper's, which span 31 bits.
        offsetDelta = Int32(truncatingIfNeeded: offset.rawValue - header.baseOffset)
        timestampDelta = 0
        rawSequence = -1
        keyPlace = entry.key.moved(back: start)
        valuePlace = entry.value.moved(back: start)
        headerCount = 0
        headersStart = body.byteCount
    }
}

extension RecordBatchView {
    /// What a cursor or a codec reads of an entry: the entry itself, or what its wrapper holds.
    /// Empty where the wrapper's fields are malformed.
    @usableFromInline
    var legacyBody: RawSpan {
        @_lifetime(copy self)
        get {
            guard isCompressed else { return bytes }
            guard let entry = try? LegacyEntry(bytes), let content = entry.content else {
                return bytes.extracting(0..<0)
            }
            return content
        }
    }
}
