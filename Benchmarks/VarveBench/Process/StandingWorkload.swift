internal import CBench
internal import VarveSystem
internal import VarveTerms

/// A broker in a process of its own, with partitions and connections and nothing to do: what it
/// takes of the machine. It is started once, and looked at in each round.
final class StandingWorkload {
    /// What is looked at.
    enum Take: Sendable {
        /// Bytes that are resident.
        case memory
        /// Times that a thread woke, in a second.
        case wakings
        /// Processor time in a time.
        case processor
    }

    private let bench: Workbench
    private let take: Take
    private let waited: Int64
    private let broker: ServedProcess
    private let crew: ClientCrew
    private let note: String

    init(_ bench: Workbench, _ take: Take, partitions: Int, connections: Int) throws {
        self.bench = bench
        self.take = take
        waited = Int64(bench.scaled(2000, quick: 1000, smoke: 20)) * 1_000_000
        let folder = try bench.makeFolder()
        broker = try ServedProcess(bench, in: folder)
        let empty = try broker.use.resident
        crew = try ClientCrew(port: broker.port, count: max(connections, 1))
        let partitions = bench.scaled(partitions, quick: partitions, smoke: min(partitions, 4))
        if partitions > 0 {
            try crew.makeTopic(RequestFrames.topic, partitions: partitions)
        }
        let settled = try Self.settle(broker, bench)
        note =
            "\(try broker.use.resident >> 10) KiB resident, \(empty >> 10) KiB at the start, "
            + settled
    }

    /// Waits until a broker has done what the making of a topic left it to do: until it uses less
    /// than a hundredth of a processor for half a second, a minute at the most.
    /// - Returns: how long that took.
    private static func settle(_ broker: ServedProcess, _ bench: Workbench) throws -> String {
        let step = Int64(bench.scaled(500, quick: 500, smoke: 20)) * 1_000_000
        let start = bench_now()
        for _ in 0..<120 {
            try bench.checkStop()
            let before = try broker.use.processorTime
            bench_sleep_until(bench_now() + step)
            guard try broker.use.processorTime - before >= step / 100 else {
                return "settled after \((bench_now() - start - step) / 1_000_000) ms"
            }
        }
        return "not settled after \((bench_now() - start) / 1_000_000) ms"
    }

    func pair() -> Pair {
        Pair(
            subject: { round in try self.look(&round) },
            reference: { round in
                // What the figure counts, once: a MiB, a waking a second, a processor.
                let second: Int64 = 1_000_000_000
                let work = self.take == .memory ? 1 << 20 : 1
                round.note(
                    work: work, elapsed: second, processorTime: second, digest: 1,
                    latencies: LatencyHistogram())
            }, note: note)
    }

    private func look(_ round: inout Round) throws {
        try bench.checkStop()
        let (before, start) = (try broker.use, bench_now())
        if take != .memory { bench_sleep_until(start + waited) }
        let (after, end) = (try broker.use, bench_now())
        let work =
            switch take {
            case .memory: after.resident
            case .wakings, .processor: Int(after.switches - before.switches)
            }
        round.note(
            work: work, elapsed: take == .memory ? 1_000_000_000 : end - start,
            processorTime: after.processorTime - before.processorTime, digest: 1,
            latencies: LatencyHistogram())
    }
}
