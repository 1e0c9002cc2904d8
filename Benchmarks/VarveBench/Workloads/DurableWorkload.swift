internal import VarveBytes
internal import VarveLog
internal import VarveTerms

/// One owner that appends and waits for the disk each time.
struct DurableWorkload {
    private let bench: Workbench
    private let pool: BatchPool
    private let batchesPerAppend: Int
    private let appendCount: Int
    private let rewritesReference: Bool
    private let settings: LogSettings

    /// - Parameters:
    ///   - settings: how the log is kept.
    ///   - rewritesReference: whether the reference goes over blocks that were written before it
    ///     is timed; else it extends its file.
    init(
        _ bench: Workbench, batchesPerAppend: Int, recordsPerBatch: Int,
        settings: LogSettings = LogSettings(), rewritesReference: Bool = false
    ) throws {
        self.bench = bench
        self.settings = settings
        self.rewritesReference = rewritesReference
        self.batchesPerAppend = batchesPerAppend
        pool = try BatchPool(
            count: max(batchesPerAppend, 16), recordsPerBatch: recordsPerBatch,
            seed: bench.options.seed)
        appendCount = bench.scaled(batchesPerAppend > 1 ? 200 : 1000, smoke: 3)
    }

    func pair() -> Pair {
        let size = appendCount * batchesPerAppend * pool.batchSize
        let work = batchesPerAppend > 1 ? size : appendCount
        return Pair(
            subject: { round in
                let opened = try OpenedLog(in: round.folder, on: bench, settings)
                let bytes = pool.joined(batchesPerAppend)
                try round.time(work: work) { latencies in
                    for _ in 0..<appendCount {
                        try bench.checkStop()
                        let start = Stopwatch.now()
                        try opened.log.append(bytes.bytes)
                        latencies.add(Stopwatch.now() - start)
                    }
                    return UInt64(opened.log.ends.flushed.rawValue)
                }
            },
            reference: { round in
                var file = try RawFile(in: round.folder, bench.fileSystem)
                if rewritesReference { try file.prewrite(size) }
                let bytes = pool.joined(batchesPerAppend)
                try round.time(work: work) { latencies in
                    for _ in 0..<appendCount {
                        try bench.checkStop()
                        let start = Stopwatch.now()
                        try file.appendFlushed(bytes.bytes)
                        latencies.add(Stopwatch.now() - start)
                    }
                    return UInt64(file.size)
                }
            },
            freshPages: ByteCount(size))
    }
}
