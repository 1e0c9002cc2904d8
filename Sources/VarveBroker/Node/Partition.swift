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
    /// Whether something was written that is not flushed.
    var isDirty = false
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

/// All partitions of this node, by topic.
struct PartitionTable {
    private var topics: [String: [Partition?]] = [:]
    private var names: [UniqueID: String] = [:]

    subscript(topic: String, index: Int32) -> Partition? {
        guard let partitions = topics[topic], let place = Int(exactly: index),
            partitions.indices.contains(place)
        else { return nil }
        return partitions[place]
    }

    subscript(id: UniqueID, index: Int32) -> Partition? {
        names[id].flatMap { self[$0, index] }
    }

    /// The name of the topic with an id.
    func name(of id: UniqueID) -> String? { names[id] }

    mutating func add(_ partition: Partition) {
        // In place: a topic may have ten thousand.
        let missing = Int(partition.index) + 1 - (topics[partition.topic]?.count ?? 0)
        if missing > 0 {
            topics[partition.topic, default: []].append(
                contentsOf: repeatElement(nil, count: missing))
        }
        topics[partition.topic]?[Int(partition.index)] = partition
        names[partition.topicID] = partition.topic
    }

    /// Removes the partitions of a topic from an index on.
    mutating func remove(of name: String, from start: Int) -> [Partition] {
        guard start > 0 else { return removeTopic(name) }
        let all = topics[name] ?? []
        topics[name] = Array(all.prefix(start))
        return all.dropFirst(start).compactMap { $0 }
    }

    mutating func removeTopic(_ name: String) -> [Partition] {
        let removed = (topics.removeValue(forKey: name) ?? []).compactMap { $0 }
        for partition in removed { names[partition.topicID] = nil }
        return removed
    }

    func partitions(of topic: String) -> [Partition] { (topics[topic] ?? []).compactMap { $0 } }

    var all: [Partition] { topics.values.flatMap { $0.compactMap { $0 } } }
}
