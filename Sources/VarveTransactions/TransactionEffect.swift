public import VarveRecords

/// What the caller does next. The effects of one coordinator are one stream: what a later effect
/// or an answer tells of must be durable as far as this stream goes up to it.
public enum TransactionEffect: Hashable, Sendable {
    /// Append these records to the coordinator's partition of `__transaction_state`, as one batch.
    case append([TransactionRecord])
    /// Once everything before this is durable: append a marker to each of the partitions, make
    /// them durable, and call `didWriteMarkers`; or `didFailToWriteMarkers`.
    case writeMarkers(TransactionMarkers)
}

/// The markers that end a transaction.
public struct TransactionMarkers: Hashable, Sendable {
    public var transactionalID: String
    /// Whose transaction ends, and the epoch that the markers carry.
    public var producer: ProducerIdentity
    public var outcome: TransactionOutcome
    public var coordinatorEpoch: Int32
    public var version: TransactionVersion
    /// In order. A partition that there is no more needs none.
    public var partitions: [TransactionPartition]
}
