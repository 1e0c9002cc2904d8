public import VarveTerms
internal import VarveWire

/// Which offset of a partition is asked for.
public enum OffsetQuestion: Hashable, Sendable {
    /// The log start offset.
    case start
    /// The end as readers see it: the high watermark, or with `.committed` the last stable offset.
    case end
    /// The offset of the first record of that time or later.
    case since(Timestamp)

    /// As ListOffsets puts it.
    var number: Int64 {
        switch self {
        case .start: -2
        case .end: -1
        // A time before 1970 would be another question: all records are later.
        case .since(let time): max(0, time.milliseconds)
        }
    }
}

/// Which records of transactions a reader is shown, in Kafka's numbers.
public enum Isolation: Int8, Hashable, Sendable {
    /// All of them.
    case uncommitted = 0
    /// Those of transactions that were committed, up to the first that is open.
    case committed = 1
}

extension Client {
    /// Asks the leaders of partitions for offsets.
    /// - Returns: an offset for each; nil where no record is of that time or later.
    /// - Throws: `.refused` for a partition that there is not.
    public func offsets(
        of partitions: [TopicPartition], _ question: OffsetQuestion,
        isolation: Isolation = .uncommitted
    ) throws(ClientError) -> [TopicPartition: Offset?] {
        try askLeaders(of: partitions, "offsets") { wanted in
            ListOffsetsRequest(
                replicaId: -1, isolationLevel: isolation.rawValue,
                topics: wanted.byTopic.map { topic, partitions in
                    .init(
                        name: topic,
                        partitions: partitions.map {
                            .init(partitionIndex: $0, timestamp: question.number)
                        })
                })
        } _: { answer in
            answer.topics.flatMap { topic in
                topic.partitions.map { row in
                    LeaderAnswer(
                        partition: TopicPartition(topic.name, row.partitionIndex),
                        code: row.errorCode, message: nil, value: Offset(exactly: row.offset))
                }
            }
        }
    }
}
