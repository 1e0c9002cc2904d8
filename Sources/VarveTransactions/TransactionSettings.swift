public import VarveTerms

/// The limits and times of a coordinator; each names the broker property that sets it.
public struct TransactionSettings: Hashable, Sendable {
    /// `transaction.max.timeout.ms`
    public var timeoutMsMax: Int32 = 900_000
    /// `transactional.id.expiration.ms`: for how long an idle id is remembered.
    public var idExpiration: Duration = .seconds(7 * 24 * 3600)
    /// `transaction.remove.expired.transaction.cleanup.interval.ms`
    public var idExpirationCheckInterval: Duration = .seconds(3600)
    /// How long markers wait that could not be written, because a disk refused them.
    public var markerRetryInterval: Duration = .milliseconds(500)
    /// How large a record may be: Kafka's default for `message.max.bytes`, less the headers of the
    /// batch. A transaction takes no more partitions than it has room for.
    public var recordSizeMax = ByteCount(1_048_588 - 512)

    /// How many bytes of UTF-8 a transactional id may have: keys write it behind an `int16`.
    static let idSizeMax = Int(Int16.max)

    public init() {}
}
