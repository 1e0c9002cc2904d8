internal import VarveLog
internal import VarveTerms

/// Durable appends of one record that are due at a fixed rate, however long each takes.
struct PacedWorkload {
    private let bench: Workbench
    private let pool: BatchPool
    private let rate: Int
    private let appendCount: Int

    init(_ bench: Workbench, operationsPerSecond: Int) throws {
        self.bench = bench
        rate = operationsPerSecond
        appendCount = bench.scaled(operationsPerSecond, smoke: 5)
        pool = try BatchPool(count: 16, recordsPerBatch: 1, seed: bench.options.seed)
    }

    func pair() -> Pair {
        Pair(
            subject: { round in
                let opened = try OpenedLog(in: round.folder, on: bench)
                try round.time(work: appendCount) { latencies in
                    var pacing = Pacing(operationsPerSecond: rate)
                    for number in 0..<appendCount {
                        try bench.checkStop()
                        let due = pacing.next()
                        try opened.log.append(pool.batch(number))
                        latencies.add(Stopwatch.now() - due)
                    }
                    return UInt64(opened.log.ends.flushed.rawValue)
                }
            },
            reference: { round in
                var file = try RawFile(in: round.folder, bench.fileSystem)
                try round.time(work: appendCount) { latencies in
                    var pacing = Pacing(operationsPerSecond: rate)
                    for number in 0..<appendCount {
                        try bench.checkStop()
                        let due = pacing.next()
                        try file.appendFlushed(pool.batch(number))
                        latencies.add(Stopwatch.now() - due)
                    }
                    return UInt64(file.size)
                }
            },
            freshPages: .mib(16))
    }
}
