import VarveTerms

/// The offsets of one group.
struct GroupOffsets: Hashable {
    /// Topic → partition → offset; no topic without partitions.
    private(set) var topics: [String: [Int32: StoredOffset]] = [:]

    var isEmpty: Bool { topics.isEmpty }

    subscript(topic: String, partition: Int32) -> StoredOffset? {
        get { topics[topic]?[partition] }
        set {
            topics[topic, default: [:]][partition] = newValue
            if topics[topic]?.isEmpty == true { topics[topic] = nil }
        }
    }

    /// Every partition that has an offset, ordered.
    func keys(of topics: some Sequence<String>, in group: String) -> [OffsetKey] {
        topics.sorted().flatMap { topic in
            (self.topics[topic] ?? [:]).keys.sorted().map {
                OffsetKey(group: group, topic: topic, partition: $0)
            }
        }
    }

    /// The offsets of a query, in its order.
    func rows(of query: [QueriedTopic]) -> [TopicOffsets] {
        query.map { one in
            TopicOffsets(
                topic: one.topic, topicID: one.topicID,
                partitions: one.partitions.map { partition in
                    let stored = self[one.topic, partition]
                    // A topic that was made anew under the old name begins without offsets.
                    let isOther = stored.map {
                        $0.topicID != .zero && one.topicID != .zero && $0.topicID != one.topicID
                    }
                    return PartitionOffset(
                        partition: partition, stored: isOther == true ? nil : stored)
                })
        }
    }

    /// All offsets, ordered.
    var allRows: [TopicOffsets] {
        topics.sorted { $0.key < $1.key }.map { topic, partitions in
            TopicOffsets(
                topic: topic, topicID: partitions.values.first?.topicID ?? .zero,
                partitions: partitions.sorted { $0.key < $1.key }.map {
                    PartitionOffset(partition: $0.key, stored: $0.value)
                })
        }
    }
}
