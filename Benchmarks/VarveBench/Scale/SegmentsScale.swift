internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// One log of many segments, with one batch of one record each. Nothing waits for the disk.
final class SegmentsScale {
    private let bench: Workbench
    private let count: Int
    private let folder: String
    private let settings: LogSettings

    static let family = ScaleFamily(
        name: "scale.segments", axis: "segments of one log", axisUnit: .count,
        curves: [
            ScaleCurve("roll", "a batch, and a new segment behind it", .seconds),
            ScaleCurve("open", "opening the log after a clean close, for each segment", .seconds),
            ScaleCurve("touch", "the first read from a segment", .seconds),
            ScaleCurve("read", "a batch by its offset, somewhere in the log", .seconds),
            ScaleCurve("by-time", "an offset by its time, somewhere in the log", .seconds),
            ScaleCurve("append", "a batch to the last segment", .seconds),
            ScaleCurve("retain", "a look for segments to delete, with none to be found", .seconds),
            ScaleCurve("close", "a clean close, for each segment", .seconds),
            ScaleCurve("heap", "memory lent out for a segment that nobody read", .bytes),
            ScaleCurve("heap-read", "memory lent out for a segment that was read", .bytes),
        ],
        sizes: [1, 10, 100, 1000, 10_000], quickMax: 10_000, smokeMax: 10
    ) { bench, count, notes in
        try SegmentsScale(bench, count).measure(&notes)
    }

    private init(_ bench: Workbench, _ count: Int) throws {
        (self.bench, self.count) = (bench, count)
        folder = try bench.makeFolder()
        var settings = OpenedLog.settings(.durable)
        settings.segmentSizeMax = .mib(1)
        settings.retentionAge = .seconds(10 * 365 * 24 * 3600)
        self.settings = settings
    }

    private func opened() throws -> (directory: DataDirectory, log: Log) {
        let directory = try DataDirectory("\(folder)/data", in: bench.unflushed)
        guard let name = LogName(topic: "log", partition: 0) else {
            preconditionFailure("log-0 is lawful")
        }
        return (directory, try directory.openLog(name, settings: settings))
    }

    private static let firstTime: Int64 = 1_700_000_000_000

    /// A batch of one record of 100 bytes, a second later than the one before.
    private func append(_ number: Int, to log: Log, _ builder: inout RecordBatchBuilder) throws {
        let value = [UInt8](repeating: 0x2A, count: 100)
        builder.begin(BatchSettings())
        let time = Timestamp(milliseconds: Self.firstTime + Int64(number) * 1000)
        _ = try builder.append(key: nil, value: value.rawSpan, timestamp: time)
        _ = try builder.seal()
        let bytes = builder.sealedBytes
        try log.append(bytes, checking: .frame)
    }

    private func measure(_ notes: inout ScaleNotes) throws {
        try make(&notes)
        let before = try ProcessFootprint(in: bench.fileSystem)
        var result: (directory: DataDirectory, log: Log)?
        try notes.time("open", per: count) { result = try opened() }
        guard let opened = result else { return }
        let after = try ProcessFootprint(in: bench.fileSystem)
        notes.note("heap", Double(max(after.heap - before.heap, 0)) / Double(count))
        try read(opened.log, &notes)
        let touched = try ProcessFootprint(in: bench.fileSystem)
        notes.note("heap-read", Double(max(touched.heap - before.heap, 0)) / Double(count))
        try grow(opened.log, &notes)
        try notes.time("close", per: count) { try opened.directory.close() }
    }

    /// What rolling costs is that of the last segments.
    private func make(_ notes: inout ScaleNotes) throws {
        let opened = try opened()
        var builder = RecordBatchBuilder(capacity: 256)
        let timedCount = min(count, 500)
        for number in 0..<count - timedCount {
            if number % 100 == 0 { try bench.checkStop() }
            try append(number, to: opened.log, &builder)
            try opened.log.roll()
        }
        try notes.time("roll", per: timedCount) {
            for number in count - timedCount..<count {
                try append(number, to: opened.log, &builder)
                // The last one is appended to.
                if number + 1 < count { try opened.log.roll() }
            }
        }
        try opened.directory.close()
    }

    private func read(_ log: Log, _ notes: inout ScaleNotes) throws {
        let reader = log.reader
        try notes.time("touch", per: count) {
            for number in 0..<count {
                _ = try reader.read(from: Offset(Int64(number)), sizeMax: ByteCount(1))
            }
        }
        let lookCount = bench.scaled(50_000, smoke: 20)
        var generator = SeededGenerator(seed: bench.options.seed)
        try notes.time("read", per: lookCount) {
            for _ in 0..<lookCount {
                let offset = Int64(generator.next() % UInt64(count))
                _ = try reader.read(from: Offset(offset), sizeMax: ByteCount(1))
            }
        }
        // What the first look-up has to find out is remembered.
        _ = try reader.offset(for: Timestamp(milliseconds: .max))
        let timeCount = bench.scaled(5000, smoke: 20)
        try notes.time("by-time", per: timeCount) {
            for _ in 0..<timeCount {
                let second = Int64(generator.next() % UInt64(count))
                _ = try reader.offset(
                    for: Timestamp(milliseconds: Self.firstTime + second * 1000))
            }
        }
    }

    private func grow(_ log: Log, _ notes: inout ScaleNotes) throws {
        var builder = RecordBatchBuilder(capacity: 256)
        let appendCount = bench.scaled(4000, smoke: 10)
        // Files are opened with the first append.
        try append(count, to: log, &builder)
        try notes.time("append", per: appendCount) {
            for _ in 0..<appendCount { try append(count, to: log, &builder) }
        }
        let now = surroundingsTime()
        try notes.time("retain", per: 20) {
            for _ in 0..<20 { _ = try log.applyRetention(now: now) }
        }
    }

    private func surroundingsTime() -> Timestamp { bench.surroundings.clock.wallClock() }
}
