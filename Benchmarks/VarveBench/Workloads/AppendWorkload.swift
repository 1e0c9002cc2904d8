internal import VarveLog
internal import VarveTerms

/// Ready batches of 100 records, one to each append.
struct AppendWorkload {
    private let bench: Workbench
    private let pool: BatchPool
    private let appendCount: Int
    private let settings: LogSettings
    private let depth: AppendCheck

    init(_ bench: Workbench, flushPolicy: FlushPolicy, checking depth: AppendCheck) throws {
        self.bench = bench
        self.depth = depth
        settings = OpenedLog.settings(flushPolicy)
        pool = try BatchPool(
            count: bench.scaled(64, smoke: 2), recordsPerBatch: 100, seed: bench.options.seed)
        // 1 GiB and a little less, so that one segment takes it.
        appendCount = bench.scaled(10_000, smoke: 4)
    }

    func pair() -> Pair {
        let size = appendCount * pool.batchSize
        return Pair(
            subject: { round in
                let opened = try OpenedLog(in: round.folder, on: bench, settings)
                try round.time(work: size) { _ in
                    for number in 0..<appendCount {
                        try bench.checkStop()
                        try opened.log.append(pool.batch(number), checking: depth)
                    }
                    return UInt64(opened.log.ends.written.rawValue)
                }
            },
            reference: { round in
                var file = try RawFile(in: round.folder, bench.fileSystem)
                try round.time(work: size) { _ in
                    for number in 0..<appendCount {
                        try bench.checkStop()
                        try file.append(pool.batch(number))
                    }
                    return UInt64(file.size)
                }
            },
            freshPages: ByteCount(size))
    }
}
