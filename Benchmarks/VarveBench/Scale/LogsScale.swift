internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// Logs of one directory, with one small batch each: what one of them costs while there are so
/// many. Nothing waits for the disk.
final class LogsScale {
    private let bench: Workbench
    private let count: Int
    private let path: String
    private let pool: BatchPool
    private let surroundings: Surroundings
    private let settings = OpenedLog.settings(.pageCache)

    static let family = ScaleFamily(
        name: "scale.logs", axis: "logs open in one directory", axisUnit: .count,
        curves: [
            ScaleCurve("make", "a new log, a batch in it, and its close", .seconds),
            ScaleCurve("open", "opening one after a clean close", .seconds),
            ScaleCurve("append", "a batch to one of them, not flushed", .seconds),
            ScaleCurve("read", "the first batch of one of them", .seconds),
            ScaleCurve("checkpoint", "a checkpoint of all, for each log", .seconds),
            ScaleCurve("close", "a clean close of all, for each log", .seconds),
            ScaleCurve("delete", "deleting one of them, and its files", .seconds),
            ScaleCurve("heap", "memory lent out for an open log", .bytes),
            ScaleCurve("resident", "resident memory of an open log", .bytes),
            ScaleCurve("descriptors", "files open for all logs after their opening", .count),
        ],
        sizes: [1, 10, 100, 1000, 10_000, 100_000], quickMax: 10_000, smokeMax: 10
    ) { bench, count, notes in
        try LogsScale(bench, count).measure(&notes)
    }

    private init(_ bench: Workbench, _ count: Int) throws {
        (self.bench, self.count) = (bench, count)
        path = try bench.makeFolder() + "/data"
        pool = try BatchPool(count: 1, recordsPerBatch: 1, seed: bench.options.seed)
        surroundings = bench.unflushed
    }

    /// Topics have a thousand partitions each.
    private func name(_ number: Int) throws -> LogName {
        guard let name = LogName(topic: "many-\(number / 1000)", partition: Int32(number % 1000))
        else { throw LogError.noSuchLog(path: "\(number)") }
        return name
    }

    private func measure(_ notes: inout ScaleNotes) throws {
        try notes.time("make", per: count) { try make() }
        let before = try ProcessFootprint(in: bench.fileSystem)
        var opened: DataDirectory?
        try notes.time("open", per: count) { opened = try open() }
        guard let directory = opened else { return }
        try notes.note(
            ("heap", "resident", "descriptors"), since: before, per: count, in: bench.fileSystem)
        try use(directory, &notes)
        try notes.time("checkpoint", per: count) { try directory.checkpoint() }
        try notes.time("close", per: count) { try directory.close() }
        try delete(&notes)
    }

    private func make() throws {
        let directory = try DataDirectory(path, in: surroundings)
        let (pool, now) = (pool, surroundings.clock.wallClock())
        for number in 0..<count {
            if number % 1000 == 0 { try bench.checkStop() }
            let name = try name(number)
            let log = try directory.openLog(name, settings: settings)
            try log.write(pool.batch(0), checking: .frame, now: now)
            try directory.closeLog(name)
        }
        try directory.close()
    }

    private func open() throws -> DataDirectory {
        let directory = try DataDirectory(path, in: surroundings)
        let settings = settings
        for result in try directory.openAll(settings: { _ in settings }).values {
            _ = try result.get()
        }
        return directory
    }

    /// Appends to some of the logs and reads from them, in turn: as many as there are descriptors
    /// for, spread over all.
    private func use(_ directory: DataDirectory, _ notes: inout ScaleNotes) throws {
        let usedCount = min(count, 500)
        let used = try (0..<usedCount).compactMap {
            directory.openLogs[try name($0 * (count / usedCount))]
        }
        let (pool, now) = (pool, surroundings.clock.wallClock())
        let passes = bench.scaled(10_000, smoke: 10) / usedCount + 1
        // Files are opened with the first append, and mapped with the first read.
        for log in used {
            try log.write(pool.batch(0), checking: .frame, now: now)
            _ = try log.reader.read(
                from: .zero, sizeMax: ByteCount(1), through: .includingUnflushed)
        }
        try notes.time("append", per: passes * usedCount) {
            for _ in 0..<passes {
                for log in used { try log.write(pool.batch(0), checking: .frame, now: now) }
            }
        }
        try notes.time("read", per: passes * usedCount) {
            for _ in 0..<passes {
                for log in used {
                    _ = try log.reader.read(
                        from: .zero, sizeMax: ByteCount(1), through: .includingUnflushed)
                }
            }
        }
    }

    private func delete(_ notes: inout ScaleNotes) throws {
        let directory = try DataDirectory(path, in: surroundings)
        let doomedCount = min(count, 1000)
        try notes.time("delete", per: doomedCount) {
            for number in 0..<doomedCount { try directory.deleteLog(try name(number)) }
            try directory.removeDeletedLogs()
        }
        try directory.close()
    }
}
