public import VarveTerms

/// Partitions of topics: what a member is to fetch, or what a group fetches.
///
/// *Invariant*: topics in ascending order of their ids, none without partitions; partitions in
/// ascending order, none twice.
public struct ShareAssignment: Hashable, Sendable {
    /// The partitions of one topic.
    public struct Row: Hashable, Sendable {
        public let topicID: UniqueID
        public let partitions: [Int32]
    }

    public private(set) var rows: [Row] = []

    public init() {}

    public init(_ partitions: some Sequence<TopicPartition>) {
        var topics: [UniqueID: Set<Int32>] = [:]
        for partition in partitions {
            topics[partition.topicID, default: []].insert(partition.index)
        }
        rows = topics.sorted { ($0.key.high, $0.key.low) < ($1.key.high, $1.key.low) }
            .map { Row(topicID: $0.key, partitions: $0.value.sorted()) }
    }

    public var isEmpty: Bool { rows.isEmpty }

    public var partitions: [TopicPartition] {
        rows.flatMap { row in
            row.partitions.map { TopicPartition(topicID: row.topicID, index: $0) }
        }
    }
}
