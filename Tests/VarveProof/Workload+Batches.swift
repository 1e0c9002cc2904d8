import VarveLog
import VarveRecords
import VarveSim
import VarveTerms

/// Workloads of batches: large ones, of producers, in transactions, cut and deleted.
extension Workload {
    static let batches: [Workload] = [
        large, largeAfterSmall, pageCacheRolls, intervalRolls, fullIndexes, compressedRolls,
        rollsByAge, epochsAndRolls, truncatingAndClosing, truncatingUnflushed, deletingAll,
        deletingAndClosing, retentionAndClosing, producers, producersAndClosing, transactions,
        transactionsAndCuts, transactionsUnflushed, compacting, compactingTwice,
    ]

    private static func roomy(_ policy: FlushPolicy = .durable) -> LogSettings {
        settings(policy) {
            $0.segmentSizeMax = .kib(16)
            $0.indexSizeMax = ByteCount(2_400)
        }
    }

    /// Each batch covers several sectors and pages.
    static let large = Workload(
        name: "large batches", settings: roomy(), prepare: { try $0.open() },
        run: { scene in
            try scene.append(padding: 5_000)
            try scene.append(padding: 2_500)
            try scene.append(3, padding: 1_800)
        })

    static let largeAfterSmall = Workload(
        name: "large batches after small ones", settings: roomy(.pageCache),
        prepare: { try $0.open() },
        run: { scene in
            try scene.append()
            try scene.append(padding: 3_000)
            try scene.append()
            try scene.flush()
            try scene.append(padding: 900)
        })

