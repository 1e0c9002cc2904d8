public import VarveTerms

/// Who sent a batch, and where it stands among that producer's batches (KIP-98).
@frozen
public struct ProducerStamp: Hashable, Sendable {
    public var id: Int64
    public var epoch: Int16
    /// The sequence number of the record at the base offset; nil for what brokers write.
    public var baseSequence: Int32?

    @inlinable
    public init(id: Int64, epoch: Int16, baseSequence: Int32?) {
        (self.id, self.epoch, self.baseSequence) = (id, epoch, baseSequence)
    }
}

/// What a new batch is, apart from its records.
public struct BatchSettings: Hashable, Sendable {
    /// Whose time the records carry.
    public enum Time: Hashable, Sendable {
        /// Each record its own.
        case create
        /// All of them this one, the broker's at the append.
        case logAppend(Timestamp)
    }

    public enum Kind: Hashable, Sendable {
        case plain
        /// Part of a producer's transaction.
        case transactional
        /// The end of a transaction, written by a broker.
        case transactionMarker
        /// A control record without a transaction, as a quorum writes them.
        case control
    }

    /// The offset of delta 0. A leader stamps it anew.
    public var baseOffset = Offset.zero
    /// Nil before a leader stamped it.
    public var leaderEpoch: LeaderEpoch?
    public var compression = Compression.none
    public var time = Time.create
    public var kind = Kind.plain
    public var producer: ProducerStamp?
    /// When compaction may drop the tombstones of the batch; takes the base timestamp's place.
    public var deleteHorizon: Timestamp?
    /// Above how many bytes, before compression, the batch takes no second record.
    public var sizeMax: ByteCount?

    public init() {}

    /// The settings of a batch that takes the place of another: all that is not its records, and
    /// the codec at the level that suits a log.
    public init(of header: BatchHeader) {
        baseOffset = Offset(exactly: header.baseOffset) ?? .zero
        leaderEpoch = LeaderEpoch(exactly: header.partitionLeaderEpoch)
        compression = Compression(header.attributes.codec ?? .none)
        if header.timestampType == .logAppend {
            time = .logAppend(Timestamp(milliseconds: header.maxTimestamp))
        }
        switch (header.attributes.isTransactional, header.attributes.isControl) {
        case (false, false): kind = .plain
        case (true, false): kind = .transactional
        case (true, true): kind = .transactionMarker
        case (false, true): kind = .control
        }
        if header.producerId >= 0 {
            producer = ProducerStamp(
                id: header.producerId, epoch: header.producerEpoch,
                baseSequence: header.baseSequence >= 0 ? header.baseSequence : nil)
        }
        deleteHorizon = header.deleteHorizon
    }

    var attributes: BatchAttributes {
        var bits = Int16(compression.codec.rawValue)
        if case .logAppend = time { bits |= 0x08 }
        switch kind {
        case .plain: break
        case .transactional: bits |= 0x10
        case .transactionMarker: bits |= 0x30
        case .control: bits |= 0x20
        }
        if deleteHorizon != nil { bits |= 0x40 }
        return BatchAttributes(rawValue: bits)
    }
}
