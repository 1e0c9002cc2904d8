internal import VarveLog
internal import VarveMetadata
internal import VarveTerms

/// A partition that this node has.
///
/// *Threads*: owned by the broker's shard.
final class Partition {
    let topic: String
    let topicID: UniqueID
    let index: Int32
    let log: Log
    let isInternal: Bool
    var rules: TopicRules
    var leaderEpoch: Int32
    /// Whether it waits for the next flush.
    var isNoted = false
    /// Whether something was written that is not known to be flushed.
    var isDirty: Bool { isNoted || flushingEnd != nil }
    /// Where the log ended when the flush began that runs beside the loop; nil when it is no part
    /// of one.
    var flushingEnd: Offset?
    /// Why the last flush of this turn failed; nil when it did not.
    var flushFailure: LogError?
    /// Before this it is not tried again to resume the log.
    var nextMending = Instant(nanoseconds: .min)
    /// What background work remembers of it.
    var upkeep = PartitionUpkeep()
    /// Fetches that wait for more.
    var waiters: Set<Int> = []

    init(_ topic: TopicImage, index: Int32, log: Log, rules: TopicRules) {
        self.topic = topic.name
        topicID = topic.id
        isInternal = topic.isInternal
        self.index = index
        self.log = log
        self.rules = rules
        leaderEpoch = topic.partitions[Int(index)].leaderEpoch
    }

    var reader: LogReader { log.reader }

    /// The offset up to which clients may read. One node has every replica there is.
    var highWatermark: Offset { log.reader.endOffset }
}
