internal import VarveWire

/// What a leader says of one of its partitions.
struct LeaderAnswer<Value> {
    var partition: TopicPartition
    var code: ErrorCode
    var message: String?
    var value: Value
}

extension Client {
    /// Asks the leaders of partitions, those again that moved, until each partition is told of.
    ///
    /// - Parameters:
    ///   - question: what a leader is asked of some of its partitions.
    ///   - rows: what its answer says of each.
    /// - Throws: `.refused` for a partition that there is not.
    func askLeaders<Q: Question, Value>(
        of partitions: [TopicPartition], _ subject: String,
        _ question: ([TopicPartition]) -> Q, _ rows: (Q.Answer) -> [LeaderAnswer<Value>]
    ) throws(ClientError) -> [TopicPartition: Value] {
        var found: [TopicPartition: Value] = [:]
        let topics = Set(partitions.map(\.topic)).sorted()
        try patiently(subject) { deadline throws(ClientError) -> Attempt<Void> in
            let layout = try refresh(topics: topics, until: deadline)
            var passing: ErrorCode?
            var byLeader: [Int32: [TopicPartition]] = [:]
            for partition in partitions where !found.keys.contains(partition) {
                switch layout.leader(of: partition) {
                case .success(let leader): byLeader[leader, default: []].append(partition)
                case .failure(let refusal) where refusal.code.isPassing: passing = refusal.code
                case .failure(let refusal): throw refusal.error
                }
            }
            for (leader, wanted) in byLeader.sorted(by: { $0.key < $1.key }) {
                let answer = try ask(question(wanted), of: .broker(leader), until: deadline)
                for row in rows(answer) {
                    if row.code.isPassing {
                        passing = row.code
                    } else if row.code != .none {
                        throw .refused(
                            row.code, subject: "\(row.partition)", message: row.message)
                    } else {
                        found.updateValue(row.value, forKey: row.partition)
                    }
                }
            }
            if let passing { return .again(passing) }
            for partition in partitions where !found.keys.contains(partition) {
                throw .refused(
                    .unknownServerError, subject: "\(partition)", message: "an empty answer")
            }
            return .done(())
        }
        return found
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

extension [TopicPartition] {
    /// The partitions of each topic, by the topics' names, as requests list them.
    var byTopic: [(topic: String, partitions: [Int32])] {
        Dictionary(grouping: self, by: \.topic).sorted { $0.key < $1.key }
            .map { ($0.key, $0.value.map(\.partition)) }
    }
}
