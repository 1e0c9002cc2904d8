/// What is wrong with the bytes of a batch. Sizes and counts are as found; none is believed.
public enum BatchDefect: Error, Hashable, Sendable {
    // MARK: The frame
    /// The bytes end inside the batch: the ordinary look of a torn write at the end of a log.
    case truncated(needed: Int, available: Int)
    /// The length field counts fewer bytes than the shortest batch has; zero-filled tails do.
    case lengthTooSmall(batchLength: Int32)
    /// The format version is not one that this reader knows.
    case unsupportedMagic(Int8)
    /// The bytes are not those that the checksum was made of.
    case checksum(stored: UInt32, computed: UInt32)
    /// The memory behind the bytes is gone: a mapped file was cut, or its disk cannot read it.
    case unreadable
    /// The bytes are whole by their own checksum, and not what was written there.
    case integrity(IntegrityDefect)

    // MARK: The header
    case baseOffsetNegative(Int64)
    /// The base offset plus the delta is no 64-bit offset.
    case offsetOverflow(baseOffset: Int64, lastOffsetDelta: Int32)
    case lastOffsetDeltaNegative(Int32)
    /// The batch starts before the one that it follows ends, or before its segment does.
    case offsetOutOfOrder(baseOffset: Int64, expected: Int64)
    case recordsCountNegative(Int32)
    /// The header counts more records than offsets, or than `bytes` bytes could hold.
    case recordsCountTooLarge(Int32, lastOffsetDelta: Int32, bytes: Int)
    case unknownCodec(UInt8)
    /// The batch is an entry of magic 0 or 1, and it is malformed.
    case legacy(LegacyDefect)

    // MARK: The records
    case record(index: Int32, RecordDefect)
    /// The records end after `found` of `declared`.
    case missingRecords(declared: Int32, found: Int32)
    /// Bytes are left after the last record.
    case trailingBytes(Int)
    /// The batch counts records and holds not one byte of compressed stream.
    case compressedEmpty
    case compression(CompressionError)
    /// The first record of a control batch has no key of a version and a type.
    case controlRecord(index: Int32)

    // MARK: What a leader refuses from a client
    case empty
    /// `lastOffsetDelta + 1` and the count must agree in a batch that was never compacted.
    case countMismatch(recordsCount: Int32, lastOffsetDelta: Int32)
    /// Control batches are written by brokers only.
    case controlFromClient
    /// A producer id without a sequence number.
    case sequenceMissing(producerId: Int64, baseSequence: Int32)
    /// Only a broker sets the append time.
    case appendTimeFromClient
    case tooLarge(size: Int, limit: Int)
    /// The batch is of magic 0 or 1, which is read but not appended.
    case oldFormat(Int8)
}

extension BatchDefect: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated(let needed, let available):
            "The batch needs \(needed) bytes, but only \(available) are there."
        case .lengthTooSmall(let length):
            "The batch length is \(length), less than any batch has."
        case .unsupportedMagic(let magic):
            "The batch has format version \(magic), which is not supported."
        case .checksum(let stored, let computed):
            "The checksum of the batch is \(computed), but \(stored) is stored with it."
        case .unreadable:
            "The bytes of the batch cannot be read: the file was cut short, or its disk failed."
        case .integrity(let defect): "\(defect)"
        case .baseOffsetNegative(let offset):
            "The base offset is \(offset)."
        case .offsetOverflow(let base, let delta):
            "The last offset, \(base) plus \(delta), does not fit 64 bits."
        case .offsetOutOfOrder(let offset, let expected):
            "The base offset is \(offset) where none below \(expected) can stand."
        case .lastOffsetDeltaNegative(let delta):
            "The last offset delta is \(delta)."
        case .recordsCountNegative(let count):
            "The batch counts \(count) records."
        case .recordsCountTooLarge(let count, let delta, let bytes):
            "The batch counts \(count) records, with a last offset delta of \(delta) and "
                + "\(bytes) bytes of records."
        case .unknownCodec(let number):
            "The attributes name codec \(number), which does not exist."
        case .legacy(let defect):
            "The entry is malformed: \(defect)."
        case .oldFormat(let magic):
            "The batch has format version \(magic), which is read from logs and no longer appended."
        case .record(let index, let defect):
            "Record \(index) of the batch is malformed: \(defect)."
        case .missingRecords(let declared, let found):
            "The batch counts \(declared) records, but its bytes end after \(found)."
        case .trailingBytes(let count):
            "\(count) bytes are left after the last record of the batch."
        case .compressedEmpty:
            "The batch counts records, but its compressed stream has no bytes."
        case .compression(let error):
            "The records of the batch cannot be decompressed: \(error)."
        case .controlRecord(let index):
            "Record \(index) of the control batch has no key of a version and a type."
        case .empty:
            "The batch holds no record."
        case .countMismatch(let count, let delta):
            "The batch counts \(count) records, but its last offset delta is \(delta)."
        case .controlFromClient:
            "The batch is marked as a control batch, which only a broker may write."
        case .sequenceMissing(let producer, let sequence):
            "The batch has producer id \(producer) and the sequence number \(sequence)."
        case .appendTimeFromClient:
            "The batch claims a log append time, which only a broker may set."
        case .tooLarge(let size, let limit):
            "The batch has \(size) bytes, more than the limit of \(limit)."
        }
    }
}
