internal import CBench
internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// Single records of 1 KiB, found by offset in a log that lies in the page cache.
final class RandomReadWorkload {
    private let bench: Workbench
    private let opened: OpenedLog
    private let folder: String
    private let recordCount: UInt64
    private let readCount: Int
    private let threads: Int
    private let batchSize: Int
    private let fileSize: Int

    init(_ bench: Workbench, recordsPerBatch: Int, threads: Int = 1) throws {
        self.bench = bench
        self.threads = threads
        let batches = 2048 / recordsPerBatch
        let pool = try BatchPool(
            count: bench.scaled(batches, quick: batches, smoke: 8),
            recordsPerBatch: recordsPerBatch, seed: bench.options.seed)
        folder = try bench.makeFolder()
        opened = try OpenedLog(in: folder, on: bench, OpenedLog.settings(.pageCache))
        var file = try RawFile(in: folder, bench.fileSystem)
        for _ in 0..<bench.scaled(256, smoke: 1) {
            try bench.checkStop()
            for number in 0..<pool.count {
                try opened.log.append(pool.batch(number), checking: .frame)
                try file.append(pool.batch(number))
            }
        }
        recordCount = UInt64(opened.log.ends.written.rawValue)
        readCount = bench.scaled(recordsPerBatch > 1 ? 50_000 : 300_000, smoke: 20)
        batchSize = pool.batchSize
        fileSize = file.size
    }

    func pair() -> Pair {
        let (reader, seed, readCount) = (opened.log.reader, bench.options.seed, readCount)
        let recordCount = recordCount
        return Pair(
            subject: { round in
                try round.time(work: readCount * self.threads) { _ in
                    try Threads.sum(self.threads) { index in
                        try Self.read(
                            reader, count: readCount, of: recordCount, seed: seed &+ UInt64(index))
                    }
                }
            },
            reference: { round in try self.readRaw(&round) })
    }

    private static func read(
        _ reader: LogReader, count: Int, of recordCount: UInt64, seed: UInt64
    ) throws -> UInt64 {
        var generator = SeededGenerator(seed: seed)
        var session = reader.session()
        var sum: UInt64 = 0
        for _ in 0..<count {
            let wanted = Offset(Int64(generator.next() % recordCount))
            // One batch is enough: the first comes whatever its size.
            let outcome = try session.read(from: wanted, sizeMax: ByteCount(1))
            guard case .batches(let batches) = outcome else {
                preconditionFailure("offset \(wanted) is in the log")
            }
            let bytes = batches.bytes
            let batch = try RecordBatchView(bytes)
            var records = batch.records
            while let record = try records.next() {
                guard record.offset == wanted, let value = record.value else { continue }
                sum &+= unsafe value.unsafeLoadUnaligned(as: UInt64.self)
                break
            }
        }
        return sum
    }

    private func readRaw(_ round: inout Round) throws {
        let file = try OpenedRawFile(in: folder, bench.fileSystem)
        let descriptor = file.descriptor
        let (seed, readCount) = (bench.options.seed, readCount)
        // As far apart as records are, which is what makes a page miss or not.
        let stride = min(batchSize, BatchPool.valueSize + 72)
        let end = fileSize - BatchPool.valueSize
        try round.time(work: readCount * threads) { _ in
            try Threads.sum(threads) { index in
                var sum: UInt64 = 0
                let outcome = unsafe bench_random_reads(
                    descriptor, BatchPool.valueSize, stride, end, Int64(readCount),
                    seed &+ UInt64(index), &sum)
                guard outcome == 0 else { throw LeafError(call: "pread", code: bench_errno()) }
                return sum
            }
        }
    }
}
