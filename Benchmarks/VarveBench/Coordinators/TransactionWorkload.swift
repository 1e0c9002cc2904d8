/// Producers that write one record of 1 KiB in a transaction, commit it, and wait until all of that
/// is durable, over and over. Each has a partition and a transactional id of its own.
struct TransactionWorkload {
    private let bench: Workbench
    private let producers: Int
    private let way: TransactingProducer.Way
    /// How many partitions `__transaction_state` and `__consumer_offsets` have.
    private let logs: Int
    private let transactionsEach: Int
    /// How many partitions the records go to.
    private static let partitions = 4

    init(_ bench: Workbench, producers: Int, _ way: TransactingProducer.Way, logs: Int) {
        self.bench = bench
        self.producers = producers
        self.way = way
        self.logs = logs
        transactionsEach = bench.scaled(producers == 1 ? 1000 : 300, smoke: 3)
    }

    func pair() throws -> Pair {
        let reference =
            producers == 1
            ? try DurableWorkload(bench, batchesPerAppend: 1, recordsPerBatch: 1).pair().subject
            : try SharedWorkload(bench, .blocking, appenders: producers).pair().subject
        return Pair(subject: transact, reference: reference)
    }

    private func transact(_ round: inout Round) throws {
        let broker = try ServedBroker(
            bench, in: round.folder,
            [
                "transaction.state.log.num.partitions": "\(logs)",
                "offsets.topic.num.partitions": "\(logs)",
            ])
        do {
            let crew = try ClientCrew(port: broker.port, count: producers)
            try crew.makeTopic("written", partitions: Self.partitions)
            var generator = SeededGenerator(seed: bench.options.seed)
            var members = (0..<producers).map { number in
                TransactingProducer(
                    number, way, topic: "written", partition: number % Self.partitions,
                    value: BatchPool.value(from: &generator))
            }
            // The first one gets its producer id, and makes the topics.
            _ = try crew.run(&members, operationsEach: 1)
            try round.time(work: producers * transactionsEach) { latencies in
                latencies.add(try crew.run(&members, operationsEach: transactionsEach))
                return members.reduce(0) { $0 + $1.committed }
            }
        }
        try broker.end()
    }
}
