internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Records of one size in batches of up to 100 KiB, or of one record where that is larger.
final class RecordsScale {
    static let family = ScaleFamily(
        name: "scale.records", axis: "size of a record", axisUnit: .bytes,
        curves: [
            ScaleCurve("append", "batches that are checked whole and not flushed", .bytesPerSecond),
            ScaleCurve("frame", "batches whose checksum alone is checked", .bytesPerSecond),
            ScaleCurve("durable", "one batch at a time, each flushed", .bytesPerSecond),
            ScaleCurve("scan", "every record, checksums verified, cached", .bytesPerSecond),
            ScaleCurve("append-one", "one record of a checked batch", .seconds),
            ScaleCurve("scan-one", "one record of a scan", .seconds),
        ],
        sizes: [100, 1 << 10, 10 << 10, 100 << 10, 1 << 20], quickMax: 1 << 20, smokeMax: 1 << 10,
        keepsFiles: false
    ) { bench, size, notes in
        try RecordsScale(bench, size).measure(&notes)
    }

    private let bench: Workbench
    private let recordsPerBatch: Int
    private let batch: MappedBytes
    private let batchSize: Int
    private let batchCount: Int

    private init(_ bench: Workbench, _ size: Int) throws {
        self.bench = bench
        recordsPerBatch = max(1, (100 << 10) / size)
        var generator = SeededGenerator(seed: bench.options.seed)
        let value = (0..<size).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 24) }
        var builder = RecordBatchBuilder(capacity: recordsPerBatch * (size + 32) + 128)
        builder.begin(BatchSettings())
        for record in 0..<recordsPerBatch {
            _ = try builder.append(
                key: nil, value: value.rawSpan,
                timestamp: Timestamp(milliseconds: 1_700_000_000_000 + Int64(record)))
        }
        _ = try builder.seal()
        var batches = ByteBuffer(capacity: builder.sealedBytes.byteCount)
        batches.append(builder.sealedBytes)
        batchSize = batches.count
        batch = SharedBytes.copy(of: batches)
        batchCount = max(4, bench.scaled(512 << 20, smoke: 1 << 20) / batchSize)
    }

    private var settings: LogSettings {
        var settings = LogSettings()
        settings.flushPolicy = .pageCache
        settings.batchSizeMax = .mib(2)
        return settings
    }

    private func measure(_ notes: inout ScaleNotes) throws {
        let size = Double(batchCount * batchSize)
        let recordCount = batchCount * recordsPerBatch
        try append(.frame, &notes) { notes, seconds in notes.note("frame", size / seconds) }
        let log = try append(.records, &notes) { notes, seconds in
            notes.note("append", size / seconds)
            notes.note("append-one", seconds / Double(recordCount))
        }
        var found = 0
        let seconds = try Self.seconds { found = try scan(log.log.reader) }
        guard found == recordCount else { throw LogError.noSuchLog(path: "\(found) records") }
        notes.note("scan", size / seconds)
        notes.note("scan-one", seconds / Double(recordCount))
        try appendDurably(&notes)
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = Stopwatch.now()
        try body()
        return Double(max(Stopwatch.now() - start, 1)) / 1e9
    }

    @discardableResult
    private func append(
        _ depth: AppendCheck, _ notes: inout ScaleNotes,
        _ note: (inout ScaleNotes, Double) -> Void
    ) throws -> OpenedLog {
        let opened = try OpenedLog(in: try bench.makeFolder(), on: bench, settings)
        let batch = batch
        let seconds = try Self.seconds {
            for _ in 0..<batchCount {
                try opened.log.append(batch.bytes(in: 0..<batch.count), checking: depth)
            }
        }
        note(&notes, seconds)
        return opened
    }

    private func scan(_ reader: LogReader) throws -> Int {
        var (count, sum) = (0, 0)
        var next = reader.startOffset
        while case .batches(let batches) = try reader.read(from: next) {
            let bytes = batches.bytes
            var position = 0
            while position < bytes.byteCount {
                let batch = try RecordBatchView(bytes, at: position)
                var records = batch.records
                while let record = try records.next() {
                    count += 1
                    sum &+= record.value?.byteCount ?? 0
                }
                position += batch.bytes.byteCount
            }
            next = batches.nextOffset
        }
        return sum > 0 ? count : 0
    }

    private func appendDurably(_ notes: inout ScaleNotes) throws {
        var settings = settings
        settings.flushPolicy = .durable
        let opened = try OpenedLog(in: try bench.makeFolder(), on: bench, settings)
        let count = bench.scaled(400, smoke: 2)
        let batch = batch
        let seconds = try Self.seconds {
            for _ in 0..<count { try opened.log.append(batch.bytes(in: 0..<batch.count)) }
        }
        notes.note("durable", Double(count * batchSize) / seconds)
    }
}
