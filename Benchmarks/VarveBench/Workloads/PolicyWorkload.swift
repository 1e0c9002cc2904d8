internal import VarveLog
internal import VarveTerms

/// What waiting for the disk costs: one owner that appends records one at a time, under one policy
/// of flushing and under another.
struct PolicyWorkload {
    private let bench: Workbench
    private let pool: BatchPool
    private let policy: FlushPolicy
    private let durableCount: Int

    init(_ bench: Workbench, _ policy: FlushPolicy) throws {
        self.bench = bench
        self.policy = policy
        pool = try BatchPool(count: 1024, recordsPerBatch: 1, seed: bench.options.seed)
        durableCount = bench.scaled(1000, smoke: 3)
    }

    /// The reference is the same log that flushes each record.
    func pair() -> Pair {
        Pair(
            // What is not waited for is over so soon that it takes more to be measured.
            subject: { try append(durableCount * 50, policy, &$0) },
            reference: { try append(durableCount, .durable, &$0) },
            freshPages: ByteCount(durableCount * 50 * pool.batchSize))
    }

    private func append(_ count: Int, _ policy: FlushPolicy, _ round: inout Round) throws {
        let opened = try OpenedLog(in: round.folder, on: bench, OpenedLog.settings(policy))
        try round.time(work: count) { latencies in
            for number in 0..<count {
                try bench.checkStop()
                let start = Stopwatch.now()
                try opened.log.append(pool.batch(number))
                latencies.add(Stopwatch.now() - start)
            }
            return UInt64(opened.log.ends.written.rawValue)
        }
    }
}
