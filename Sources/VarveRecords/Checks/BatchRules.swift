public import VarveTerms

/// What `BatchCheck.records` asks of a batch beyond being well formed.
public struct BatchRules: Hashable, Sendable {
    public enum OffsetDeltas: Hashable, Sendable {
        /// Each exceeds the one before it; compaction leaves gaps.
        case increasing
        /// 0, 1, 2 … without a gap, and the last one is the header's.
        case consecutive
    }

    public enum Permission: Hashable, Sendable {
        case allowed, refused
    }

    public var offsetDeltas: OffsetDeltas
    /// A batch of no record.
    public var emptyBatch: Permission
    public var controlBatch: Permission
    /// The attribute bit of a broker's append time.
    public var appendTime: Permission
    /// A producer id without a sequence number, as transaction markers have it.
    public var missingSequence: Permission
    /// Timestamps so far apart that their difference wraps around 64 bits.
    public var wrappedTimestamps: Permission
    /// An entry of magic 0 or 1.
    public var oldFormat: Permission
    /// What the whole batch may take, as it was sent; nil for no limit.
    public var sizeMax: ByteCount?

    /// What lies in a log: whatever an Apache Kafka 4.3 broker writes there, compacted or not,
    /// with one exception. Kafka does not look at the offset deltas of a batch that came
    /// uncompressed, and stores 0, 2, 1 as it was sent; here that is a defect.
    public static var stored: BatchRules {
        BatchRules(
            offsetDeltas: .increasing, emptyBatch: .allowed, controlBatch: .allowed,
            appendTime: .allowed, missingSequence: .allowed, wrappedTimestamps: .allowed,
            oldFormat: .allowed, sizeMax: nil)
    }

    /// What a leader takes from a client. It is stricter than Kafka in two ways: offset deltas are
    /// checked in batches without compression too, and timestamps may not wrap. The base offset,
    /// the order of sequence numbers and the limits of timestamps are the caller's to check.
    public static var appended: BatchRules {
        BatchRules(
            offsetDeltas: .consecutive, emptyBatch: .refused, controlBatch: .refused,
            appendTime: .refused, missingSequence: .refused, wrappedTimestamps: .refused,
            oldFormat: .refused, sizeMax: sizeMaxDefault)
    }

    /// Kafka's own default of `max.message.bytes`: 1 MiB and a header's worth.
    public static var sizeMaxDefault: ByteCount { ByteCount(1_048_588) }
}

/// What `BatchCheck.records` learnt on its way through a batch.
public struct BatchContents: Hashable, Sendable {
    public struct Times: Hashable, Sendable {
        public var earliest: Timestamp
        public var latest: Timestamp
        /// Which record was the first to have the latest time.
        public var latestOffsetDelta: Int32
    }

    /// The first offset that the batch covers: the header's own, but for wrappers of magic 0
    /// and 1, where it is found inside only.
    public var baseOffset: Int64
    public var recordsCount: Int32
    /// Bytes of the records without header and compression.
    public var expandedSize: ByteCount
    /// The records' times, as readers see them; nil when there are no records.
    public var times: Times?
    /// The first record without a key, which a compacted log cannot take; nil when all have one.
    public var firstNullKeyIndex: Int32?
}
