/// Which producer, and which incarnation of it.
///
/// Whoever holds the highest epoch of an id is the producer; all lower ones are fenced off.
/// *Source*: KIP-98, KIP-360.
public struct ProducerIdentity: Hashable, Sendable {
    public var id: Int64
    public var epoch: Int16

    /// The last epoch that a producer is given. The one above it only ever stands in the markers
    /// that fence or end a transaction; the producer then goes on under a new id.
    public static let lastEpoch = Int16.max - 1

    public init(id: Int64, epoch: Int16) { (self.id, self.epoch) = (id, epoch) }

    /// Whether the id has no epoch left to give.
    var isExhausted: Bool { epoch >= Self.lastEpoch }

    /// The next incarnation. What was read from a log may stand at the very end; it stays there.
    var raised: ProducerIdentity {
        ProducerIdentity(id: id, epoch: epoch == .max ? .max : epoch + 1)
    }
}

/// Which rules a client's transactions follow: the feature `transaction.version`.
public enum TransactionVersion: Int16, Hashable, Comparable, Sendable {
    case v0 = 0
    /// As `v0`; the log's values may carry tagged fields.
    case v1 = 1
    /// Each end of a transaction raises the producer's epoch, and writing to a partition adds it
    /// to the transaction (KIP-890).
    case v2 = 2

    /// The version that a record of the log names; ones from the future act as the newest.
    public init(stored number: Int16) { self = Self(rawValue: max(0, min(number, 2))) ?? .v0 }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    var raisesEpochs: Bool { self >= .v2 }
}
