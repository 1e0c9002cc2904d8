internal import VarveRecords

/// A broker under clients that cost as little as clients can, beside a broker that does nothing.
extension Catalogue {
    static let broker = produces + consumes + acknowledgements + loads + states

    private static let null = "the same clients at a broker in C that keeps nothing"
    private static let flushing =
        "the same clients at a broker in C that flushes, over blocks written before"

    private static let produces =
        [("", MeasuredBroker.pageCache), (".durable", .durable)].flatMap { suffix, broker in
            let meaning = suffix.isEmpty ? "into the page cache" : "each flushed"
            return [
                Benchmark(
                    "broker.produce.1kib\(suffix)", goal: suffix.isEmpty ? "P11" : "P12",
                    "batches of 250 records of 1 KiB to 4 partitions, \(meaning)", per: null,
                    .bytesPerSecond
                ) { try ProduceWorkload($0, .kib).pair(broker, per: .null) },
                Benchmark(
                    "broker.produce.1kib\(suffix).one-partition",
                    goal: suffix.isEmpty ? "P11" : "P12", "the same to one partition", per: null,
                    .bytesPerSecond
                ) { bench in
                    var batches = RequestFrames.Batches.kib
                    batches.partitions = 1
                    return try ProduceWorkload(bench, batches).pair(broker, per: .null)
                },
                Benchmark(
                    "broker.produce.100b\(suffix)", goal: suffix.isEmpty ? "P11" : "P12",
                    "batches of 2,500 records of 100 bytes to 4 partitions, \(meaning)",
                    per: null, .bytesPerSecond
                ) { try ProduceWorkload($0, .small).pair(broker, per: .null) },
            ]
        }
        + [
            Benchmark(
                "broker.produce.lz4", goal: "P20",
                "batches of 1,000 records of text, compressed by LZ4, counted as compressed",
                per: "the same broker with batches of 250 random records", .bytesPerSecond
            ) { bench in
                let batches = RequestFrames.Batches(
                    recordsEach: 1000, compression: .lz4, isText: true)
                return try ProduceWorkload(bench, batches).pair(
                    .pageCache, per: try ProduceWorkload(bench, .kib))
            }
        ]

    private static let consumes = [
        Benchmark(
            "broker.consume.1kib", goal: "P13",
            "records of 1 KiB in batches of 250 from 4 partitions, in the page cache", per: null,
            .bytesPerSecond
        ) { try ConsumeWorkload($0).pair() }
    ]

    private static let acknowledgements =
        [("", MeasuredBroker.pageCache), (".durable", .durable)].flatMap { suffix, broker in
            [
                Benchmark(
                    "broker.paced\(suffix)", goal: "P14",
                    "one record of 1 KiB every millisecond; latency from when it was due",
                    per: null, .medianLatency
                ) { try AckWorkload($0, .rate(1000)).pair(broker, per: .null) }
            ]
                + [1, 16].map { connections in
                    let isDurable = suffix == ".durable"
                    return Benchmark(
                        "broker.sync.\(connections)\(suffix)", goal: "P15",
                        "\(connections) connections, each with one record of 1 KiB at a time",
                        per: isDurable ? flushing : null, .operationsPerSecond
                    ) { bench in
                        try AckWorkload(bench, .inTurn(connections)).pair(
                            broker, per: isDurable ? .flushing : .null)
                    }
                }
        }

    /// The rates of `broker.load`, in requests each second.
    static let offeredLoads = [1000, 2000, 5000, 10_000, 20_000]

    private static let loads = offeredLoads.map { rate in
        Benchmark(
            "broker.load.\(rate)",
            "\(rate) records of 1 KiB a second, each flushed; latency from when it was due",
            per: flushing, .medianLatency
        ) { try AckWorkload($0, .rate(rate)).pair(.durable, per: .flushing) }
    }

    private static let states = [
        Benchmark(
            "broker.start",
            "an empty folder, a broker, a topic, one durable record: until it is acknowledged",
            per: "the broker in C that keeps nothing", .seconds
        ) { try StartWorkload($0).pair() }
    ]
}
