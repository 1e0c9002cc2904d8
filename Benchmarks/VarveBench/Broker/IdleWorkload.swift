internal import CBench
internal import VarveTerms

/// A broker that has partitions and connections, and nothing to do.
struct IdleWorkload {
    private let bench: Workbench
    private let partitions: Int
    private let connections: Int
    private let waited: Int64

    init(_ bench: Workbench) {
        self.bench = bench
        partitions = bench.scaled(10_000, smoke: 4)
        connections = 50
        waited = Int64(bench.scaled(5000, smoke: 20)) * 1_000_000
    }

    func pair() -> Pair {
        Pair(
            subject: { try idle(.durable, &$0) }, reference: { try idle(.null, &$0) })
    }

    private func idle(_ broker: MeasuredBroker, _ round: inout Round) throws {
        try broker.serve(in: round.folder, partitions: partitions, on: bench) { port in
            let crew = try ClientCrew(port: port, count: connections)
            // What the making of the topic left to do is done by then.
            bench_sleep_until(bench_now() + waited / 4)
            let end = bench_now() + waited
            round.time(work: 1) { _ in
                bench_sleep_until(end)
                return 1
            }
            extendLifetime(crew)
        }
    }
}

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
