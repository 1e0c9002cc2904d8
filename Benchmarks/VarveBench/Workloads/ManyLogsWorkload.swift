internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// A directory of thousands of logs with one small batch each, closed cleanly: what one life of its
/// owner costs.
///
/// A round is a whole life, of which one phase is measured: the directory is opened, which is all
/// that a start needs; all logs are opened; each gets a batch that is not waited for, a checkpoint
/// is made, and the directory is closed.
final class ManyLogsWorkload {
    enum Phase: String, CaseIterable, Sendable {
        case start, open, append, checkpoint, close
    }

    private let bench: Workbench
    private let phase: Phase
    private let path: String
    private let count: Int
    private let pool: BatchPool
    private let settings = OpenedLog.settings(.pageCache)
    private let note: String

    /// - Parameter countMax: how many logs, where there are descriptors enough.
    init(_ bench: Workbench, _ phase: Phase, countMax: Int) throws {
        self.bench = bench
        self.phase = phase
        // A log that is appended to holds four: log, two indexes, and sidecar.
        let affordable = try Self.descriptorCountMax(bench) / 5
        count = min(bench.scaled(countMax, smoke: 20), max(affordable, 1))
        path = try bench.makeFolder() + "/data"
        pool = try BatchPool(count: 1, recordsPerBatch: 1, seed: bench.options.seed)
        let before = try Footprint(bench)
        let pool = pool
        let directory = try DataDirectory(path, in: bench.surroundings)
        for number in 0..<self.count {
            try bench.checkStop()
            guard let name = LogName(topic: "many", partition: Int32(number)) else { continue }
            let log = try directory.openLog(name, settings: settings)
            try log.write(
                pool.batch(0), checking: .frame, now: bench.surroundings.clock.wallClock())
        }
        let after = try Footprint(bench)
        note =
            "\(count) logs, all appended to: \(after.descriptors - before.descriptors) "
            + "descriptors, \((after.resident - before.resident) >> 20) MiB resident"
        try directory.close()
    }

    /// How many descriptors the process may have, by proc_pid_limits(5): `Max open files 1024 …`.
    private static func descriptorCountMax(_ bench: Workbench) throws -> Int {
        let lines = try SystemText.lines(of: "/proc/self/limits", in: bench.fileSystem)
        let line = lines.first { $0.hasPrefix("Max open files") } ?? ""
        let words = SystemText.words(of: line)
        // "unlimited" is no number, and leaves the count as it is.
        return words.count > 3 ? Int(words[3]) ?? .max : 1024
    }

    /// What the process holds.
    private struct Footprint {
        var descriptors: Int
        /// Bytes.
        var resident: Int

        init(_ bench: Workbench) throws {
            descriptors = try bench.fileSystem.entries(of: "/proc/self/fd").count
            // proc_pid_statm(5): the second number counts resident pages.
            let lines = try SystemText.lines(of: "/proc/self/statm", in: bench.fileSystem)
            let words = SystemText.words(of: lines.first ?? "")
            resident = (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
        }
    }

    func pair() -> Pair {
        Pair(
            subject: { round in try self.live(&round) },
            reference: { round in try self.openFiles(&round) }, note: note)
    }

    private func live(_ round: inout Round) throws {
        var opened: DataDirectory?
        if phase == .start {
            try time(.start, &round) { opened = try DataDirectory(path, in: bench.surroundings) }
        }
        try time(.open, &round) {
            let directory = try opened ?? DataDirectory(path, in: bench.surroundings)
            let settings = settings
            let results = try directory.openAll(settings: { _ in settings })
            for result in results.values { _ = try result.get() }
            opened = directory
        }
        guard let directory = opened else { return }
        try time(.append, &round) {
            let now = bench.surroundings.clock.wallClock()
            let pool = pool
            for log in directory.openLogs.values {
                try log.write(pool.batch(0), checking: .frame, now: now)
            }
        }
        try time(.checkpoint, &round) { try directory.checkpoint() }
        try time(.close, &round) { try directory.close() }
    }

    private func time(
        _ phase: Phase, _ round: inout Round, _ body: () throws -> Void
    ) throws {
        guard phase == self.phase else { return try body() }
        let count = count
        try round.time(work: 1) { _ in
            try body()
            return UInt64(count)
        }
    }

    /// As many files, each opened, looked at, read and closed.
    private func openFiles(_ round: inout Round) throws {
        let fileSystem = bench.fileSystem
        let pool = pool
        for number in 0..<count {
            let file = try OpenFile("\(round.folder)/\(number)", .createNew, in: fileSystem)
            try file.write(pool.batch(0), at: .zero)
        }
        let (folder, count, size) = (round.folder, count, pool.batchSize)
        try round.time(work: 1) { _ in
            var sum = 0
            for number in 0..<count {
                let file = try OpenFile("\(folder)/\(number)", .read, in: fileSystem)
                sum += try file.copyBytes(at: .zero, count: min(size, file.size().bytes)).count
            }
            return UInt64(sum)
        }
    }
}
