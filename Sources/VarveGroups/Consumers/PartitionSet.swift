public import VarveTerms

/// Partitions of topics.
///
/// *Invariant*: no topic without partitions.
public struct PartitionSet: Hashable, Sendable {
    /// Topic id → partitions.
    public private(set) var topics: [UniqueID: Set<Int32>] = [:]

    public init() {}

    /// Rows as requests and records carry them; a topic may come twice.
    public init(_ rows: some Sequence<(UniqueID, [Int32])>) {
        for (topic, partitions) in rows { insert(partitions, of: topic) }
    }

    public var isEmpty: Bool { topics.isEmpty }

    /// - Complexity: O(topics)
    public var count: Int { topics.values.reduce(0) { $0 + $1.count } }

    /// Topics in the order of their ids, partitions ascending.
    public var inOrder: [(topic: UniqueID, partitions: [Int32])] {
        topics.sorted { ($0.key.high, $0.key.low) < ($1.key.high, $1.key.low) }
            .map { (topic: $0.key, partitions: $0.value.sorted()) }
    }

    func contains(_ partition: Int32, of topic: UniqueID) -> Bool {
        topics[topic]?.contains(partition) ?? false
    }

    mutating func insert(_ partition: Int32, of topic: UniqueID) {
        topics[topic, default: []].insert(partition)
    }

    mutating func insert(_ partitions: some Sequence<Int32>, of topic: UniqueID) {
        for partition in partitions { insert(partition, of: topic) }
    }

    mutating func remove(_ partition: Int32, of topic: UniqueID) {
        topics[topic]?.remove(partition)
        if topics[topic]?.isEmpty == true { topics[topic] = nil }
    }

    /// An upper bound of the size of its encoding.
    var sizeMax: Int { topics.values.reduce(16) { $0 + 32 + 4 * $1.count } }
}

/// Partitions of topics, each with the epoch in which its member was given it.
///
/// *Invariant*: no topic without partitions.
public struct EpochPartitions: Hashable, Sendable {
    /// Topic id → partition → assignment epoch.
    public private(set) var topics: [UniqueID: [Int32: Int32]] = [:]

    public init() {}

    public var isEmpty: Bool { topics.isEmpty }

    /// Topics in the order of their ids, partitions ascending.
    public var inOrder: [(topic: UniqueID, partitions: [(partition: Int32, epoch: Int32)])] {
        topics.sorted { ($0.key.high, $0.key.low) < ($1.key.high, $1.key.low) }
            .map { topic, epochs in
                let rows = epochs.sorted { $0.key < $1.key }
                return (topic, rows.map { (partition: $0.key, epoch: $0.value) })
            }
    }

    /// The assignment epoch of a partition, or nil; setting nil takes the partition out.
    public subscript(topic: UniqueID, partition: Int32) -> Int32? {
        get { topics[topic]?[partition] }
        set {
            topics[topic, default: [:]][partition] = newValue
            if topics[topic]?.isEmpty == true { topics[topic] = nil }
        }
    }

    /// The same without epochs.
    var partitions: PartitionSet {
        PartitionSet(topics.map { ($0.key, Array($0.value.keys)) })
    }

    /// Whether one of these partitions is among `others`.
    func intersects(_ others: PartitionSet) -> Bool {
        topics.contains { topic, epochs in
            others.topics[topic]?.contains { epochs[$0] != nil } ?? false
        }
    }

    /// Whether every one of `others` is among these.
    func contains(_ others: PartitionSet) -> Bool {
        others.topics.allSatisfy { topic, partitions in
            partitions.allSatisfy { self[topic, $0] != nil }
        }
    }
}
