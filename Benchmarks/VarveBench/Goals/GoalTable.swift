/// The goals of Varve's speed, each as the demands that one run can judge.
///
/// A demand names a benchmark of the catalogue. One whose benchmark does not exist yet is reported
/// as not measured, and is measured from the day on that it does.
public enum GoalTable {
    public static let goals: [Goal] = embedded + reading + served + againstKafka

    /// Why a benchmark that a goal names is not there.
    static let absent = [
        "append.page-cache.recycled": "segments are not used again (decision 14)",
        "cluster.produce": "clusters are not built yet",
        "cluster.failover": "clusters are not built yet",
    ]

    /// The goals that `filter` is the number of, or part of a benchmark's name of; all for nil.
    /// - Throws: `.nothingMatches` when there is none.
    public static func choose(_ filter: String?) throws(BenchError) -> [Goal] {
        guard let filter else { return goals }
        let chosen = goals.filter { $0.number == filter || $0.benchmark.contains(filter) }
        guard !chosen.isEmpty else { throw .nothingMatches(filter: filter) }
        return chosen
    }

    /// What of the catalogue must run to judge these goals, in its order.
    /// - Parameter drawn: whether plots are wanted. One of them shows what lies beyond the rate
    ///   that a goal is about.
    public static func benchmarks(for goals: [Goal], drawn: Bool = false) -> [Benchmark] {
        var names = Set(goals.flatMap(\.benchmarks))
        if drawn, names.contains("broker.paced.durable") {
            names.formUnion(GoalPlots.loads.map(\.name))
        }
        return Catalogue.benchmarks.filter { names.contains($0.name) }
    }
}

// MARK: The embedded log

extension GoalTable {
    private static let embedded = [
        Goal("P1", "append, fresh files", "append.page-cache.frame", .atLeast(0.85)),
        Goal("P1", "append, every record checked", "append.page-cache", .atLeast(0.85)),
        Goal("P1", "append, recycled files", "append.page-cache.recycled", .atLeast(1.5)),
        Goal(
            "P2", "processor time of an append", "append.page-cache.frame", of: .processorTime,
            .atMost(1.25)),
        Goal(
            "P3", "one durable record, median", "append.durable.rewriting", of: .median,
            .atMost(1.1)),
        Goal(
            "P3", "one durable record at a time", "append.durable", per: rocksDB(4547),
            .atLeast(1.4)),
        Goal(
            "P3", "one durable record at a time", "append.durable", per: levelDB(4774),
            .atLeast(1.4)),
        Goal(
            "P3", "one durable record at a time", "append.durable",
            per: .program(Recorded("SQLite 3.40 FULL", .sqlite, 5351)), .atLeast(1.15)),
        Goal("P4", "16 durable threads, flushing apart", "append.shared.16", .atLeast(2)),
        Goal(
            "P4", "16 durable threads", "append.shared.16", per: levelDB(23_500),
            .atLeast(2)),
        Goal(
            "P4", "16 durable threads", "append.shared.16", per: rocksDB(19_400),
            .atLeast(2.5)),
        Goal(
            "P4", "16 durable threads, p99", "append.shared.16", of: .p99,
            per: .program(Recorded("LevelDB 1.23", .leveldb, 0.001_134)),
            .atMost(0.6)),
        Goal(
            "P5", "16 durable tasks", "append.shared.tasks.16", per: levelDB(23_500),
            .atLeast(4)),
        Goal(
            "P5", "16 durable tasks, p99", "append.shared.tasks.16", of: .p99, per: .nothing,
            .atMost(0.0003)),
        Goal(
            "P5", "16 durable tasks, log's executor", "append.shared.executor.16",
            per: levelDB(23_500), .atLeast(4)),
        Goal(
            "P5", "16 durable tasks, log's executor, p99", "append.shared.executor.16",
            of: .p99, per: .nothing, .atMost(0.0003)),
        Goal(
            "P5", "16 durable records of one thread", "append.shared.core.16",
            per: levelDB(23_500), .atLeast(4)),
        Goal("P6", "durable, saturated", "append.durable.1mib.rewriting", .atLeast(0.75)),
        Goal(
            "P6", "durable, saturated", "append.durable.1mib", per: .nothing,
            .atLeast(1.6e6 * 1024)),
        Goal("P7", "64 logs made durable", "commit.64", .atMost(1.5)),
        Goal("P7", "64 logs, per a flush of each", "commit.64.apart", .atMost(0.1)),
    ]

    private static func levelDB(_ rate: Double) -> Rival {
        .program(Recorded("LevelDB 1.23 sync", .leveldb, rate))
    }

