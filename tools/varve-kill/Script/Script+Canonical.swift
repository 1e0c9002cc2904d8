internal import VarveLog
internal import VarveProof
internal import VarveRecords
internal import VarveTerms

/// The canonical programs. A new one is a value here: every search over deaths and failures takes
/// all of them.
extension Script {
    static let canonical: [Script] = [
        firstAppends, rolls, reserved, compressed, interval, pageCache, reopening, deleting,
        retention, truncating, twoLogs, epochs,
        compacting, sharing,
    ]

    /// A directory is made, a log in it, and a few batches are appended.
    static let firstAppends = Script(
        name: "first appends", settings: Workload.settings(),
        run: [.open(), .append(), .append(3), .append(2, padding: 30)])

    /// Appends fill several segments.
    static let rolls = Script(
        name: "rolls", settings: Workload.settings(), prepare: [.open()],
        run: Array(repeating: .append(2, padding: 120), count: 7) + [
            .append(1, padding: 600), .roll, .append(),
        ])

    /// As before, with files whose space is reserved.
    static let reserved = Script(
        name: "rolls in reserved files",
        settings: Workload.settings { $0.segmentCreation = .reserving }, prepare: [.open()],
        run: Array(repeating: .append(2, padding: 200), count: 6) + [.close])

    static let compressed = Script(
        name: "compressed batches", settings: Workload.settings(), prepare: [.open()],
        run: [Compression.gzip, .snappy, .lz4, .zstd].map {
            .append(5, compression: $0, padding: 80)
        })

    /// Flushes come with the clock.
    static let interval = Script(
        name: "flushing at intervals", settings: Workload.settings(.interval(.seconds(1))),
        prepare: [.open()],
        run: (0..<6).flatMap { _ in
            [Step.append(padding: 200), .pass(.milliseconds(400))]
        })

    /// The program never waits for the disk, but once in the middle.
    static let pageCache = Script(
        name: "page cache", settings: Workload.settings(.pageCache), prepare: [.open()],
        run: Array(repeating: .append(padding: 250), count: 5) + [.flush()]
            + Array(repeating: .append(padding: 250), count: 5))

    static let reopening = Script(
        name: "close, open and append", settings: Workload.settings(), prepare: [.open()],
        run: [.append(2, padding: 40), .close, .open(), .append(3), .checkpoint, .append(), .close])

    static let deleting = Script(
        name: "deleting records", settings: Workload.settings(),
        prepare: [.open()] + Array(repeating: .append(2, padding: 120), count: 8),
        run: [.delete(before: 5), .append(), .delete(before: 17), .append(), .checkpoint])

    static let retention = Script(
        name: "retention by size and by age",
        settings: Workload.settings {
            $0.retentionSize = .kib(2)
            $0.retentionAge = .seconds(60)
        },
        prepare: [.open()] + Array(repeating: .append(2, padding: 120), count: 9),
        run: [.retain, .pass(.seconds(61)), .append(), .retain, .append()])

    /// Into a batch, at the start of a segment, and all of it.
    static let truncating = Script(
        name: "truncating", settings: Workload.settings(),
        prepare: [.open()] + Array(repeating: .append(2, padding: 120), count: 8),
        run: [
            .truncate(to: 13), .append(2), .truncate(to: 6), .append(), .truncate(to: 0), .append(),
        ])

    static let twoLogs = Script(
        name: "two logs", settings: Workload.settings(.pageCache), prepare: [.open([0, 1])],
        run: [
            .append(to: 0), .append(2, to: 1), .flushAll, .checkpoint, .append(to: 1),
            .append(to: 0), .close,
        ])

    /// Flushes that two logs share, and what must not come back from them.
    static let sharing = Script(
        name: "shared flushes", settings: Workload.settings(.pageCache),
        prepare: [.open([0, 1]), .append(to: 0), .append(to: 1), .flushAll],
        run: [
            .append(to: 0), .append(2, to: 1), .flushAll, .append(2, to: 0, padding: 200),
            .append(to: 1), .flushAll, .truncate(to: 2), .append(to: 0, epoch: 1),
            .append(to: 1, epoch: 1), .flushAll, .roll, .append(to: 0, epoch: 1),
            .append(to: 1, epoch: 1, padding: 900), .flushAll, .checkpoint,
            .append(to: 0, epoch: 1), .append(to: 1, epoch: 1), .flushAll, .close,
        ])

    static let epochs = Script(
        name: "epochs", settings: Workload.settings(), prepare: [.open()],
        run: [
            .append(epoch: 1), .append(2, epoch: 3), .append(epoch: 3), .truncate(to: 1),
            .append(2, epoch: 7),
        ])

    /// Of each key the latest record stays, over several segments, twice.
    static let compacting = Script(
        name: "compacting", settings: Workload.settings { $0.cleanupPolicy = .compact },
        prepare: [.open()] + (0..<8).map { .put([$0 % 3, 3, $0 + 10], padding: 80) },
        run: [
            .compact, .put([0, 1], padding: 300), .put([3, 10], padding: 300), .roll, .compact,
            .put([2]), .close, .open(), .put([3]),
        ])

    /// Batches larger than the blocks of a disk, so that most writes need room.
    static let large = Script(
        name: "large batches",
        settings: Workload.settings { $0.segmentSizeMax = .kib(16) }, prepare: [.open()],
        run: (0..<9).flatMap { _ in [Step.append(padding: 5000), .append(2, padding: 600)] } + [
            .checkpoint, .delete(before: 9), .append(padding: 5000), .truncate(to: 20),
            .append(padding: 5000), .close,
        ])
}
