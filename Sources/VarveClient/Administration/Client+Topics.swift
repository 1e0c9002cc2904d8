internal import VarveTerms
public import VarveWire

/// A topic to be made.
public struct NewTopic: Hashable, Sendable {
    public var name: String
    /// Nil leaves it to the broker's `num.partitions`.
    public var partitionCount: Int32?
    /// Nil leaves it to the broker's `default.replication.factor`.
    public var replicaCount: Int16?
    public var configs: [String: String] = [:]

    public init(_ name: String) { self.name = name }
}

extension Client {
    /// Asks for the layout of the topics of these names, all of them when nil; waits while a leader
    /// is being found.
    /// - Throws: `.refused` for a topic that there is not.
    public func topics(_ names: [String]? = nil) throws(ClientError) -> ClusterLayout {
        try patiently("metadata") { deadline throws(ClientError) in
            let layout = try refresh(topics: names, until: deadline)
            for topic in layout.topics where topic.code != .none {
                guard !topic.code.isPassing else { return .again(topic.code) }
                guard names != nil else { continue }
                throw .refused(topic.code, subject: "topic \(topic.name)", message: nil)
            }
            return .done(layout)
        }
    }

    /// The names of all topics, in order.
    public func topicNames() throws(ClientError) -> [String] {
        try refresh(topics: nil).topics.map(\.name)
    }

    /// Makes a topic.
    /// - Returns: what the cluster says that it made.
    public func create(
        _ topic: NewTopic, check: ChangeDepth = .make
    ) throws(ClientError) -> CreateTopicsResponse.CreatableTopicResult {
        let request = CreateTopicsRequest(
            topics: [
                .init(
                    name: topic.name, numPartitions: topic.partitionCount ?? -1,
                    replicationFactor: topic.replicaCount ?? -1, assignments: [],
                    configs: topic.configs.sorted { $0.key < $1.key }.map {
                        .init(name: $0.key, value: $0.value)
                    })
            ], timeoutMs: timeoutMs, validateOnly: check == .onlyCheck)
        return try change(request, "topic \(topic.name)") { answer in
            answer.topics.first.map { ($0, $0.errorCode, $0.errorMessage) }
        }
    }

    /// Deletes a topic.
    public func deleteTopic(_ name: String) throws(ClientError) {
        let request = DeleteTopicsRequest(topicNames: [name], timeoutMs: timeoutMs)
        try change(request, "topic \(name)") { answer in
            answer.responses.first.map { ((), $0.errorCode, $0.errorMessage) }
        }
    }

    /// Gives a topic more partitions, `count` in all.
    public func addPartitions(
        to name: String, upTo count: Int32, check: ChangeDepth = .make
    ) throws(ClientError) {
        let request = CreatePartitionsRequest(
            topics: [.init(name: name, count: count, assignments: nil)], timeoutMs: timeoutMs,
            validateOnly: check == .onlyCheck)
        try change(request, "topic \(name)") { answer in
            answer.results.first.map { ((), $0.errorCode, $0.errorMessage) }
        }
    }

    /// Asks the controller for a change of one thing. An answer that is lost is not asked for
    /// again: the change may have been made.
    func change<Q: Question, Value>(
        _ question: Q, _ subject: String,
        _ outcome: (Q.Answer) -> (Value, ErrorCode, String?)?
    ) throws(ClientError) -> Value {
        try patiently(subject, losses: .giveUp) { deadline throws(ClientError) in
            let answer = try ask(question, of: .controller, until: deadline)
            guard let (value, code, message) = outcome(answer) else {
                throw .refused(.unknownServerError, subject: subject, message: "an empty answer")
            }
            if code.isPassing { return .again(code) }
            guard code == .none else { throw .refused(code, subject: subject, message: message) }
            return .done(value)
        }
    }

    /// The patience as requests tell it.
    var timeoutMs: Int32 {
        Int32(clamping: settings.patience.wholeMs)
    }
}

extension Duration {
    /// Milliseconds, rounded down and held at the ends of the range.
    var wholeMs: Int64 {
        let (seconds, attoseconds) = components
        let ms = seconds.multipliedReportingOverflow(by: 1000)
        let sum = ms.partialValue.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return ms.overflow || sum.overflow ? (seconds < 0 ? .min : .max) : sum.partialValue
    }
}

/// Whether a change is made, or the cluster only says whether it would make it.
public enum ChangeDepth: Hashable, Sendable { case make, onlyCheck }
