internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// Every benchmark, in the order in which they run: what it measures, what it is divided by, and
/// the goal that it shows (P1 to P20), where there is one.
public enum Catalogue {
    public static let benchmarks: [Benchmark] =
        limits + checksums + codecs + appends + policies + shared + commits + reads + reopenings
        + manyLogs + echoes + broker + coordinators + processes

    /// The benchmarks with `filter` in their names; all for nil.
    /// - Throws: `.nothingMatches` when there is none.
    public static func choose(_ filter: String?) throws(BenchError) -> [Benchmark] {
        guard let filter else { return benchmarks }
        let chosen = benchmarks.filter { $0.name.contains(filter) }
        guard !chosen.isEmpty else { throw .nothingMatches(filter: filter) }
        return chosen
    }
}

// MARK: The machine

extension Catalogue {
    private static let limits = [
        Benchmark(
            "limit.flush.rewritten", "pwritev of 4 KiB and fdatasync, on blocks written before",
            per: "the same extending a file", .operationsPerSecond
        ) { try FlushLimit($0, .rewritten).pair() },
        Benchmark(
            "limit.flush.reserved", "pwritev of 4 KiB and fdatasync, on blocks reserved before",
            per: "the same extending a file", .operationsPerSecond
        ) { try FlushLimit($0, .reserved).pair() },
        Benchmark(
            "limit.copy", "memcpy of 64 MiB in pieces of 64 KiB to one place",
            per: "adding up the words of the same memory", .bytesPerSecond
        ) { MemoryWorkload.copy($0).pair() },
    ]

    private static let checksums =
        [1 << 10, 16 << 10, 100 << 10].map { size in
            Benchmark(
                "crc32c.\(size >> 10)kib",
                "the checksum of 64 MiB in pieces of \(size >> 10) KiB, by the kernel in use",
                per: "adding up the words of the same memory", .bytesPerSecond
            ) { MemoryWorkload.checksum($0, pieceSize: size).pair() }
        }
        + MemoryWorkload.kernels.map { kernel in
            Benchmark(
                "crc32c.kernel.\(kernel.name)",
                "the checksum of 64 MiB in pieces of 64 KiB, by the kernel \(kernel.name)",
                per: "adding up the words of the same memory", .bytesPerSecond
            ) { MemoryWorkload.checksum($0, kernel: kernel.number).pair() }
        }
}

// MARK: Parts

extension Catalogue {
    private static let codecs =
        ["gzip:1", "gzip:6", "snappy", "lz4:1", "lz4:9", "zstd:1", "zstd:3"].map { text in
            codec("compress", text) { bench, compression in
                try CodecWorkload(bench, .compress, compression).pair()
            }
        }
        + ["gzip", "snappy", "lz4", "zstd"].map { text in
            codec("decompress", text) { bench, compression in
                try CodecWorkload(bench, .decompress, compression).pair()
            }
        }
        + [("gzip", "inflate of zlib"), ("lz4", "LZ4_decompress_safe of liblz4")].map {
            (text, library) in
            Benchmark(
                "codec.decompress.\(text).library", goal: "P20",
                "lines of JSON in pieces of 64 KiB; counted in plain bytes",
                per: "\(library), its context kept", .bytesPerSecond
            ) {
                try CodecWorkload(
                    $0, .decompress, try Compression(parsing: text), per: .library
                ).pair()
            }
        }

    private static func codec(
        _ verb: String, _ text: String,
        _ make: @escaping @Sendable (Workbench, Compression) throws -> Pair
    ) -> Benchmark {
        Benchmark(
            "codec.\(verb).\(text.replacing(":", with: "-"))",
            "lines of JSON in pieces of 64 KiB; counted in plain bytes",
            per: "memcpy of the plain bytes", .bytesPerSecond
        ) { try make($0, try Compression(parsing: text)) }
    }
}

