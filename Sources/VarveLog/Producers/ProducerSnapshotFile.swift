internal import VarveBytes
public import VarveTerms

/// What stands in a `.snapshot` file: what each producer last wrote, as of the offset in the file's
/// name, exclusive.
/// *Source*: Kafka's ProducerSnapshot, version 1; docs/formats/producer-snapshot.md.
public struct ProducerSnapshotFile: Hashable, Sendable {
    public static let currentVersion: Int16 = 1

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
        static let rowSize = transactionFirstOffset.end
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
        guard count >= 0, bytes.byteCount == Layout.count.end + count * Layout.rowSize else {
            return nil
        }
        producers = []
        producers.reserveCapacity(count)
        for slot in 0..<count {
            producers.append(Producer(bytes, at: Layout.count.end + slot * Layout.rowSize))
        }
    }

    /// The file for `states`: rows by producer id, the last batch of each.
    public init(_ states: ProducerStates) {
        version = Self.currentVersion
        isCRCRight = true
        crc = 0
        producers = states.producers.map(Producer.init)
        var rows = ByteBuffer(capacity: 4 + producers.count * Layout.rowSize)
        printRows(into: &rows)
        crc = CRC32C.checksum(rows.bytes)
    }

    /// The content of the file.
    public func printed() -> [UInt8] {
        var file = ByteBuffer(capacity: Layout.count.end + producers.count * Layout.rowSize)
        file.append(version)
        file.append(crc)
        printRows(into: &file)
        return file.bytes.array()
    }

    private func printRows(into buffer: inout ByteBuffer) {
        buffer.append(Int32(clamping: producers.count))
        for row in producers { row.print(into: &buffer) }
    }

    /// The producers that the file tells of.
    /// - Returns: nil when the file is not to be believed: its version is not known, its checksum
    ///   does not hold, or a row has numbers that no log gives.
    public var states: ProducerStates? {
        guard version == Self.currentVersion, isCRCRight else { return nil }
        var found: [ProducerState] = []
        found.reserveCapacity(producers.count)
        for row in producers {
            guard let state = ProducerState(row) else { return nil }
            found.append(state)
        }
        return ProducerStates(found)
    }
}

extension ProducerSnapshotFile.Producer {
    fileprivate typealias Layout = ProducerSnapshotFile.Layout

    fileprivate init(_ bytes: RawSpan, at start: Int) {
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

    init(_ state: ProducerState) {
        producerId = state.id
        producerEpoch = state.epoch
        lastSequence = state.lastSequence ?? -1
        lastOffset = state.lastBatch?.lastOffset.rawValue ?? -1
        offsetDelta = state.lastBatch?.offsetDelta ?? 0
        timestamp = state.lastTimestamp
        coordinatorEpoch = state.coordinatorEpoch
        currentTransactionFirstOffset = state.transactionStart?.rawValue ?? -1
    }

    /// Writes the fields in the order of `Layout`.
    fileprivate func print(into buffer: inout ByteBuffer) {
        let start = buffer.count
        buffer.append(producerId)
        buffer.append(producerEpoch)
        buffer.append(lastSequence)
        buffer.append(lastOffset)
        buffer.append(offsetDelta)
        buffer.append(timestamp.milliseconds)
        buffer.append(coordinatorEpoch)
        buffer.append(currentTransactionFirstOffset)
        assert(buffer.count == start + Layout.rowSize)
    }
}

extension ProducerState {
    /// - Returns: nil when the row's numbers are not those of a producer.
    fileprivate init?(_ row: ProducerSnapshotFile.Producer) {
        guard row.producerId >= 0, row.producerEpoch >= -1, row.coordinatorEpoch >= -1,
            row.currentTransactionFirstOffset >= -1
        else { return nil }
        var batch: ProducedBatch?
        if row.lastSequence >= 0, row.lastOffset >= 0 {
            batch = ProducedBatch(
                lastSequence: row.lastSequence, lastOffset: row.lastOffset,
                offsetDelta: row.offsetDelta, timestamp: row.timestamp)
            guard batch != nil else { return nil }
        }
        self.init(
            id: row.producerId, epoch: row.producerEpoch, batch: batch,
            coordinatorEpoch: row.coordinatorEpoch, lastTimestamp: row.timestamp,
            transactionStart: Offset(exactly: row.currentTransactionFirstOffset))
    }
}
