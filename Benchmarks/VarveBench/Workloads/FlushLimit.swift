internal import VarveLinux
internal import VarveTerms

/// What a flush of 4 KiB costs by the kind of blocks that it goes to, without Varve.
struct FlushLimit {
    /// The blocks that are written.
    enum Blocks {
        /// Reserved beforehand, never written.
        case reserved
        /// Written and flushed before.
        case rewritten
    }

    private static let size = 4096
    private let bench: Workbench
    private let blocks: Blocks
    private let pool: BatchPool
    private let flushCount: Int

    init(_ bench: Workbench, _ blocks: Blocks) throws {
        self.bench = bench
        self.blocks = blocks
        // Four records of 1 KiB and a header; only the first 4096 bytes are written.
        pool = try BatchPool(count: 4, recordsPerBatch: 4, seed: bench.options.seed)
        flushCount = bench.scaled(1000, smoke: 3)
    }

    func pair() -> Pair {
        Pair(
            subject: { round in
                let file = try RawFile(in: round.folder, bench.fileSystem)
                switch blocks {
                case .reserved: try file.reserve(flushCount * Self.size)
                case .rewritten: try prepare(file)
                }
                try measure(&round, file)
            },
            reference: { round in
                try measure(&round, try RawFile(in: round.folder, bench.fileSystem))
            },
            freshPages: ByteCount(flushCount * Self.size))
    }

    private func prepare(_ file: borrowing RawFile) throws {
        for number in 0..<flushCount {
            try bench.checkStop()
            try file.write(pool.batch(0).extracting(0..<Self.size), at: number * Self.size)
        }
        try file.writeFlushed(pool.batch(0).extracting(0..<Self.size), at: 0)
    }

    private func measure(_ round: inout Round, _ file: borrowing RawFile) throws {
        let descriptor = file.descriptor
        try round.time(work: flushCount) { latencies in
            for number in 0..<flushCount {
                try bench.checkStop()
                let bytes = pool.batch(number).extracting(0..<Self.size)
                let start = Stopwatch.now()
                try RawFile.writeFlushed(bytes, at: number * Self.size, descriptor)
                latencies.add(Stopwatch.now() - start)
            }
            return UInt64(flushCount)
        }
    }
}
