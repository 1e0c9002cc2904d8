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

/// Threads that read single records somewhere in a log while another one appends to it.
enum ReadersScale {
    static let family = ScaleFamily(
        name: "scale.readers", axis: "threads that read beside one that appends",
        axisUnit: .count,
        curves: [
            ScaleCurve("reads", "single records of 1 KiB by offset, of all threads", .perSecond),
            ScaleCurve("appends", "records of 1 KiB of the writer, not flushed", .perSecond),
            ScaleCurve("processor", "processor time of all threads for a read", .seconds),
        ],
        sizes: [1, 2, 4, 8, 16], quickMax: 16, smokeMax: 2,
        keepsFiles: false
    ) { bench, count, notes in
        try run(bench, readers: count, &notes)
    }

    private static func run(
        _ bench: Workbench, readers count: Int, _ notes: inout ScaleNotes
    ) throws {
        var settings = SharedSettings()
        settings.log.flushPolicy = .pageCache
        let log = try SharedLog(
            "\(try bench.makeFolder())/data", settings: settings, in: bench.surroundings)
        var generator = SeededGenerator(seed: bench.options.seed)
        let record = Record(value: BatchPool.value(from: &generator))
        let heldCount = bench.scaled(50_000, smoke: 50)
        for _ in 0..<heldCount { try log.append(record) }
        let readsEach = bench.scaled(400_000, smoke: 40) / count
        let readersLeft = SharedCount(count)
        let seed = bench.options.seed
        let started = Stopwatch.now()
        try notes.time("processor", per: readsEach * count) {
            _ = try Threads.run(count + 1) { index in
                guard index > 0 else {
                    while readersLeft.value > 0 { try log.append(record) }
                    return LatencyHistogram()
                }
                defer { readersLeft.countDown() }
                var generator = SeededGenerator(seed: seed &+ UInt64(index))
                for _ in 0..<readsEach {
                    let offset = Int64(generator.next() % UInt64(heldCount))
                    _ = try log.reader.read(from: Offset(offset), sizeMax: ByteCount(1))
                }
                return LatencyHistogram()
            }
        }
        let seconds = Double(max(Stopwatch.now() - started, 1)) / 1e9
        notes.copyProcessorTime(of: "processor", to: "processor")
        notes.note("reads", Double(readsEach * count) / seconds)
        notes.note("appends", Double(log.ends.written.rawValue - Int64(heldCount)) / seconds)
        try log.close()
    }

    private final class SharedCount: Sendable {
        private let count: Atomic<Int>

        init(_ count: Int) { self.count = Atomic(count) }

        var value: Int { count.load(ordering: .relaxed) }

        func countDown() { count.subtract(1, ordering: .relaxed) }
    }
}
