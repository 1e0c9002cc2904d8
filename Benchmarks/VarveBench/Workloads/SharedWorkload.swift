internal import Synchronization
internal import Varve
internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// Many who append single records of 1 KiB to one shared log, each waiting until its record is on
/// disk before it appends the next.
struct SharedWorkload {
    /// Who appends.
    enum Face: Sendable {
        /// Threads that block.
        case blocking
        /// Tasks that suspend.
        case async
        /// Tasks that suspend, and run where the log commits.
        case executor
        /// One thread that hands records over and commits all of them together.
        case core
    }

    private let bench: Workbench
    private let face: Face
    private let appenders: Int
    private let appendsEach: Int
    private let records: [Record]
    private let pool: BatchPool

    init(_ bench: Workbench, _ face: Face, appenders: Int) throws {
        self.bench = bench
        self.face = face
        self.appenders = appenders
        appendsEach = bench.scaled(max(500, 2000 / appenders), smoke: 3)
        var generator = SeededGenerator(seed: bench.options.seed)
        records = (0..<appenders).map { _ in
            Record(value: BatchPool.value(from: &generator))
        }
        // What one commit of all writes: one batch of a record of each.
        pool = try BatchPool(
            count: 1, recordsPerBatch: face == .core ? appenders : 1, seed: bench.options.seed)
    }

    func pair() -> Pair {
        Pair(
            subject: { round in
                let log = try SharedLog("\(round.folder)/data", in: bench.surroundings)
                try round.time(work: appenders * appendsEach) { latencies in
                    latencies.add(try append(to: log))
                    return UInt64(log.ends.flushed.rawValue)
                }
                try log.close()
            },
            reference: face == .core ? { try writeTogether(&$0) } : { try writeApart(&$0) },
            freshPages: .mib(64))
    }

    private func append(to log: SharedLog) throws -> LatencyHistogram {
        let (records, appendsEach, isStopping) = (records, appendsEach, bench.isStopping)
        switch face {
        case .blocking:
            return try Threads.run(appenders) { index in
                var latencies = LatencyHistogram()
                for _ in 0..<appendsEach {
                    if isStopping() { throw BenchError.stopped }
                    let start = Stopwatch.now()
                    try log.append(records[index])
                    latencies.add(Stopwatch.now() - start)
                }
                return latencies
            }
        case .async, .executor:
            let executor = face == .executor ? log.executor : nil
            return try Threads.runTasks(appenders, on: executor) { index in
                var latencies = LatencyHistogram()
                for _ in 0..<appendsEach {
                    if isStopping() { throw BenchError.stopped }
                    let start = Stopwatch.now()
                    _ = try await log.append(records[index])
                    latencies.add(Stopwatch.now() - start)
                }
                return latencies
            }
        case .core: return try commitTogether(log)
        }
    }

    private func commitTogether(_ log: SharedLog) throws -> LatencyHistogram {
        var latencies = LatencyHistogram()
        var starts = [Int64](repeating: 0, count: appenders)
        for _ in 0..<appendsEach {
            try bench.checkStop()
            for index in 0..<appenders {
                starts[index] = Stopwatch.now()
                guard case .accepted = try log.submit(records[index]) else {
                    preconditionFailure("\(appenders) records are far from the limit")
                }
            }
            log.commit()
            let end = Stopwatch.now()
            for start in starts { latencies.add(end - start) }
        }
        return latencies
    }

    // MARK: References

    /// As many threads, each with a write and a flush of its own, in one growing file.
    private func writeApart(_ round: inout Round) throws {
        let file = try RawFile(in: round.folder, bench.fileSystem)
        let descriptor = file.descriptor
        let (pool, appendsEach, isStopping) = (pool, appendsEach, bench.isStopping)
        let end = SharedEnd()
        try round.time(work: appenders * appendsEach) { latencies in
            latencies.add(
                try Threads.run(appenders) { _ in
                    var latencies = LatencyHistogram()
                    for _ in 0..<appendsEach {
                        if isStopping() { throw BenchError.stopped }
                        let start = Stopwatch.now()
                        let bytes = pool.batch(0)
                        let position = end.take(bytes.byteCount)
                        try RawFile.writeFlushed(bytes, at: position, descriptor)
                        latencies.add(Stopwatch.now() - start)
                    }
                    return latencies
                })
            return UInt64(end.take(0))
        }
    }

    /// One thread that writes the records of all in one batch and flushes.
    private func writeTogether(_ round: inout Round) throws {
        var file = try RawFile(in: round.folder, bench.fileSystem)
        try round.time(work: appenders * appendsEach) { latencies in
            for _ in 0..<appendsEach {
                try bench.checkStop()
                let start = Stopwatch.now()
                try file.appendFlushed(pool.batch(0))
                latencies.add(Stopwatch.now() - start)
            }
            return UInt64(file.size)
        }
    }

    /// The end of a file that several threads write to.
    private final class SharedEnd: Sendable {
        private let end = Atomic<Int>(0)

        /// The place of the next `size` bytes.
        func take(_ size: Int) -> Int { end.add(size, ordering: .relaxed).oldValue }
    }
}
