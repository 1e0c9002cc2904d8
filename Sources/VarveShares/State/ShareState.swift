public import VarveTerms

/// What is kept of a share partition: `ShareSnapshotValue`.
public struct ShareState: Hashable, Sendable {
    /// How many snapshots came before.
    public var snapshotEpoch: Int32 = 0
    /// Of the group that began the partition; who comes with an older one is fenced off.
    public var stateEpoch: Int32
    /// Of the partition of the topic.
    public var leaderEpoch: Int32 = 0
    /// Nil as long as it is not decided where to begin; −1 in records.
    public var start: Offset?
    /// How many records at or after the start are final; −1: not known.
    public var deliveryCompleteCount: Int32 = -1
    public var createTimestamp: Timestamp
    public var writeTimestamp: Timestamp
    /// In ascending order, none over another.
    public private(set) var batches: [StateBatch] = []

    public init(
        stateEpoch: Int32, start: Offset?, createTimestamp: Timestamp, writeTimestamp: Timestamp
    ) {
        (self.stateEpoch, self.start) = (stateEpoch, start)
        (self.createTimestamp, self.writeTimestamp) = (createTimestamp, writeTimestamp)
    }

    /// Puts batches over those that there are, and forgets what is before the start.
    public mutating func overlay(_ newer: [StateBatch]) {
        for batch in newer { batches.overlay(batch) }
        if let start { batches = batches.compactMap { $0.clipped(from: start) } }
    }

    mutating func apply(_ update: ShareStateUpdate) {
        if update.start != nil { start = update.start }
        deliveryCompleteCount = update.deliveryCompleteCount
        overlay(update.batches)
    }
}

/// What changed of a share partition: `ShareUpdateValue` without its epochs.
public struct ShareStateUpdate: Hashable, Sendable {
    /// Nil: as it was.
    public var start: Offset?
    public var deliveryCompleteCount: Int32
    /// Each one over those before it.
    public var batches: [StateBatch]

    public init(start: Offset?, deliveryCompleteCount: Int32, batches: [StateBatch]) {
        (self.start, self.deliveryCompleteCount) = (start, deliveryCompleteCount)
        self.batches = batches
    }
}

/// A record of `__share_group_state`, with the fields of Kafka's schemas.
public enum ShareStateRecord: Hashable, Sendable {
    /// `ShareSnapshotKey` (type 0) and `ShareSnapshotValue`; nil is a tombstone.
    case snapshot(SharePartitionKey, ShareState?)
    /// `ShareUpdateKey` (type 1) and `ShareUpdateValue`.
    case update(SharePartitionKey, snapshotEpoch: Int32, leaderEpoch: Int32, ShareStateUpdate)
}
