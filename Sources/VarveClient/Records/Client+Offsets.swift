public import VarveTerms
internal import VarveWire

/// Which offset of a partition is asked for.
public enum OffsetQuestion: Hashable, Sendable {
    /// The log start offset.
    case start
    /// The end as readers see it: the high watermark.
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

extension Client {
    /// Asks the leaders of partitions for offsets.
    /// - Returns: an offset for each; nil where no record is of that time or later.
    /// - Throws: `.refused` for a partition that there is not.
    public func offsets(
        of partitions: [TopicPartition], _ question: OffsetQuestion
    ) throws(ClientError) -> [TopicPartition: Offset?] {
        var found: [TopicPartition: Offset?] = [:]
        let topics = Set(partitions.map(\.topic)).sorted()
        try patiently("offsets") { deadline throws(ClientError) -> Attempt<Void> in
            let layout = try refresh(topics: topics, until: deadline)
            var passing: ErrorCode?
            var byLeader: [Int32: [TopicPartition]] = [:]
            for partition in partitions where found[partition] == nil {
                switch layout.leader(of: partition) {
                case .success(let leader): byLeader[leader, default: []].append(partition)
                case .failure(let refusal) where refusal.code.isPassing: passing = refusal.code
                case .failure(let refusal): throw refusal.error
                }
            }
            for (leader, wanted) in byLeader.sorted(by: { $0.key < $1.key }) {
                let answer = try ask(
                    ListOffsetsRequest(wanted, question), of: .broker(leader), until: deadline)
                if let code = try Self.take(answer, into: &found) { passing = code }
            }
            if let passing { return .again(passing) }
            for partition in partitions where found[partition] == nil {
                throw .refused(
                    .unknownServerError, subject: "\(partition)", message: "an empty answer")
            }
            return .done(())
        }
        return found
    }

    /// Keeps what an answer tells.
    /// - Returns: a code that passes, where a partition has one.
    private static func take(
        _ answer: ListOffsetsResponse, into found: inout [TopicPartition: Offset?]
    ) throws(ClientError) -> ErrorCode? {
        var passing: ErrorCode?
        for topic in answer.topics {
            for row in topic.partitions {
                let partition = TopicPartition(topic.name, row.partitionIndex)
                if row.errorCode.isPassing {
                    passing = row.errorCode
                } else if row.errorCode != .none {
                    throw .refused(row.errorCode, subject: "\(partition)", message: nil)
                } else {
                    found[partition] = .some(Offset(exactly: row.offset))
                }
            }
        }
        return passing
    }
}

/// Why a partition has no leader to ask.
struct LeaderRefusal: Error {
    var partition: TopicPartition
    var code: ErrorCode

    var error: ClientError { .refused(code, subject: "\(partition)", message: nil) }
}

extension ClusterLayout {
    /// The broker that leads a partition, as far as this layout tells.
    func leader(of partition: TopicPartition) -> Result<Int32, LeaderRefusal> {
        func failed(_ code: ErrorCode) -> Result<Int32, LeaderRefusal> {
            .failure(LeaderRefusal(partition: partition, code: code))
        }
        guard let topic = self[topic: partition.topic] else {
            return failed(.unknownTopicOrPartition)
        }
        guard topic.code == .none else { return failed(topic.code) }
        guard let found = topic[partition: partition.partition] else {
            return failed(.unknownTopicOrPartition)
        }
        return found.leader.map { .success($0) } ?? failed(.leaderNotAvailable)
    }
}

extension ListOffsetsRequest {
    init(_ partitions: [TopicPartition], _ question: OffsetQuestion) {
        let byTopic = Dictionary(grouping: partitions, by: \.topic)
        self.init(
            replicaId: -1, isolationLevel: 0,
            topics: byTopic.sorted { $0.key < $1.key }.map { topic, partitions in
                .init(
                    name: topic,
                    partitions: partitions.map {
                        .init(partitionIndex: $0.partition, timestamp: question.number)
                    })
            })
    }
}
