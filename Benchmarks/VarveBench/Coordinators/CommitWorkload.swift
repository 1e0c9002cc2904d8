internal import VarveWire

/// Consumers that commit one offset each and wait until it is durable, over and over.
struct CommitWorkload {
    private let bench: Workbench
    private let consumers: Int
    /// How many partitions `__consumer_offsets` has.
    private let logs: Int
    private let commitsEach: Int

    init(_ bench: Workbench, consumers: Int, logs: Int) {
        self.bench = bench
        self.consumers = consumers
        self.logs = logs
        commitsEach = bench.scaled(consumers == 1 ? 3000 : 1000, smoke: 3)
    }

    func pair() throws -> Pair {
        let reference =
            consumers == 1
            ? try DurableWorkload(bench, batchesPerAppend: 1, recordsPerBatch: 1).pair().subject
            : try SharedWorkload(bench, .blocking, appenders: consumers).pair().subject
        return Pair(subject: commit, reference: reference)
    }

    private func commit(_ round: inout Round) throws {
        let broker = try ServedBroker(
            bench, in: round.folder, ["offsets.topic.num.partitions": "\(logs)"])
        do {
            let crew = try ClientCrew(port: broker.port, count: consumers)
            try crew.makeTopic("read", partitions: 1)
            var members = try (0..<consumers).map { try Committer(group: "group-\($0)") }
            // The first commit makes the topic, and has the coordinator read.
            _ = try crew.run(&members, operationsEach: 1)
            try round.time(work: consumers * commitsEach) { latencies in
                latencies.add(try crew.run(&members, operationsEach: commitsEach))
                return members.reduce(0) { $0 + $1.committed }
            }
        }
        try broker.end()
    }
}

/// A consumer without membership that commits the offset of one partition.
private struct Committer: CrewMember {
    private static let version: Int16 = 9
    private let request: [UInt8]
    private(set) var committed: UInt64 = 0

    init(group: String) throws {
        var request = OffsetCommitRequest()
        request.groupId = group
        request.topics = [
            .init(name: "read", partitions: [.init(partitionIndex: 0, committedOffset: 4711)])
        ]
        self.request = try RequestFrame.make(request, version: Self.version)
    }

    mutating func begin() -> [UInt8] { request }

    mutating func goOn(with answer: [UInt8]) throws -> [UInt8]? {
        let response = try RequestFrame.answer(
            answer, version: Self.version, as: OffsetCommitResponse.self)
        try RequestFrame.check(
            response.topics.first?.partitions.first?.errorCode, of: "OffsetCommit")
        committed += 1
        return nil
    }
}
