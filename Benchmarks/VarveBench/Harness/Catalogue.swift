internal import VarveLog

/// Every benchmark, in the order in which they run: what it measures, what it is divided by, and
/// the goal that it shows (P1 to P20), where there is one.
public enum Catalogue {
    public static let benchmarks: [Benchmark] = appends + scans
}

extension Catalogue {
    private static let appends = [
        Benchmark(
            "append.page-cache", goal: "P1",
            "batches of 100 records of 1 KiB, every record checked, into the page cache",
            per: "one pwritev of the same bytes for each batch, no checksum", .bytesPerSecond
        ) { try AppendWorkload($0, flushPolicy: .pageCache, checking: .records).pair() },
        Benchmark(
            "append.page-cache.frame", goal: "P1",
            "the same with the checksum alone checked, as for batches of this process",
            per: "one pwritev of the same bytes for each batch, no checksum", .bytesPerSecond
        ) { try AppendWorkload($0, flushPolicy: .pageCache, checking: .frame).pair() },
        Benchmark(
            "append.records", goal: "P1",
            "the same records, built into batches as they come, then appended",
            per: "one pwritev of the same bytes for each batch, no checksum", .bytesPerSecond
        ) { try BuildWorkload($0).pair() },
        Benchmark(
            "append.durable", goal: "P3",
            "one record of 1 KiB at a time, each flushed before the next, into a growing file",
            per: "pwritev and fdatasync of the same bytes, extending a file",
            .operationsPerSecond
        ) { try DurableWorkload($0, batchesPerAppend: 1, recordsPerBatch: 1).pair() },
        Benchmark(
            "append.durable.1mib", goal: "P6",
            "ten batches of 100 records of 1 KiB at a time, each time flushed",
            per: "pwritev and fdatasync of the same bytes, extending a file", .bytesPerSecond
        ) { try DurableWorkload($0, batchesPerAppend: 10, recordsPerBatch: 100).pair() },
    ]

    private static let scans = [
        Benchmark(
            "scan", goal: "P8",
            "every record of a cached log in batches of 100, checksums verified, no copy",
            per: "adding up the words of as many bytes of memory", .bytesPerSecond
        ) { try ScanWorkload($0).pair() }
    ]
}
