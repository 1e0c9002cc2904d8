internal import CBench
internal import VarveTerms

/// From nothing to the first acknowledged record: an empty folder, a broker, a topic, a record.
struct StartWorkload {
    private let bench: Workbench
    private let frames: RequestFrames

    init(_ bench: Workbench) throws {
        self.bench = bench
        frames = try RequestFrames.produce(.single, count: 1, seed: bench.options.seed)
    }

    func pair() -> Pair {
        Pair(
            subject: { try start(.durable, &$0) }, reference: { try start(.null, &$0) })
    }

    private func start(_ broker: MeasuredBroker, _ round: inout Round) throws {
        let folder = round.folder
        let start = bench_now()
        var end = start
        try broker.serve(in: folder, partitions: 1, on: bench) { port in
            var acked: UInt64 = 0
            try unsafe frames.lend { unsafe bench_produce(port, $0, 1, 1, &acked) }
            end = bench_now()
        }
        round.note(elapsed: end - start)
    }
}
