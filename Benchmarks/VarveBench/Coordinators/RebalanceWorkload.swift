internal import VarveLog

/// A consumer group (KIP-848) that one more member joins: how long until each member has its part.
final class RebalanceWorkload {
    private static let topic = "dealt"
    private let bench: Workbench
    private let members: Int
    private let partitions: Int
    private let broker: ServedBroker
    private let group: SimulatedGroup
    private let pool: BatchPool
    private var generator: SeededGenerator

    /// - Parameters:
    ///   - members: how many there are before.
    ///   - partitions: how many are dealt out.
    init(_ bench: Workbench, members: Int, partitions: Int) throws {
        self.bench = bench
        self.members = bench.scaled(members, smoke: 2)
        self.partitions = bench.scaled(partitions, smoke: 4)
        generator = SeededGenerator(seed: bench.options.seed)
        pool = try BatchPool(count: 1, recordsPerBatch: 1, seed: bench.options.seed)
        let folder = try bench.makeFolder()
        broker = try ServedBroker(bench, in: folder)
        let crew = try ClientCrew(port: broker.port, count: 1)
        try crew.makeTopic(Self.topic, partitions: self.partitions)
        group = try SimulatedGroup(
            port: broker.port, members: self.members + 1, topic: Self.topic,
            partitions: self.partitions)
        try group.settle(members: self.members)
    }

    deinit { try? broker.end() }

    func rebalancing() -> Pair {
        Pair(
            subject: { round in try self.join(&round) },
            reference: { round in try self.record(&round) },
            note: "\(members + 1) members, \(partitions) partitions")
    }

    func beating() -> Pair {
        let repeats = bench.scaled(max(1, 20_000 / members), smoke: 1)
        let work = members * repeats
        return Pair(
            subject: { round in
                // A group that was left alone for long beats late; the first round is not timed.
                try self.group.beatOnce()
                try round.time(work: work) { _ in
                    for _ in 0..<repeats { try self.group.beatOnce() }
                    return UInt64(work)
                }
            },
            reference: EchoWorkload(bench, framesAhead: 1).pair().subject,
            note: "\(members) members, \(partitions) partitions")
    }

    private func join(_ round: inout Round) throws {
        // The target of the round before is older than `consumer.assignment.interval.ms`, as it is
        // in a group that was at rest; the member comes at any time between two heartbeats.
        let pause = bench.options.isSmoke ? 0 : 1100 + Int64(generator.next() % 400)
        try group.rest(for: pause * 1_000_000)
        let (members, group) = (members, group)
        try round.time(work: 1) { latencies in
            let start = Stopwatch.now()
            try group.settle(members: members + 1)
            latencies.add(Stopwatch.now() - start)
            return UInt64(members)
        }
        try group.settle(members: members)
    }

    /// A record for each member, as if nobody had to be waited for.
    private func record(_ round: inout Round) throws {
        let opened = try OpenedLog(in: round.folder, on: bench)
        let (members, pool) = (members, pool)
        try round.time(work: 1) { _ in
            for _ in 0...members { try opened.log.append(pool.batch(0)) }
            return UInt64(members)
        }
    }
}