    private static func rocksDB(_ rate: Double) -> Rival {
        .program(Recorded("RocksDB 7.8 sync", .rocksdb, rate))
    }
}

// MARK: Reading and opening

extension GoalTable {
    private static let reading = [
        Goal("P8", "verified scan", "scan", .atLeast(0.6)),
        Goal(
            "P8", "verified scan", "scan",
            per: .program(Recorded("LMDB 0.9.24, unverified", .lmdb, 2.81e9)), .atLeast(3)),
        Goal("P9", "random reads", "read.random", per: lmdb, .atLeast(2.5)),
        Goal(
            "P9", "random reads, two threads per one", "read.random.2-threads",
            per: .other("read.random"), .atLeast(1.8)),
        Goal("P10", "reopening, 1 GiB behind the tail", "reopen.1024mib", .atMost(1.5)),
        Goal("P10", "reopening, 4 GiB behind the tail", "reopen.4096mib", .atMost(1.5)),
        Goal(
            "P10", "reopening, 4 GiB behind the tail", "reopen.4096mib", per: .nothing,
            .atMost(0.05)),
        Goal(
            "P10", "reopening, 4 GiB per nothing behind", "reopen.4096mib",
            per: .other("reopen.0mib"), .atMost(1.2)),
        Goal(
            "P10", "reopening, as many segments as 64 GiB", "reopen.512-segments",
            per: .other("reopen.4096mib"), .atMost(1.2)),
        Goal("P10", "verifying 4 GiB", "verify.4096mib", .atMost(1.3)),
        Goal("P10", "verifying 4 GiB", "verify.4096mib", per: .nothing, .atMost(0.45)),
        Goal("P18", "a start over thousands of logs", "logs.start", .atMost(2)),
        Goal("P18", "opening each of thousands of logs", "logs.open", .atMost(2)),
        Goal(
            "P20", "compressed batches, processor time", "broker.produce.lz4", of: .processorTime,
            .atMost(1.1)),
        Goal("P20", "lz4 decoded", "codec.decompress.lz4.library", .atLeast(0.95)),
        Goal("P20", "gzip decoded", "codec.decompress.gzip.library", .atLeast(1.8)),
    ]

    private static let lmdb = Rival.program(
        Recorded("LMDB 0.9.24", .lmdb, 748_000))
}

// MARK: The broker

extension GoalTable {
    private static let served = [
        Goal("P11", "produce 1 KiB", "broker.produce.1kib", .atLeast(0.6)),
        Goal("P11", "produce 100 B", "broker.produce.100b", .atLeast(0.75)),
        Goal("P12", "produce 1 KiB, durable", "broker.produce.1kib.durable", .atLeast(0.55)),
        Goal(
            "P12", "produce 1 KiB, durable per not", "broker.produce.1kib.durable",
            per: .other("broker.produce.1kib"), .atLeast(0.9)),
        Goal("P13", "consume 1 KiB from cache", "broker.consume.1kib", .atLeast(0.85)),
        Goal("P14", "ack at 1 k/s, median", "broker.paced", of: .median, .atMost(1.15)),
        Goal("P14", "ack at 1 k/s, p99", "broker.paced", of: .p99, .atMost(2)),
        Goal(
            "P14", "durable ack at 1 k/s, median", "broker.paced.durable", of: .median, .atMost(2.6)
        ),
        Goal(
            "P14", "durable ack at 1 k/s, p99", "broker.paced.durable", of: .p99, per: .nothing,
            .atMost(0.0009)),
        Goal("P15", "16 durable connections", "broker.sync.16.durable", .atLeast(0.85)),
        Goal(
            "P15", "16 durable connections", "broker.sync.16.durable",
            per: .program(Recorded("Redis 7.0 Streams, always", .redis, 20_800)),
            .atLeast(1.2)),
        Goal(
            "P15", "16 durable connections, p99", "broker.sync.16.durable", of: .p99, per: .nothing,
            .atMost(0.0014)),
        Goal("P16", "three replicas, median", "cluster.produce", of: .median, .atMost(1.35)),
        Goal("P17", "leader killed until an ack", "cluster.failover", per: .nothing, .atMost(0.2)),
        Goal("P19", "idle, processors", "process.idle.10000", per: .nothing, .atMost(0.001)),
        Goal("P19", "idle, wakings a second", "process.wakings.10000", per: .nothing, .atMost(2)),
        Goal("P19", "memory at the start", "process.resident.0", per: .nothing, .atMost(16e6)),
        Goal(
            "P19", "memory with 10,000 partitions", "process.resident.10000", per: .nothing,
            .atMost(36e6)),
    ]
}
