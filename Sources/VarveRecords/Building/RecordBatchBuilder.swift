import VarveBytes
public import VarveTerms

/// Builds batches, one after another, in memory that it keeps.
///
///     var builder = RecordBatchBuilder()
///     builder.begin(BatchSettings())
///     _ = try builder.append(key: key, value: value, timestamp: now)
///     try builder.finish(with: compressor, into: &output)
///
/// For the same records it makes the same bytes as Kafka's producer does, unless compressed.
/// *Invariants*: `frame` starts with room for a header, followed by `count` whole records.
public struct RecordBatchBuilder: ~Copyable, Sendable {
    var frame: ByteBuffer
    /// The settings of the batch under construction.
    public private(set) var settings = BatchSettings()
    /// How many records the batch holds.
    public private(set) var count: Int32 = 0
    var lastOffsetDelta: Int32 = -1
    var baseTimestamp: Int64 = -1
    var maxTimestamp: Int64 = -1

    /// - Parameter capacity: bytes to hold before the memory grows.
    public init(capacity: Int = 4096) {
        frame = ByteBuffer(capacity: capacity)
        frame.appendZeros(BatchLayout.headerSize)
    }

    public var isEmpty: Bool { count == 0 }

    /// Bytes of the batch if it were finished now without compression.
    public var estimatedSize: ByteCount { ByteCount(frame.count) }

    /// The delta that the next record takes if none is named.
    public var nextOffsetDelta: Int32 { lastOffsetDelta &+ 1 }

    /// Starts a batch and forgets the records of the one before.
    public mutating func begin(_ settings: BatchSettings = BatchSettings()) {
        self.settings = settings
        frame.truncate(to: BatchLayout.headerSize)
        count = 0
        lastOffsetDelta = -1
        baseTimestamp = settings.deleteHorizon?.milliseconds ?? -1
        maxTimestamp = -1
    }

    /// Appends a record without headers.
    /// - Parameter offsetDelta: the record's offset less the base offset; nil takes the next one.
    ///   Compaction leaves gaps, a producer none.
    /// - Throws: a `BatchBuildError`; the batch is then as it was.
    public mutating func append(
        key: RawSpan?, value: RawSpan?, timestamp: Timestamp, offsetDelta: Int32? = nil
    ) throws(BatchBuildError) -> BatchAppendOutcome {
        try append(
            key: key, value: value, headerCount: 0, headers: RawSpan(),
            timestamp: timestamp, offsetDelta: offsetDelta)
    }

    /// Appends a record with the headers of `headers`.
    public mutating func append(
        key: RawSpan?, value: RawSpan?, headers: borrowing HeaderList,
        timestamp: Timestamp, offsetDelta: Int32? = nil
    ) throws(BatchBuildError) -> BatchAppendOutcome {
        try append(
            key: key, value: value, headerCount: headers.count, headers: headers.bytes,
            timestamp: timestamp, offsetDelta: offsetDelta)
    }

    /// Appends a record as another batch holds it, with its own time.
    public mutating func append(
        copying record: borrowing RecordView, offsetDelta: Int32? = nil
    ) throws(BatchBuildError) -> BatchAppendOutcome {
        try append(
            key: record.key, value: record.value, headerCount: Int32(record.headerCount),
            headers: record.headerBytes, timestamp: record.storedTimestamp,
            offsetDelta: offsetDelta)
    }

    /// Makes the batch cover offsets beyond its last record, as one that compaction thinned does.
    /// - Precondition: `delta` is not before the last record's.
    public mutating func cover(throughOffsetDelta delta: Int32) {
        precondition(delta >= lastOffsetDelta, "delta \(delta) before \(lastOffsetDelta)")
        lastOffsetDelta = delta
    }

    private mutating func append(
        key: RawSpan?, value: RawSpan?, headerCount: Int32, headers: RawSpan,
        timestamp: Timestamp, offsetDelta: Int32?
    ) throws(BatchBuildError) -> BatchAppendOutcome {
        let delta = try checkedDelta(offsetDelta)
        let fields = Self.size(of: key) + Self.size(of: value) + headers.byteCount
        guard try open(timestamp, delta: delta, headerCount: headerCount, fieldsSize: fields)
        else { return .full }
        frame.appendField(key)
        frame.appendField(value)
        frame.appendVarint(headerCount)
        frame.append(headers)
        return .appended(offsetDelta: delta)
    }

    /// Writes the start of a record, up to its key, and counts it.
    /// - Parameter fieldsSize: bytes of key, value and headers, the count of headers not included.
    /// - Returns: false when the batch is full; nothing was written then.
    mutating func open(
        _ timestamp: Timestamp, delta: Int32, headerCount: Int32, fieldsSize: Int
    ) throws(BatchBuildError) -> Bool {
        let time = timestamp.milliseconds
        let base = isEmpty && settings.deleteHorizon == nil ? time : baseTimestamp
        let (timeDelta, overflow) = time.subtractingReportingOverflow(base)
        guard !overflow else { throw .timestampOverflow(base: base, timestamp: time) }
        // One byte of attributes. No sum overflows: spans are never larger than the memory is.
        let size =
            1 + VarintSize.varlong(timeDelta) + VarintSize.varint(delta) + fieldsSize
            + VarintSize.varint(headerCount)
        guard let length = Int32(exactly: size), frame.count + size + 5 <= Int(Int32.max) else {
            throw .sizeOverflow(size: size)
        }
        let wholeSize = VarintSize.varint(length) + size
        if let sizeMax = settings.sizeMax, !isEmpty, frame.count + wholeSize > sizeMax.bytes {
            return false
        }
        frame.reserve(wholeSize)
        frame.appendVarint(length)
        frame.append(Int8(0))
        frame.appendVarlong(timeDelta)
        frame.appendVarint(delta)
        baseTimestamp = base
        maxTimestamp = isEmpty ? time : max(maxTimestamp, time)
        lastOffsetDelta = delta
        count += 1
        return true
    }

    /// The delta of the next record, once it is known to be lawful.
    func checkedDelta(_ wanted: Int32?) throws(BatchBuildError) -> Int32 {
        guard lastOffsetDelta < Int32.max else { throw .offsetOverflow }
        let delta = wanted ?? lastOffsetDelta + 1
        guard delta > lastOffsetDelta else {
            throw .offsetDelta(delta, after: lastOffsetDelta)
        }
        guard settings.baseOffset.advanced(byExactly: Int64(delta)) != nil else {
            throw .offsetOverflow
        }
        return delta
    }

    private static func size(of field: RawSpan?) -> Int {
        guard let field else { return 1 }
        return size(ofField: field.byteCount)
    }

    /// Bytes of a field of `count` bytes with its length.
    static func size(ofField count: Int) -> Int {
        VarintSize.unsigned(UInt64(count) << 1) + count
    }
}