// MARK: One owner

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
            "one record of 1 KiB at a time, each flushed before the next",
            per: "pwritev and fdatasync of the same bytes, extending a file",
            .operationsPerSecond
        ) { try DurableWorkload($0, batchesPerAppend: 1, recordsPerBatch: 1).pair() },
        Benchmark(
            "append.durable.1mib", goal: "P6",
            "ten batches of 100 records of 1 KiB at a time, each time flushed",
            per: "pwritev and fdatasync of the same bytes, extending a file", .bytesPerSecond
        ) { try DurableWorkload($0, batchesPerAppend: 10, recordsPerBatch: 100).pair() },
        Benchmark(
            "append.durable.rewriting", goal: "P3",
            "one record of 1 KiB at a time, each flushed before the next",
            per: "pwritev and fdatasync of the same bytes, over blocks written before",
            .operationsPerSecond
        ) {
            try DurableWorkload(
                $0, batchesPerAppend: 1, recordsPerBatch: 1, rewritesReference: true
            ).pair()
        },
        Benchmark(
            "append.durable.1mib.rewriting", goal: "P6",
            "ten batches of 100 records of 1 KiB at a time, each time flushed",
            per: "pwritev and fdatasync of the same bytes, over blocks written before",
            .bytesPerSecond
        ) {
            try DurableWorkload(
                $0, batchesPerAppend: 10, recordsPerBatch: 100, rewritesReference: true
            ).pair()
        },
        Benchmark(
            "append.durable.growing",
            "one record of 1 KiB at a time, each flushed, with nothing written ahead of it",
            per: "pwritev and fdatasync of the same bytes, extending a file",
            .operationsPerSecond
        ) {
            var settings = LogSettings()
            settings.prewriting = .zero
            return try DurableWorkload(
                $0, batchesPerAppend: 1, recordsPerBatch: 1, settings: settings
            ).pair()
        },
        Benchmark(
            "append.durable.paced", goal: "P14",
            "one record of 1 KiB every millisecond, flushed; latency from when it was due",
            per: "pwritev and fdatasync of the same bytes at the same times", .medianLatency
        ) { try PacedWorkload($0, operationsPerSecond: 1000).pair() },
    ]
}

// MARK: Many owners

extension Catalogue {
    private static let shared =
        [1, 2, 4, 8, 16].map { count in
            Benchmark(
                "append.shared.\(count)", goal: "P4",
                "\(count) threads, each appending one record of 1 KiB and waiting for the disk",
                per: "as many threads, each with a pwritev and an fdatasync of its own",
                .operationsPerSecond
            ) { try SharedWorkload($0, .blocking, appenders: count).pair() }
        }
        + [
            Benchmark(
                "append.shared.tasks.16", goal: "P5",
                "16 tasks, each appending one record of 1 KiB and awaiting the disk",
                per: "16 threads, each with a pwritev and an fdatasync of its own",
                .operationsPerSecond
            ) { try SharedWorkload($0, .async, appenders: 16).pair() },
            Benchmark(
                "append.shared.executor.16", goal: "P5",
                "the same by 16 tasks that prefer the log's own executor",
                per: "16 threads, each with a pwritev and an fdatasync of its own",
                .operationsPerSecond
            ) { try SharedWorkload($0, .executor, appenders: 16).pair() },
            Benchmark(
                "append.shared.core.16", goal: "P5",
                "16 records of 1 KiB handed over and committed by one thread",
                per: "one pwritev and one fdatasync of the 16 records in one batch",
                .operationsPerSecond
            ) { try SharedWorkload($0, .core, appenders: 16).pair() },
        ]
}

// MARK: Many logs, one flush

extension Catalogue {
    private static let commits = [
        Benchmark(
            "commit.64", goal: "P7",
            "16 KiB to each of 64 logs, and all of them flushed together",
            per: "pwritev and fdatasync of the same bytes, extending one file", .medianLatency
        ) { try SharedFlushWorkload($0, .oneFile, logs: 64).pair() },
        Benchmark(
            "commit.64.apart", goal: "P7", "the same",
            per: "the same logs, each flushed by itself", .medianLatency
        ) { try SharedFlushWorkload($0, .eachLog, logs: 64).pair() },
        Benchmark(
            "commit.64.rate", goal: "P7", "the same for 100 MiB, what is put off included",
            per: "pwritev and fdatasync of the same bytes, extending one file",
            .operationsPerSecond
        ) { try SharedFlushWorkload($0, .oneFile, logs: 64).pair() },
    ]
}

