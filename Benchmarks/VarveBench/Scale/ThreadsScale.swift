internal import Synchronization
internal import Varve
internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// Threads that append to one shared log, each waiting until its record is on disk.
enum AppendersScale {
    static let family = ScaleFamily(
        name: "scale.appenders", axis: "threads that append and wait for the disk",
        axisUnit: .count,
        curves: [
            ScaleCurve("records", "records of 1 KiB that were made durable", .perSecond),
            ScaleCurve("median", "until a record is durable, at the median", .seconds),
            ScaleCurve("p99", "the same, 99th percentile", .seconds),
            ScaleCurve("processor", "processor time for a record", .seconds),
        ],
        sizes: [1, 2, 4, 8, 16, 32, 64], quickMax: 64, smokeMax: 4,
        keepsFiles: false
    ) { bench, count, notes in
        let log = try SharedLog("\(try bench.makeFolder())/data", in: bench.surroundings)
        let appendsEach = bench.scaled(max(250, 4000 / count), smoke: 3)
        var generator = SeededGenerator(seed: bench.options.seed)
        let record = Record(value: BatchPool.value(from: &generator))
        var latencies = LatencyHistogram()
        let start = Stopwatch.now()
        try notes.time("processor", per: count * appendsEach) {
            latencies = try Threads.run(count) { _ in
                var latencies = LatencyHistogram()
                for _ in 0..<appendsEach {
                    let start = Stopwatch.now()
                    try log.append(record)
                    latencies.add(Stopwatch.now() - start)
                }
                return latencies
            }
        }
        let seconds = Double(max(Stopwatch.now() - start, 1)) / 1e9
        notes.note("records", Double(count * appendsEach) / seconds)
        notes.copyProcessorTime(of: "processor", to: "processor")
        try log.close()
        guard let summary = LatencySummary(latencies) else { return }
        notes.note("median", Double(summary.p50) / 1e9)
        notes.note("p99", Double(summary.p99) / 1e9)
    }
}

/// Threads that read single records somewhere in a log while another one appends to it: all through
/// one reader, then each in a session of its own.
final class ReadersScale: Sendable {
    static let family = ScaleFamily(
        name: "scale.readers", axis: "threads that read beside one that appends",
        axisUnit: .count,
        curves: [
            ScaleCurve("reads", "single records of 1 KiB by offset, of all threads", .perSecond),
            ScaleCurve("appends", "records of 1 KiB of the writer, not flushed", .perSecond),
            ScaleCurve("processor", "processor time of all threads for a read", .seconds),
            ScaleCurve("session-reads", "reads by a session for each thread", .perSecond),
            ScaleCurve("session-processor", "processor time of all threads for one", .seconds),
        ],
        sizes: [1, 2, 4, 8, 16], quickMax: 16, smokeMax: 2,
        keepsFiles: false
    ) { bench, count, notes in
        let scene = try ReadersScale(bench)
        let seconds = try scene.measure("processor", readers: count, &notes) { scene, offsets in
            for offset in offsets {
                _ = try scene.log.reader.read(from: offset, sizeMax: ByteCount(1))
            }
        }
        notes.note("reads", Double(scene.readCount) / seconds)
        notes.note("appends", Double(scene.appendCount) / seconds)
        let sessionSeconds = try scene.measure(
            "session-processor", readers: count, &notes
        ) { scene, offsets in
            var session = scene.log.reader.session()
            for offset in offsets {
                _ = try session.read(from: offset, sizeMax: ByteCount(1))
            }
        }
        notes.note("session-reads", Double(scene.readCount) / sessionSeconds)
        try scene.log.close()
    }

    private let log: SharedLog
    private let record: Record
    private let heldCount: Int
    private let readCount: Int
    private let seed: UInt64

    private init(_ bench: Workbench) throws {
        var settings = SharedSettings()
        settings.log.flushPolicy = .pageCache
        log = try SharedLog(
            "\(try bench.makeFolder())/data", settings: settings, in: bench.surroundings)
        seed = bench.options.seed
        var generator = SeededGenerator(seed: seed)
        record = Record(value: BatchPool.value(from: &generator))
        heldCount = bench.scaled(50_000, smoke: 50)
        readCount = bench.scaled(400_000, smoke: 48)
        for _ in 0..<heldCount { try log.append(record) }
    }

    /// Records that were appended beside the readers so far.
    private var appendCount: Int { Int(log.ends.written.rawValue) - heldCount }

    /// Where one reader reads, one place after the other.
    private struct Offsets: Sequence, IteratorProtocol {
        var generator: SeededGenerator
        let bound: UInt64
        var left: Int

        mutating func next() -> Offset? {
            guard left > 0 else { return nil }
            left -= 1
            return Offset(Int64(generator.next() % bound))
        }
    }

    /// Has all threads read, and notes the processor time of a read.
    /// - Returns: how long it took, in seconds.
    private func measure(
        _ curve: String, readers count: Int, _ notes: inout ScaleNotes,
        _ read: @escaping @Sendable (ReadersScale, Offsets) throws -> Void
    ) throws -> Double {
        let readersLeft = SharedCount(count)
        let started = Stopwatch.now()
        try notes.time(curve, per: readCount) {
            _ = try Threads.run(count + 1) { index in
                guard index > 0 else {
                    while readersLeft.value > 0 { try self.log.append(self.record) }
                    return LatencyHistogram()
                }
                defer { readersLeft.countDown() }
                let offsets = Offsets(
                    generator: SeededGenerator(seed: self.seed &+ UInt64(index)),
                    bound: UInt64(self.heldCount), left: self.readCount / count)
                try read(self, offsets)
                return LatencyHistogram()
            }
        }
        let seconds = Double(max(Stopwatch.now() - started, 1)) / 1e9
        notes.copyProcessorTime(of: curve, to: curve)
        return seconds
    }

    private final class SharedCount: Sendable {
        private let count: Atomic<Int>

        init(_ count: Int) { self.count = Atomic(count) }

        var value: Int { count.load(ordering: .relaxed) }

        func countDown() { count.subtract(1, ordering: .relaxed) }
    }
}
