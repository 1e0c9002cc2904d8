public import VarveBytes
public import VarveTerms

/// One record in its batch's memory, with all its fields found and proven to lie within it.
@frozen
public struct RecordView: ~Escapable {
    /// The record without its length.
    public let body: RawSpan
    public let offset: Offset
    /// The record's time: the batch's maximum under append time, else what the producer gave.
    public let timestamp: Timestamp
    /// The time that stands in the record, whatever the batch's timestamp type.
    public let storedTimestamp: Timestamp
    /// The offset less the batch's base offset.
    public let offsetDelta: Int32
    @usableFromInline let timestampDelta: Int64
    /// The producer's sequence number; −1 when there is none.
    @usableFromInline let rawSequence: Int32
    @usableFromInline let keyPlace: FieldPlace
    @usableFromInline let valuePlace: FieldPlace
    /// How many headers the record has.
    public let headerCount: Int
    @usableFromInline let headersStart: Int

    /// Finds the fields of the record whose bytes, without the length, are `body`.
    @inlinable
    @_lifetime(copy body)
    init(_ body: RawSpan, header: BatchHeader) throws(RecordDefect) {
        // The attributes byte has no meaning yet: Kafka writes 0 and reads past anything.
        var reader = ByteReader(body, at: 1)
        guard let timestampDelta = reader.varlong() else { throw .varint(.timestampDelta) }
        guard let offsetDelta = reader.varint() else { throw .varint(.offsetDelta) }
        guard offsetDelta >= 0, offsetDelta <= header.lastOffsetDelta else {
            throw .offsetDeltaOutside(offsetDelta, lastOffsetDelta: header.lastOffsetDelta)
        }
        let key = try FieldPlace(.key, from: &reader)
        let value = try FieldPlace(.value, from: &reader)
        guard let headerCount = reader.varint() else { throw .varint(.headerCount) }
        // A header takes at least two bytes, one for each length.
        guard headerCount >= 0, Int(headerCount) <= reader.remaining / 2 else {
            throw .headerCount(headerCount, available: reader.remaining)
        }
        headersStart = reader.position
        for _ in 0..<headerCount {
            _ = try FieldPlace(key: .headerKey, from: &reader)
            _ = try FieldPlace(.headerValue, from: &reader)
        }
        guard reader.remaining == 0 else { throw .bytesLeft(reader.remaining) }
        self.body = body
        self.offsetDelta = offsetDelta
        self.timestampDelta = timestampDelta
        // The batch was checked: its base offset plus any delta within it is an offset.
        offset = Offset(header.baseOffset + Int64(offsetDelta))
        // Kafka wraps the sum as it wrapped the difference, so every pair of times comes back.
        storedTimestamp = Timestamp(milliseconds: header.baseTimestamp &+ timestampDelta)
        timestamp =
            header.timestampType == .logAppend
            ? Timestamp(milliseconds: header.maxTimestamp) : storedTimestamp
        rawSequence =
            header.baseSequence < 0
            ? -1 : ProducerSequence.advance(header.baseSequence, by: offsetDelta)
        keyPlace = key
        valuePlace = value
        self.headerCount = Int(headerCount)
    }

    /// The attributes byte; Kafka defines no bit of it.
    @inlinable public var attributes: Int8 { body.int8(at: 0) }

    @inlinable
    public var key: RawSpan? {
        @_lifetime(copy self)
        get { keyPlace.bytes(in: body) }
    }

    /// Nil marks a tombstone in a compacted log.
    @inlinable
    public var value: RawSpan? {
        @_lifetime(copy self)
        get { valuePlace.bytes(in: body) }
    }

    /// The producer's sequence number of this record; nil when the batch carries none.
    @inlinable
    public var sequence: Int32? { rawSequence < 0 ? nil : rawSequence }

    /// The record's headers, from the first.
    @inlinable
    public var headers: HeaderCursor {
        @_lifetime(copy self)
        get { HeaderCursor(headerBytes, count: headerCount) }
    }

    /// The headers as they stand in the record, without their count.
    @inlinable
    public var headerBytes: RawSpan {
        @_lifetime(copy self)
        get { body.extracting(headersStart..<body.byteCount) }
    }

    /// Bytes that the record takes in its batch, its length included.
    @inlinable
    public var sizeInBytes: Int {
        VarintSize.varint(Int32(truncatingIfNeeded: body.byteCount)) + body.byteCount
    }
}

/// Where a field with a length lies in its record; a negative size stands for null.
@frozen
@usableFromInline
struct FieldPlace {
    @usableFromInline let start: Int
    @usableFromInline let size: Int

    /// Reads a field that may be null.
    @inlinable
    init(_ field: RecordField, from reader: inout ByteReader) throws(RecordDefect) {
        guard let length = reader.varint() else { throw .varint(field) }
        guard length >= -1 else { throw .lengthNegative(field, length) }
        start = reader.position
        size = Int(length)
        try skip(field, in: &reader)
    }

    /// Reads a field that may not be null.
    @inlinable
    init(key field: RecordField, from reader: inout ByteReader) throws(RecordDefect) {
        guard let length = reader.varint() else { throw .varint(field) }
        guard length >= 0 else { throw .lengthNegative(field, length) }
        start = reader.position
        size = Int(length)
        try skip(field, in: &reader)
    }

    @inlinable
    func skip(_ field: RecordField, in reader: inout ByteReader) throws(RecordDefect) {
        guard size > 0 else { return }
        guard size <= reader.remaining else {
            throw .fieldPastEnd(
                field, length: Int32(truncatingIfNeeded: size), available: reader.remaining)
        }
        reader.position += size
    }

    @inlinable
    @_lifetime(copy body)
    func bytes(in body: RawSpan) -> RawSpan? {
        size < 0 ? nil : body.extracting(start..<start + size)
    }
}
