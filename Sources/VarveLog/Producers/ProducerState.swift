internal import VarveRecords
public import VarveTerms

/// A batch that a producer appended, as far as it is remembered to know the batch again.
public struct ProducedBatch: Hashable, Sendable {
    /// The sequence number of the last record.
    public let lastSequence: Int32
    /// The offset of the last record.
    public let lastOffset: Offset
    /// How many records lie between the first and the last.
    public let offsetDelta: Int32
    /// The batch's largest timestamp.
    public let timestamp: Timestamp

    /// - Returns: nil unless the numbers are lawful together: a sequence of 0 or more, and a first
    ///   offset of 0 or more.
    public init?(
        lastSequence: Int32, lastOffset: Int64, offsetDelta: Int32, timestamp: Timestamp
    ) {
        guard lastSequence >= 0, offsetDelta >= 0, lastOffset >= Int64(offsetDelta),
            let last = Offset(exactly: lastOffset), lastOffset < Int64.max
        else { return nil }
        self.lastSequence = lastSequence
        self.lastOffset = last
        self.offsetDelta = offsetDelta
        self.timestamp = timestamp
    }

    /// The sequence number of the first record: the last one's, less the delta, back over 0 to
    /// `Int32.max` where it wrapped.
    public var firstSequence: Int32 { (lastSequence &- offsetDelta) & Int32.max }

    /// The offsets of the batch.
    public var offsets: Range<Offset> {
        lastOffset.advanced(by: -Int64(offsetDelta))..<lastOffset.advanced(by: 1)
    }
}

/// What a log remembers of one producer: its epoch, its last batches, and whether a transaction of
/// its is open.
///
/// *Invariants*: at most `batchesMax` batches, oldest first, all of the current epoch.
/// *Source*: KIP-98, KIP-360.
public struct ProducerState: Hashable, Sendable {
    /// How many batches are remembered: as many as a client may have in flight.
    public static let batchesMax = 5
    /// Stands for an epoch, or a coordinator's epoch, that is not known.
    public static let noEpoch: Int16 = -1
    public static let noCoordinatorEpoch: Int32 = -1

    public let id: Int64
    public private(set) var epoch: Int16
    /// The last batches of this epoch, oldest first.
    public private(set) var batches: [ProducedBatch]
    /// The epoch of the coordinator that wrote the last marker; −1 before the first.
    public private(set) var coordinatorEpoch: Int32
    /// The time of the last batch or marker: expiry counts from it.
    public private(set) var lastTimestamp: Timestamp
    /// The first offset of the transaction that is open; nil without one.
    public private(set) var transactionStart: Offset?

    /// A producer of which nothing is known.
    public init(id: Int64) {
        self.id = id
        epoch = Self.noEpoch
        batches = []
        coordinatorEpoch = Self.noCoordinatorEpoch
        lastTimestamp = .none
        transactionStart = nil
    }

    /// A producer as a snapshot has it.
    init(
        id: Int64, epoch: Int16, batch: ProducedBatch?, coordinatorEpoch: Int32,
        lastTimestamp: Timestamp, transactionStart: Offset?
    ) {
        self.id = id
        self.epoch = epoch
        batches = batch.map { [$0] } ?? []
        self.coordinatorEpoch = coordinatorEpoch
        self.lastTimestamp = lastTimestamp
        self.transactionStart = transactionStart
    }

    public var lastBatch: ProducedBatch? { batches.last }

    /// The sequence number of the last record; nil when no batch of this epoch is known.
    public var lastSequence: Int32? { batches.last?.lastSequence }

    /// The remembered batch that is the one with these numbers.
    func batch(epoch: Int16, firstSequence: Int32, lastSequence: Int32) -> ProducedBatch? {
        guard epoch == self.epoch else { return nil }
        return batches.last {
            $0.lastSequence == lastSequence && $0.firstSequence == firstSequence
        }
    }

    /// Takes a batch of records that stands in the log. Nothing is refused: what is in the log is.
    mutating func take(_ header: BatchHeader) {
        adopt(header.producerEpoch)
        let timestamp = Timestamp(milliseconds: header.maxTimestamp)
        lastTimestamp = timestamp
        if let last = header.lastSequence,
            let batch = ProducedBatch(
                lastSequence: last, lastOffset: header.lastOffset ?? -1,
                offsetDelta: header.lastOffsetDelta, timestamp: timestamp)
        {
            if batches.count == Self.batchesMax { batches.removeFirst() }
            batches.append(batch)
        }
        // A batch without records is what compaction left of one: its transaction is long decided.
        if header.attributes.isTransactional, header.recordsCount > 0, transactionStart == nil {
            transactionStart = Offset(exactly: header.baseOffset)
        }
    }

    /// Takes the marker that ends the producer's transaction.
    mutating func take(_ marker: TransactionMarker, of header: BatchHeader) {
        adopt(header.producerEpoch)
        coordinatorEpoch = marker.coordinatorEpoch
        lastTimestamp = Timestamp(milliseconds: header.maxTimestamp)
        transactionStart = nil
    }

    /// Batches of another epoch are of no more use: sequences start again with each.
    private mutating func adopt(_ epoch: Int16) {
        guard epoch != self.epoch else { return }
        self.epoch = epoch
        batches.removeAll(keepingCapacity: true)
    }
}
