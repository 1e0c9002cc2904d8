internal import VarveLog

/// What tells users how Varve does on their own disk, and with their own bytes.
extension Catalogue {
    static let policies = [
        Benchmark(
            "flush.page-cache",
            "one record of 1 KiB at a time, acknowledged from the page cache",
            per: "the same log, each record flushed before it is acknowledged",
            .operationsPerSecond
        ) { try PolicyWorkload($0, .pageCache).pair() },
        Benchmark(
            "flush.interval-10ms",
            "one record of 1 KiB at a time, all flushed every 10 ms",
            per: "the same log, each record flushed before it is acknowledged",
            .operationsPerSecond
        ) { try PolicyWorkload($0, .interval(.milliseconds(10))).pair() },
    ]

    private static let forDisks: Set<String> = [
        "limit.flush.rewritten", "append.page-cache", "append.durable", "append.durable.1mib",
        "append.durable.paced", "append.shared.16", "append.shared.tasks.16", "scan",
        "read.random", "reopen.0mib",
    ]

    /// The benchmarks that depend on a disk, and on a sample of data where there is one, of those
    /// with `filter` in their names.
    /// - Throws: `.nothingMatches` when there is none.
    public static func chooseForUsers(
        _ filter: String?, hasSample: Bool
    ) throws(BenchError) -> [Benchmark] {
        let chosen = try choose(filter).filter { benchmark in
            forDisks.contains(benchmark.name) || benchmark.name.hasPrefix("flush.")
                || hasSample && benchmark.name.hasPrefix("codec.")
        }
        guard !chosen.isEmpty else { throw .nothingMatches(filter: filter ?? "") }
        return chosen
    }
}
