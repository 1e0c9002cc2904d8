public import VarveRecords
public import VarveTerms

/// What a producer goes by.
public struct ProducerSettings: Hashable, Sendable {
    /// When a broker says that it has a batch; `acks` in Kafka's words.
    public enum Acknowledgement: Int16, Hashable, Sendable {
        /// It says nothing, not even that it refused.
        case none = 0
        /// Once the leader has it.
        case leader = 1
        /// Once all replicas in sync have it.
        case all = -1
    }

    public var acknowledgement = Acknowledgement.all
    public var compression = Compression.none
    /// About how large a batch becomes before it is compressed. Brokers take 1 MiB unless told.
    public var batchSize = ByteCount.kib(512)
    /// The one partition for all records; nil decides by their keys.
    public var partition: Int32?
    /// Where records without a key begin; each batch of them goes to the partition after that of
    /// the last.
    public var firstSlot = 0

    /// Kafka keeps the numbers of a producer's last five batches for each partition: as many may
    /// be on their way and be sent again without being stored twice.
    static let batchesOnTheWayMax = 5

    public init() {}
}

/// What became of the records for one partition.
public struct PartitionReceipt: Hashable, Sendable {
    /// Records that were acknowledged, or sent where nothing is acknowledged.
    public var count = 0
    /// The first offset that was assigned; nil where none was told.
    public var first: Offset?
    /// The offset after the last that was assigned.
    public var end: Offset?

    public init() {}

    mutating func add(_ count: Int, at base: Offset?) {
        self.count += count
        guard let base else { return }
        first = first ?? base
        end = base.advanced(byExactly: Int64(count)) ?? end
    }
}
