/// Brokers in processes of their own, as users start them. Only the command can start them.
extension Catalogue {
    static let processes = standing + restarts

    private static let standing: [Benchmark] =
        [0, 2000, 10_000].map { partitions in
            Benchmark(
                "process.resident.\(partitions)", goal: "P19",
                "memory of a broker of \(partitions) partitions that nothing was written to",
                per: "a MiB", .bytes
            ) {
                try StandingWorkload($0, .memory, partitions: partitions, connections: 1).pair()
            }
        } + [
            Benchmark(
                "process.wakings.10000", goal: "P19",
                "10,000 partitions, 100 connections, no request: how often a thread wakes",
                per: "once a second", .operationsPerSecond
            ) {
                try StandingWorkload($0, .wakings, partitions: 10_000, connections: 100).pair()
            },
            Benchmark(
                "process.idle.2000", goal: "P19",
                "2,000 partitions, 100 connections, no request: processor time per time",
                per: "a processor", .processorShare
            ) {
                try StandingWorkload($0, .processor, partitions: 2000, connections: 100).pair()
            },
            Benchmark(
                "process.idle.10000", goal: "P19",
                "10,000 partitions, 100 connections, no request: processor time per time",
                per: "a processor", .processorShare
            ) {
                try StandingWorkload($0, .processor, partitions: 10_000, connections: 100).pair()
            },
        ]

    private static let restarts = [
        Benchmark(
            "process.restart.1gib",
            "a start over 1 GiB in 4 partitions after SIGKILL with an eighth more, each "
                + "acknowledgement flushed, until a record is acknowledged",
            per: "the same after an end in order", .seconds
        ) { try RestartWorkload($0, loadSize: 1 << 30, partitions: 4).pair() },
        Benchmark(
            "process.restart.2000",
            "a start over 2,000 partitions after SIGKILL, until a record is acknowledged",
            per: "the same after an end in order", .seconds
        ) {
            try RestartWorkload(
                $0, loadSize: 0, partitions: $0.scaled(2000, quick: 2000, smoke: 4)
            ).pair()
        },
    ]
}
