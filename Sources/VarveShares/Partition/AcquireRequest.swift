public import VarveTerms

/// What a member wants of a share partition.
public struct AcquireRequest: Hashable, Sendable {
    /// How `recordCountMax` is meant (KIP-1206).
    public enum Mode: Int8, Hashable, Sendable {
        /// Batches of the log are not split: the last one may go over the limit.
        case batchOptimized = 0
        /// Not one record more.
        case recordLimit = 1
    }

    public var member: String
    public var recordCountMax: Int64
    /// From how many records on a new row of the answer begins, at the next batch of the log.
    public var batchSize: Int64
    public var mode: Mode

    public init(member: String, recordCountMax: Int64, batchSize: Int64, mode: Mode) {
        (self.member, self.recordCountMax) = (member, recordCountMax)
        (self.batchSize, self.mode) = (batchSize, mode)
    }
}

/// What the log has at and after `SharePartition.nextOffset`.
public struct LogBatches: Hashable, Sendable {
    /// The offsets of its batches, in order, the first of them with `nextOffset` in it or after it;
    /// between them the log has no records.
    public var batches: [Range<Offset>]
    /// Offsets of transactions that were given up, in order, where those are hidden.
    public var hidden: [Range<Offset>]

    public init(_ batches: [Range<Offset>], hidden: [Range<Offset>] = []) {
        (self.batches, self.hidden) = (batches, hidden)
    }
}

/// Records that a member got, next to each other and delivered equally often.
public struct AcquiredRecords: Hashable, Sendable {
    public internal(set) var offsets: Range<Offset>
    public let deliveryCount: Int16

    init(_ offsets: Range<Offset>, _ deliveryCount: Int16) {
        (self.offsets, self.deliveryCount) = (offsets, deliveryCount)
    }

    public var count: Int64 { offsets.lowerBound.distance(to: offsets.upperBound) }
}