// MARK: Reading

extension Catalogue {
    private static let reads = [
        Benchmark(
            "scan", goal: "P8",
            "every record of a cached log in batches of 100, checksums verified, no copy",
            per: "adding up the words of as many bytes of memory", .bytesPerSecond
        ) { try ScanWorkload($0).pair() },
        Benchmark(
            "read.random", goal: "P9",
            "single records of 1 KiB by offset, in batches of one, cached, checksums verified",
            per: "pread of 1 KiB at random places of the same bytes", .operationsPerSecond
        ) { try RandomReadWorkload($0, recordsPerBatch: 1).pair() },
        Benchmark(
            "read.random.2-threads", goal: "P9", "the same in two threads",
            per: "the same pread in two threads", .operationsPerSecond
        ) { try RandomReadWorkload($0, recordsPerBatch: 1, threads: 2).pair() },
        Benchmark(
            "read.random.batches", goal: "P9",
            "single records of 1 KiB by offset, in batches of 100 that are verified whole",
            per: "pread of 1 KiB at random places of the same bytes", .operationsPerSecond
        ) { try RandomReadWorkload($0, recordsPerBatch: 100).pair() },
    ]

    private static let reopenings =
        killed + [
            Benchmark(
                "reopen.512-segments", goal: "P10",
                "opening a log of 512 flushed segments of 1 MiB, as many as 64 GiB have, whose "
                    + "owner was killed with 64 MiB unflushed, and the first append",
                per: "mapping and checksumming 64 MiB of the page cache", .seconds
            ) { try ReopenWorkload($0, flushedSegments: 512, segmentSize: .mib(1)).pair() },
            Benchmark(
                "reopen.killed.durable",
                "opening 1 GiB whose owner was killed with 64 MiB unflushed, and a durable append",
                per: "mapping and checksumming 64 MiB of the page cache", .seconds
            ) { try ReopenWorkload($0, flushedSegments: 8, isDurable: true).pair() },
            Benchmark(
                "reopen.closed.durable",
                "opening 1 GiB that was closed, and a durable append",
                per: "mapping and checksumming 64 MiB of the page cache", .seconds
            ) {
                try ReopenWorkload($0, flushedSegments: 8, isClosed: true, isDurable: true).pair()
            },
            Benchmark(
                "verify.4096mib", goal: "P10",
                "every batch and record of a closed log of 32 segments of 128 MiB, and its indexes",
                per: "mapping and checksumming the same files", .seconds
            ) { try VerifyWorkload($0, segments: 32).pair() },
        ]

    private static let killed = [0, 8, 32].map { segments in
        Benchmark(
            "reopen.\(segments * 128)mib", goal: "P10",
            "opening a log of \(segments) flushed segments of 128 MiB whose owner was killed "
                + "with 64 MiB unflushed, and the first append",
            per: "mapping and checksumming 64 MiB of the page cache", .seconds
        ) { try ReopenWorkload($0, flushedSegments: segments).pair() }
    }

    private static let manyLogs = ManyLogsWorkload.Phase.allCases.map { phase in
        let work =
            switch phase {
            case .start: "opening a directory of thousands of logs, each of which waits for its use"
            case .open: "opening a directory of thousands of logs that was closed cleanly"
            case .append: "a batch of one record to each of thousands of logs, not waited for"
            case .checkpoint: "a checkpoint of thousands of logs that were appended to"
            case .close: "a clean close of thousands of logs that were appended to"
            }
        return Benchmark(
            "logs.\(phase.rawValue)", work,
            per: "opening, reading and closing as many files", .seconds
        ) { try ManyLogsWorkload($0, phase, countMax: 10_000).pair() }
    }
}

// MARK: Connections

extension Catalogue {
    private static let echoes = [1, 32].map { ahead in
        Benchmark(
            "transport.echo.\(ahead)",
            "frames of 1 KiB over loopback, \(ahead) ahead, echoed by an event loop",
            per: "the same client at a thread that sends back whatever it receives",
            .operationsPerSecond
        ) { EchoWorkload($0, framesAhead: ahead).pair() }
    }
}
