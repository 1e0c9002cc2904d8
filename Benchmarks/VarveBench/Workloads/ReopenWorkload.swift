internal import VarveBytes
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// A log whose owner is gone without closing it, as after `kill -9`, with a tail that was never
/// flushed.
///
/// The owner's files are closed and nothing else is done, which is what the system does for a
/// killed process: the same bytes are in the same files, and the lock is free.
final class ReopenWorkload {
    private let bench: Workbench
    private let folder: String
    private let settings: LogSettings
    private let tailBatches: Int
    private let pool: BatchPool
    private let isClosed: Bool
    private let isDurable: Bool

    /// - Parameters:
    ///   - flushedSegments: how many segments lie before the tail.
    ///   - segmentSize: how large those are; the one of the tail is larger than it.
    ///   - isClosed: whether the owner closes the log, so that there is no tail.
    ///   - isDurable: whether the first append is flushed, and all that recovery left with it.
    init(
        _ bench: Workbench, flushedSegments: Int, segmentSize: ByteCount = .mib(128),
        isClosed: Bool = false, isDurable: Bool = false
    ) throws {
        self.bench = bench
        (self.isClosed, self.isDurable) = (isClosed, isDurable)
        folder = try bench.makeFolder()
        pool = try BatchPool(
            count: bench.scaled(64, smoke: 2), recordsPerBatch: 100, seed: bench.options.seed)
        // Half a segment of tail.
        let tail = (64 << 20) / pool.batchSize
        tailBatches = bench.scaled(tail, quick: tail, smoke: 2)
        var settings = OpenedLog.settings(.durable)
        settings.segmentSizeMax = bench.options.isSmoke ? .mib(1) : .mib(128)
        self.settings = settings
        settings.segmentSizeMax = min(segmentSize, settings.segmentSizeMax)
        let opened = try OpenedLog(in: folder, on: bench, settings)
        let perSegment = settings.segmentSizeMax.bytes / pool.batchSize
        let written = bench.scaled(perSegment, quick: perSegment, smoke: 2)
        for number in 0..<flushedSegments * written {
            try bench.checkStop()
            try write(number, to: opened.log)
        }
        try opened.log.flush()
        if isClosed { try opened.directory.close() }
    }

    private func write(_ number: Int, to log: Log) throws {
        let now = bench.surroundings.clock.wallClock()
        let pool = pool
        try log.write(pool.batch(number), checking: .frame, now: now)
    }

    func pair() -> Pair {
        Pair(
            subject: { round in
                let start = self.isClosed ? nil : try self.leaveTail()
                var opened: OpenedLog?
                try round.time(work: 1) { _ in
                    let log = try OpenedLog(in: self.folder, on: self.bench, self.settings)
                    opened = log
                    let end = log.log.ends.written
                    try self.write(0, to: log.log)
                    if self.isDurable { try log.log.flush() }
                    return UInt64(start?.distance(to: end) ?? 0)
                }
                if self.isClosed { try opened?.directory.close() }
            },
            reference: { round in
                try self.sumTail(&round)
            },
            freshPages: ByteCount(tailBatches * pool.batchSize))
    }

    /// Opens the log, writes a tail into a new segment, and leaves it there.
    /// - Returns: where the tail starts.
    private func leaveTail() throws -> Offset {
        let opened = try OpenedLog(in: folder, on: bench, settings)
        try opened.log.roll()
        let start = opened.log.ends.written
        for number in 0..<tailBatches { try write(number, to: opened.log) }
        return start
    }

    /// The checksums of as many bytes in a mapped file of the page cache.
    private func sumTail(_ round: inout Round) throws {
        let (pool, path) = (pool, "\(round.folder)/raw")
        var file = try RawFile(in: round.folder, bench.fileSystem)
        for number in 0..<tailBatches { try file.append(pool.batch(number)) }
        let size = ByteCount(file.size)
        try round.time(work: 1) { _ in
            let file = try OpenFile(path, .read, in: bench.fileSystem)
            let mapping = try file.map(size: size)
            return UInt64(CRC32C.checksum(mapping.bytes(in: 0..<size.bytes)))
        }
    }
}
