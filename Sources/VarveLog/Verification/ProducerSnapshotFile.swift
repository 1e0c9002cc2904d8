internal import VarveBytes
public import VarveTerms

/// What stands in a `.snapshot` file: what each producer last wrote, as of the offset in the file's
/// name, exclusive. Read for checks and listings; it decides nothing.
/// *Source*: Kafka's ProducerSnapshot, version 1.
public struct ProducerSnapshotFile: Hashable, Sendable {
    public var version: Int16
    /// CRC-32C of everything behind it.
    public var crc: UInt32
    /// Whether the checksum holds.
    public var isCRCRight: Bool
    public var producers: [Producer]

    /// One producer's row; −1 stands for none, as in the file.
    public struct Producer: Hashable, Sendable {
        public var producerId: Int64
        public var producerEpoch: Int16
        public var lastSequence: Int32
        public var lastOffset: Int64
        public var offsetDelta: Int32
        public var timestamp: Timestamp
        public var coordinatorEpoch: Int32
        public var currentTransactionFirstOffset: Int64
    }

    /// Where the fields lie, big-endian.
    enum Layout {
        static let version = Field(at: 0, width: 2)
        static let crc = Field(after: version, width: 4)
        static let count = Field(after: crc, width: 4)

        static let producerId = Field(at: 0, width: 8)
        static let producerEpoch = Field(after: producerId, width: 2)
        static let lastSequence = Field(after: producerEpoch, width: 4)
        static let lastOffset = Field(after: lastSequence, width: 8)
        static let offsetDelta = Field(after: lastOffset, width: 4)
        static let timestamp = Field(after: offsetDelta, width: 8)
        static let coordinatorEpoch = Field(after: timestamp, width: 4)
        static let transactionFirstOffset = Field(after: coordinatorEpoch, width: 8)
    }

    /// The largest file that is read: a million producers.
    public static let sizeMax = ByteCount.mib(48)

    /// Reads the content of a file.
    /// - Returns: nil when its length is not that of the rows that it counts.
    public init?(parsing content: [UInt8]) {
        let bytes = content.rawSpan
        guard bytes.byteCount >= Layout.count.end else { return nil }
        version = bytes.int16(at: Layout.version.start)
        crc = bytes.uint32(at: Layout.crc.start)
        isCRCRight =
            CRC32C.checksum(bytes.extracting(Layout.crc.end..<bytes.byteCount)) == crc
        let count = Int(bytes.int32(at: Layout.count.start))
        let rowSize = Layout.transactionFirstOffset.end
        guard count >= 0, bytes.byteCount == Layout.count.end + count * rowSize else { return nil }
        producers = []
        producers.reserveCapacity(count)
        for slot in 0..<count {
            producers.append(Producer(bytes, at: Layout.count.end + slot * rowSize))
        }
    }
}

extension ProducerSnapshotFile.Producer {
    fileprivate init(_ bytes: RawSpan, at start: Int) {
        typealias Layout = ProducerSnapshotFile.Layout
        producerId = bytes.int64(at: start + Layout.producerId.start)
        producerEpoch = bytes.int16(at: start + Layout.producerEpoch.start)
        lastSequence = bytes.int32(at: start + Layout.lastSequence.start)
        lastOffset = bytes.int64(at: start + Layout.lastOffset.start)
        offsetDelta = bytes.int32(at: start + Layout.offsetDelta.start)
        timestamp = Timestamp(milliseconds: bytes.int64(at: start + Layout.timestamp.start))
        coordinatorEpoch = bytes.int32(at: start + Layout.coordinatorEpoch.start)
        currentTransactionFirstOffset = bytes.int64(
            at: start + Layout.transactionFirstOffset.start)
    }
}
