internal import CBench
internal import VarveTerms

/// A broker in a process of its own that is started over what the one before left, until a record
/// is acknowledged.
final class RestartWorkload {
    private let bench: Workbench
    private let folder: String
    private let topic: RequestFrames
    private let load: RequestFrames
    private let loadCount: Int

    /// - Parameters:
    ///   - loadSize: bytes that lie in four partitions.
    ///   - partitions: partitions that nothing lies in, besides.
    init(_ bench: Workbench, loadSize: Int, partitions: Int) throws {
        self.bench = bench
        folder = try bench.makeFolder()
        let seed = bench.options.seed
        topic = try RequestFrames.produce(.single, count: 1, seed: seed)
        load = try RequestFrames.produce(
            RequestFrames.Batches.kib.scaled(bench), count: bench.scaled(64, smoke: 4), seed: seed)
        let perRequest = load.batchSize / load.count
        let broker = try ServedProcess(bench, in: folder)
        try ClientCrew(port: broker.port, count: 1)
            .makeTopic(RequestFrames.topic, partitions: max(4, partitions))
        loadCount = bench.scaled(
            loadSize / perRequest, smoke: min(4, loadSize / perRequest))
        try produce(loadCount, to: broker)
        try broker.end()
    }

    /// The subject was killed, the reference ended in order.
    func pair() -> Pair {
        Pair(
            subject: { try self.restart(&$0, isKilled: true) },
            reference: { try self.restart(&$0, isKilled: false) })
    }

    private func restart(_ round: inout Round, isKilled: Bool) throws {
        let before = try ServedProcess(bench, in: folder)
        // What was not there at the last end: an eighth of the load, or a record.
        try produce(loadCount / 8, to: before)
        try acknowledge(before)
        if isKilled { before.kill() } else { try before.end() }
        let start = bench_now()
        let broker = try ServedProcess(bench, in: folder)
        try acknowledge(broker)
        round.note(elapsed: bench_now() - start)
        try broker.end()
    }

    private func acknowledge(_ broker: ServedProcess) throws {
        var acked: UInt64 = 0
        try unsafe topic.lend { unsafe bench_produce(broker.port, $0, 1, 1, &acked) }
    }

    private func produce(_ count: Int, to broker: ServedProcess) throws {
        guard count > 0 else { return }
        var acked: UInt64 = 0
        try unsafe load.lend { unsafe bench_produce(broker.port, $0, Int64(count), 8, &acked) }
    }
}
