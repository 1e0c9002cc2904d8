public import VarveBytes

/// Walks the records of one batch forward. It allocates nothing, believes nothing, and never
/// reads outside its bytes; the first defect ends the walk.
///
/// A cursor proves that each record is well formed and its offset lies within the batch. Whether
/// the offsets increase is for `BatchCheck.records`: Kafka stores what a producer sent.
@frozen
public struct RecordCursor: ~Escapable {
    @usableFromInline var reader: ByteReader
    @usableFromInline var header: BatchHeader
    @usableFromInline var place: Int32
    /// What the offsets inside a wrapper of magic 1 count from.
    @usableFromInline var legacyBase: Int64 = 0

    /// - Parameter bytes: the records, neither header nor compression.
    @inlinable
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, header: BatchHeader) {
        reader = ByteReader(bytes)
        self.header = header
        place = 0
        if header.isLegacy { self.header.recordsCount = 0 }
    }

    /// How many records were read so far, which is the index of the next one.
    @inlinable public var index: Int32 { place }

    /// Bytes that no record took yet.
    @inlinable public var bytesLeft: Int { reader.remaining }

    /// The next record; nil after the last one that the header counts, at the end of the bytes.
    /// - Throws: `.record` for a malformed record, `.missingRecords` or `.trailingBytes` where the
    ///   count and the bytes disagree. The cursor is then of no further use.
    @inlinable
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    public mutating func next() throws(BatchDefect) -> RecordView? {
        guard index < header.recordsCount else {
            if header.isLegacy { return try nextLegacy() }
            guard reader.remaining == 0 else { throw .trailingBytes(reader.remaining) }
            return nil
        }
        guard reader.remaining > 0 else {
            throw .missingRecords(declared: header.recordsCount, found: index)
        }
        guard let length = reader.varint() else {
            throw .record(index: index, .varint(.length))
        }
        guard length >= BatchLayout.recordSizeMin - 1 else {
            throw .record(index: index, .lengthTooSmall(length))
        }
        let available = reader.remaining
        guard let body = reader.take(Int(length)) else {
            throw .record(index: index, .lengthPastEnd(length, available: available))
        }
        let record: RecordView
        do throws(RecordDefect) {
            record = try RecordView(body, header: header)
        } catch {
            throw .record(index: index, error)
        }
        place += 1
        return record
    }
}
