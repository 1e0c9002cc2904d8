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

/// Who fetches what: the `simple` assignor of share groups.
///
/// Several members may have the same partition: it shares its records out. Each partition goes to
/// somebody, each member gets something, and members differ by at most one as long as all subscribe
/// to the same topics. The same input gives the same assignment.
/// *Source*: KIP-932, simple assignor.
public enum SimpleShareAssignor {
    /// - Parameter members: with the partitions of what they subscribe to.
    /// - Complexity: O((members + partitions) · log)
    public static func assign(
        _ members: [String: ShareAssignment]
    ) -> [String: ShareAssignment] {
        var subscribers: [TopicPartition: [String]] = [:]
        for member in members.keys.sorted() {
            for partition in members[member]?.partitions ?? [] {
                subscribers[partition, default: []].append(member)
            }
        }
        // Partitions with the same subscribers are shared out together.
        var circles: [[String]: [TopicPartition]] = [:]
        for (partition, names) in subscribers { circles[names, default: []].append(partition) }
        var found: [String: [TopicPartition]] = [:]
        for (names, partitions) in circles {
            let partitions = ShareAssignment(partitions).partitions
            for place in 0..<max(names.count, partitions.count) {
                found[names[place % names.count], default: []].append(
                    partitions[place % partitions.count])
            }
        }
        return members.keys.reduce(into: [:]) { $0[$1] = ShareAssignment(found[$1] ?? []) }
    }
}
