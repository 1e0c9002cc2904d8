public import VarveLog
public import VarveRecords
public import VarveTerms

/// How a shared log is kept, and how it collects appends.
public struct SharedSettings: Hashable, Sendable {
    /// How the log itself is kept: flush policy, segments, retention.
    public var log = LogSettings()
    /// How batches are compressed that are made here of records.
    public var compression = Compression.none
    /// About how large a batch of records becomes before it is compressed. Larger ones compress
    /// better, smaller ones are read with less waste: a read of one record expands its batch.
    public var batchSize = ByteCount.kib(128)
    /// Appends wait while more than this is on its way to the disk.
    public var unflushedSizeMax = ByteCount.mib(64)
    /// How long a commit waits at most for those who took part in the one before it, and never
    /// longer than that one took; without other appenders it does not wait at all.
    public var lingerMax = Duration.microseconds(200)
    /// The leader epoch that batches are stamped with; a later one that the log has already holds
    /// instead.
    public var leaderEpoch = LeaderEpoch.zero

    public init() {}
}
