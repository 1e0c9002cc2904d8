internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// Records that become batches of 100 on the way: what a program does that has records, not
/// batches.
struct BuildWorkload {
    private let bench: Workbench
    private let pool: BatchPool
    private let values: [[UInt8]]
    private let appendCount: Int

    init(_ bench: Workbench) throws {
        self.bench = bench
        let seed = bench.options.seed
        pool = try BatchPool(
            count: bench.scaled(64, smoke: 2), recordsPerBatch: 100, seed: seed)
        var generator = SeededGenerator(seed: seed)
        values = (0..<pool.count * 100).map { _ in BatchPool.value(from: &generator) }
        appendCount = bench.scaled(10_000, smoke: 4)
    }

    func pair() -> Pair {
        let size = appendCount * pool.batchSize
        return Pair(
            subject: { round in
                let settings = OpenedLog.settings(.pageCache)
                let opened = try OpenedLog(in: round.folder, on: bench, settings)
                var builder = RecordBatchBuilder(capacity: 2 * pool.batchSize)
                try round.time(work: size) { _ in
                    for number in 0..<appendCount {
                        let first = number % pool.count * 100
                        builder.begin(BatchSettings())
                        for record in 0..<100 {
                            let value = values[first + record]
                            _ = try builder.append(
                                key: nil, value: value.rawSpan,
                                timestamp: Timestamp(
                                    milliseconds: 1_700_000_000_000 + Int64(record)))
                        }
                        _ = try builder.seal()
                        try opened.log.append(builder.sealedBytes, checking: .frame)
                    }
                    return UInt64(opened.log.ends.written.rawValue)
                }
            },
            reference: { round in
                var file = try RawFile(in: round.folder, bench.fileSystem)
                try round.time(work: size) { _ in
                    for number in 0..<appendCount { try file.append(pool.batch(number)) }
                    return UInt64(file.size)
                }
            },
            freshPages: ByteCount(size))
    }
}