    static let pageCacheRolls = Workload(
        name: "page cache, rolling", settings: settings(.pageCache), prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<3 {
                try scene.append(2, padding: 250)
                try scene.roll()
            }
            try scene.append()
            try scene.flush()
        })

    static let intervalRolls = Workload(
        name: "flushing at intervals, rolling", settings: settings(.interval(.seconds(1))),
        prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<4 {
                try scene.append(2, padding: 250)
                scene.pass(.milliseconds(700))
            }
            try scene.close()
        })

    static let fullIndexes = Workload(
        name: "full indexes",
        settings: settings {
            $0.indexInterval = .zero
            $0.indexSizeMax = ByteCount(48)
        },
        prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<7 {
                try scene.append()
                scene.pass(.seconds(1))
            }
        })

    static let compressedRolls = Workload(
        name: "compressed batches, page cache", settings: settings(.pageCache),
        prepare: { try $0.open() },
        run: { scene in
            for codec in [Compression.zstd, .lz4, .snappy, .gzip] {
                try scene.append(9, compression: codec, padding: 300)
            }
            try scene.flush()
        })

    static let rollsByAge = Workload(
        name: "rolling by age", settings: settings { $0.segmentAgeMax = .seconds(5) },
        prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<4 {
                try scene.append()
                scene.pass(.seconds(6))
            }
        })

    static let epochsAndRolls = Workload(
        name: "epochs, rolling", settings: settings(.pageCache), prepare: { try $0.open() },
        run: { scene in
            for epoch in [1, 2, 5] as [Int32] {
                try scene.append(2, epoch: epoch, padding: 200)
                try scene.roll()
            }
            try scene.append(epoch: 6)
            try scene.close()
        })

    static let truncatingAndClosing = Workload(
        name: "truncating and closing", settings: settings(),
        prepare: { scene in
            try scene.open()
            for _ in 0..<6 { try scene.append(2, padding: 120) }
        },
        run: { scene in
            try scene.truncate(to: 9)
            try scene.close()
            try scene.open()
            try scene.append()
        })

    static let truncatingUnflushed = Workload(
        name: "truncating the page cache", settings: settings(.pageCache),
        prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<4 { try scene.append(2, padding: 200) }
            try scene.truncate(to: 3)
            try scene.append(2, padding: 200)
            try scene.flush()
        })

    static let deletingAll = Workload(
        name: "deleting all records", settings: settings(),
        prepare: { scene in
            try scene.open()
            for _ in 0..<4 { try scene.append(2, padding: 120) }
        },
        run: { scene in
            try scene.delete(before: 8)
            try scene.append()
            try scene.close()
        })

    static let deletingAndClosing = Workload(
        name: "deleting and closing", settings: settings(),
        prepare: { scene in
            try scene.open()
            for _ in 0..<6 { try scene.append(2, padding: 120) }
        },
        run: { scene in
            try scene.delete(before: 7)
            try scene.close()
            try scene.open()
            try scene.append()
            try scene.checkpoint()
        })

    static let retentionAndClosing = Workload(
        name: "retention and closing", settings: settings { $0.retentionSize = .kib(2) },
        prepare: { scene in
            try scene.open()
            for _ in 0..<8 { try scene.append(2, padding: 120) }
        },
        run: { scene in
            try scene.retain()
            try scene.close()
            try scene.open()
            try scene.append()
        })

    // MARK: Producers and transactions

    static let producers = Workload(
        name: "producers", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<3 {
                try scene.produce(2, by: 7, padding: 150)
                try scene.produce(by: 8, padding: 150)
            }
            try scene.append()
        })

    static let producersAndClosing = Workload(
        name: "producers, closed", settings: settings(.pageCache), prepare: { try $0.open() },
        run: { scene in
            try scene.produce(2, by: 7, padding: 200)
            try scene.roll()
            try scene.produce(by: 7)
            try scene.close()
            try scene.open()
            try scene.produce(by: 7)
            try scene.produce(by: 9)
        })

    static let transactions = Workload(
        name: "transactions", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            try scene.produce(2, by: 7, isTransactional: true, padding: 120)
            try scene.produce(by: 8, isTransactional: true)
            try scene.end(.commit, of: 7)
            try scene.roll()
            try scene.end(.abort, of: 8)
            try scene.produce(by: 7, isTransactional: true)
            try scene.end(.abort, of: 7)
        })

    static let transactionsAndCuts = Workload(
        name: "transactions, truncated", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            try scene.produce(2, by: 7, isTransactional: true)
            try scene.end(.abort, of: 7)
            try scene.produce(by: 8, isTransactional: true)
            try scene.truncate(to: 2)
            try scene.append()
            try scene.close()
        })

    static let transactionsUnflushed = Workload(
        name: "transactions in the page cache", settings: settings(.pageCache),
        prepare: { try $0.open() },
        run: { scene in
            try scene.produce(2, by: 7, isTransactional: true, padding: 200)
            try scene.end(.abort, of: 7)
            try scene.roll()
            try scene.produce(by: 7, isTransactional: true)
            try scene.end(.commit, of: 7)
            try scene.flush()
        })

    // MARK: Compaction

    private static func compacted(_ policy: FlushPolicy = .durable) -> LogSettings {
        settings(policy) {
            $0.cleanupPolicy = .compact
            $0.compaction.minCleanableDirtyRatio = 0
        }
    }

    static let compacting = Workload(
        name: "compacting", settings: compacted(),
        prepare: { scene in
            try scene.open()
            for number in 0..<8 {
                try scene.append(keys: [number % 3, 7, number % 2], padding: 90)
            }
        },
        run: { scene in
            try scene.clean()
            try scene.append(keys: [1], padding: 90)
            try scene.close()
        })

    /// What was compacted is compacted again, with a tail that is not flushed.
    static let compactingTwice = Workload(
        name: "compacting twice", settings: compacted(.pageCache),
        prepare: { scene in
            try scene.open()
            for number in 0..<6 { try scene.append(keys: [number % 2, 5], padding: 150) }
            try scene.flush()
            try scene.clean()
            for number in 0..<4 { try scene.append(keys: [number % 2, 5], padding: 150) }
            try scene.flush()
        },
        run: { scene in
            try scene.append(keys: [0, 1], padding: 100)
            try scene.clean()
            try scene.append(keys: [5])
        })
}
