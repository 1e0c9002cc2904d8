internal import CBench
internal import VarveTerms

/// One connection that keeps a broker busy with Produce requests, eight of them under way.
struct ProduceWorkload {
    private static let ahead: Int32 = 8

    private let bench: Workbench
    private let batches: RequestFrames.Batches
    private let frames: RequestFrames
    private let requestCount: Int

    init(_ bench: Workbench, _ batches: RequestFrames.Batches) throws {
        self.bench = bench
        let batches = batches.scaled(bench)
        self.batches = batches
        frames = try RequestFrames.produce(
            batches, count: bench.scaled(batches.isText ? 8 : 64, smoke: 4),
            seed: bench.options.seed)
        // A GiB of batches of 250 KiB.
        requestCount = bench.scaled(4000, smoke: 8)
    }

    /// What one broker is divided by is the other one under the same load.
    func pair(_ subject: MeasuredBroker, per reference: MeasuredBroker) -> Pair {
        Pair(
            subject: { try produce(to: subject, &$0) },
            reference: { try produce(to: reference, &$0) },
            freshPages: ByteCount(requestCount * frames.batchSize / frames.count))
    }

    /// The same broker with other batches as the reference: both count bytes of batches.
    func pair(_ broker: MeasuredBroker, per plain: ProduceWorkload) -> Pair {
        Pair(
            subject: { try produce(to: broker, &$0) },
            reference: { try plain.produce(to: broker, &$0) },
            freshPages: ByteCount(requestCount * frames.batchSize / frames.count))
    }

    private func produce(to broker: MeasuredBroker, _ round: inout Round) throws {
        let partitions = batches.partitions
        try broker.serve(in: round.folder, partitions: partitions, on: bench) { port in
            var acked: UInt64 = 0
            // Files are made, and connections are known.
            try unsafe frames.lend { frames in
                unsafe bench_produce(port, frames, Int64(partitions), 1, &acked)
            }
            try round.time(work: requestCount * frames.batchSize / frames.count) { _ in
                try unsafe frames.lend { frames in
                    unsafe bench_produce(port, frames, Int64(requestCount), Self.ahead, &acked)
                }
                return acked
            }
        }
    }
}

/// One connection that fetches what lies in the page cache, with one request for each of four
/// partitions under way.
struct ConsumeWorkload {
    private static let partitions = 4

    private let bench: Workbench
    private let produced: RequestFrames
    private let fetches: RequestFrames
    private let requestCount: Int

    init(_ bench: Workbench) throws {
        self.bench = bench
        produced = try RequestFrames.produce(
            RequestFrames.Batches.kib.scaled(bench), count: bench.scaled(64, smoke: 4),
            seed: bench.options.seed)
        fetches = try RequestFrames.fetch(partitions: Self.partitions)
        requestCount = bench.scaled(4000, smoke: 64)
    }

    func pair() -> Pair {
        let size = requestCount * produced.batchSize / produced.count
        return Pair(
            subject: { try consume(from: .pageCache, size, &$0) },
            reference: { try consume(from: .null, size, &$0) },
            freshPages: ByteCount(size))
    }

    private func consume(from broker: MeasuredBroker, _ size: Int, _ round: inout Round) throws {
        try broker.serve(in: round.folder, partitions: Self.partitions, on: bench) { port in
            var acked: UInt64 = 0
            try unsafe produced.lend { frames in
                unsafe bench_produce(port, frames, Int64(requestCount), 8, &acked)
            }
            // Short of the end, where one partition would wait for the others.
            let wanted = size / 8 * 7
            try round.time(work: wanted) { _ in
                var taken: UInt64 = 0
                try unsafe fetches.lend { frames in
                    unsafe bench_consume(port, frames, Int64(wanted), &taken)
                }
                return taken
            }
        }
    }
}
