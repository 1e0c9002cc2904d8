internal import VarveBytes
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// A batch to each of many logs of one directory, then all of them made durable.
struct SharedFlushWorkload {
    /// What the logs' shared flush is held against.
    enum Reference {
        /// The same bytes to one file that grows, and its flush.
        case oneFile
        /// As many logs, each flushed by itself.
        case eachLog
    }

    private let bench: Workbench
    private let reference: Reference
    private let logCount: Int
    private let commitCount: Int
    private let pool: BatchPool

    init(_ bench: Workbench, _ reference: Reference, logs: Int) throws {
        self.bench = bench
        self.reference = reference
        logCount = logs
        commitCount = bench.scaled(100, smoke: 3)
        pool = try BatchPool(count: logs, recordsPerBatch: 16, seed: bench.options.seed)
    }

    func pair() -> Pair {
        Pair(
            subject: { round in
                let opened = try OpenedLogs(in: round.folder, on: bench, count: logCount)
                try commit(&round, opened) { try opened.directory.flush(opened.logs) }
            },
            reference: { round in
                switch reference {
                case .oneFile: try writeOneFile(&round)
                case .eachLog:
                    let opened = try OpenedLogs(in: round.folder, on: bench, count: logCount)
                    try commit(&round, opened) { for log in opened.logs { try log.flush() } }
                }
            },
            freshPages: ByteCount(2 * commitCount * logCount * pool.batchSize))
    }

    private func commit(
        _ round: inout Round, _ opened: OpenedLogs, _ flush: () throws -> Void
    ) throws {
        // The first flush makes the files that later ones find.
        try write(to: opened)
        try flush()
        try round.time(work: commitCount) { latencies in
            for _ in 0..<commitCount {
                let start = Stopwatch.now()
                try write(to: opened)
                try flush()
                latencies.add(Stopwatch.now() - start)
            }
            return UInt64(commitCount)
        }
    }

    private func write(to opened: OpenedLogs) throws {
        let now = bench.surroundings.clock.wallClock()
        for (number, log) in opened.logs.enumerated() {
            try log.write(pool.batch(number), checking: .frame, now: now)
        }
    }

    private func writeOneFile(_ round: inout Round) throws {
        var file = try RawFile(in: round.folder, bench.fileSystem)
        let bytes = pool.joined(logCount)
        try file.appendFlushed(bytes.bytes)
        try round.time(work: commitCount) { latencies in
            for _ in 0..<commitCount {
                let start = Stopwatch.now()
                try file.appendFlushed(bytes.bytes)
                latencies.add(Stopwatch.now() - start)
            }
            return UInt64(commitCount)
        }
    }
}

/// Logs in a directory of their own.
private final class OpenedLogs {
    let directory: DataDirectory
    let logs: [Log]

    init(in folder: String, on bench: Workbench, count: Int) throws {
        let directory = try DataDirectory("\(folder)/data", in: bench.surroundings)
        self.directory = directory
        logs = try (0..<count).compactMap { number in
            guard let name = LogName(topic: "log", partition: Int32(number)) else { return nil }
            return try directory.openLog(name, settings: OpenedLog.settings(.durable))
        }
    }
}
