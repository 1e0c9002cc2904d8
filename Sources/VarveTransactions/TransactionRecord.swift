public import VarveTerms

/// A record of `__transaction_state`: a transactional id and what is known of it; a nil value is a
/// tombstone.
public struct TransactionRecord: Hashable, Sendable {
    /// `TransactionLogKey`
    public var transactionalID: String
    /// `TransactionLogValue`, written in version 1.
    public var value: StoredTransaction?

    public init(_ transactionalID: String, _ value: StoredTransaction?) {
        (self.transactionalID, self.value) = (transactionalID, value)
    }
}

/// A partition that takes part in a transaction.
public struct TransactionPartition: Hashable, Comparable, Sendable {
    public var topic: String
    public var index: Int32

    public init(_ topic: String, _ index: Int32) { (self.topic, self.index) = (topic, index) }

    public static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.index) < (right.topic, right.index)
    }
}

/// `TransactionLogValue`.
public struct StoredTransaction: Hashable, Sendable {
    public var producer: ProducerIdentity
    /// The producer id before the last step; the same one unless that step brought a new id.
    public var previousProducerID: Int64 = -1
    /// Under which id the producer goes on when its markers are written; −1: under the same.
    public var nextProducerID: Int64 = -1
    /// How long a transaction may stay open.
    public var timeoutMs: Int32
    public var state = TransactionState.empty
    public var partitions: Set<TransactionPartition> = []
    public var lastUpdate: Timestamp
    /// When the transaction began that is open, or was last; `.none` before the first.
    public var start = Timestamp.none
    /// The rules by which the client went when it last changed the transaction.
    public var version = TransactionVersion.v0

    public init(producer: ProducerIdentity, timeoutMs: Int32, lastUpdate: Timestamp) {
        self.producer = producer
        self.timeoutMs = timeoutMs
        self.lastUpdate = lastUpdate
    }

    /// An upper bound of the size of the encoded value, in bytes.
    var sizeMax: Int {
        let topics = Set(partitions.map(\.topic))
        return topics.reduce(96 + 4 * partitions.count) { $0 + 16 + $1.utf8.count }
    }
}
