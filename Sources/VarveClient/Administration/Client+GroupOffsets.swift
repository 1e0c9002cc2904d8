public import VarveTerms
internal import VarveWire

/// How far a share group has come in a partition.
public struct ShareStanding: Hashable, Sendable {
    /// The first record that it is not done with; nil before it began.
    public var start: Offset?
    /// How many records it has before it; nil where the broker does not tell.
    public var lag: Int64?

    public init(start: Offset?, lag: Int64? = nil) { (self.start, self.lag) = (start, lag) }
}

/// What groups have read, and where they go on.
extension Client {
    /// Asks for the offsets that a group has committed.
    public func committedOffsets(
        of group: String
    ) throws(ClientError) -> [TopicPartition: Offset] {
        let request = OffsetFetchRequest(groupId: group, topics: nil)
        return try askCoordinator(of: .group(group), request) { answer, _ in
            var offsets: [TopicPartition: Offset] = [:]
            var code = answer.errorCode
            for topic in answer.topics {
                for row in topic.partitions {
                    if row.errorCode != .none { code = row.errorCode }
                    offsets[TopicPartition(topic.name, row.partitionIndex)] = Offset(
                        exactly: row.committedOffset)
                }
            }
            return (offsets, code, nil)
        }
    }

    /// Commits offsets for a group without members.
    public func commit(
        _ offsets: [TopicPartition: Offset], for group: String
    ) throws(ClientError) {
        let request = OffsetCommitRequest(
            groupId: group, generationIdOrMemberEpoch: -1, memberId: "",
            topics: offsets.byTopic.map { topic, rows in
                .init(
                    name: topic,
                    partitions: rows.map {
                        .init(
                            partitionIndex: $0.partition, committedOffset: $0.offset.rawValue,
                            committedMetadata: "")
                    })
            })
        try askCoordinator(of: .group(group), request) { answer, _ in
            let codes = answer.topics.flatMap(\.partitions).map(\.errorCode)
            return ((), codes.first { $0 != .none } ?? .none, nil)
        }
    }

    /// Deletes what a group has committed for partitions that none of its members reads.
    public func deleteOffsets(
        of partitions: [TopicPartition], for group: String
    ) throws(ClientError) {
        let request = OffsetDeleteRequest(
            groupId: group,
            topics: partitions.byTopic.map { topic, partitions in
                .init(name: topic, partitions: partitions.map { .init(partitionIndex: $0) })
            })
        try askCoordinator(of: .group(group), request) { answer, _ in
            let codes = answer.topics.flatMap(\.partitions).map(\.errorCode)
            return ((), ([answer.errorCode] + codes).first { $0 != .none } ?? .none, nil)
        }
    }

    // MARK: Share groups

    /// Asks how far a share group has come, in every partition that it has begun to read.
    public func shareStandings(
        of group: String
    ) throws(ClientError) -> [TopicPartition: ShareStanding] {
        let request = DescribeShareGroupOffsetsRequest(groups: [.init(groupId: group, topics: nil)])
        return try askCoordinator(of: .group(group), request) { answer, _ in
            guard let row = answer.groups.first else { return (nil, .unknownServerError, nil) }
            var standings: [TopicPartition: ShareStanding] = [:]
            var (code, message) = (row.errorCode, row.errorMessage)
            for topic in row.topics {
                for row in topic.partitions {
                    if row.errorCode != .none {
                        (code, message) = (row.errorCode, row.errorMessage)
                    }
                    standings[TopicPartition(topic.topicName, row.partitionIndex)] = ShareStanding(
                        start: Offset(exactly: row.startOffset), lag: row.lag < 0 ? nil : row.lag)
                }
            }
            return (standings, code, message)
        }
    }

    /// Has a share group without members begin elsewhere: what it was doing is forgotten.
    public func begin(
        _ group: String, at offsets: [TopicPartition: Offset]
    ) throws(ClientError) {
        let request = AlterShareGroupOffsetsRequest(
            groupId: group,
            topics: offsets.byTopic.map { topic, rows in
                .init(
                    topicName: topic,
                    partitions: rows.map {
                        .init(partitionIndex: $0.partition, startOffset: $0.offset.rawValue)
                    })
            })
        try askCoordinator(of: .group(group), request) { answer, _ in
            let rows = answer.responses.flatMap(\.partitions)
            let failed = rows.first { $0.errorCode != .none }
            guard answer.errorCode == .none else {
                return ((), answer.errorCode, answer.errorMessage)
            }
            return ((), failed?.errorCode ?? .none, failed?.errorMessage)
        }
    }

    /// Deletes what a share group without members has done in topics.
    public func deleteShareOffsets(
        of topics: [String], for group: String
    ) throws(ClientError) {
        let request = DeleteShareGroupOffsetsRequest(
            groupId: group, topics: topics.map { .init(topicName: $0) })
        try askCoordinator(of: .group(group), request) { answer, _ in
            let failed = answer.responses.first { $0.errorCode != .none }
            guard answer.errorCode == .none else {
                return ((), answer.errorCode, answer.errorMessage)
            }
            return ((), failed?.errorCode ?? .none, failed?.errorMessage)
        }
    }
}

extension [TopicPartition: Offset] {
    /// The offsets of each topic's partitions, by the topics' names, as requests list them.
    fileprivate var byTopic: [(topic: String, rows: [(partition: Int32, offset: Offset)])] {
        [String: [Element]](grouping: self, by: \.key.topic)
            .sorted { $0.key < $1.key }
            .map { topic, rows in
                (
                    topic,
                    rows.map { ($0.key.partition, $0.value) }
                        .sorted { $0.partition < $1.partition }
                )
            }
    }
}
