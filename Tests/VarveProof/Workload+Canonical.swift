import VarveLog
import VarveRecords
import VarveSim
import VarveTerms

extension Workload {
    /// All of them; a new kind of work is a line in one of the four lists.
    package static let canonical = basics + openings + batches + shared + beside

    package static let basics: [Workload] = [
        firstAppends, rolls, compressed, interval, pageCache, reopening, deleting, retention,
        truncating, twoLogs, recovering, epochs, prewriting,
    ]

    /// A directory is made, a log in it, and a few batches are appended.
    package static let firstAppends = Workload(
        name: "first appends", settings: settings()
    ) { scene in
        try scene.open()
        try scene.append()
        try scene.append(3)
        try scene.append(2, padding: 30)
    }

    /// Appends go over zeros that were written ahead of them, of which any sectors may be lost.
    static let prewriting = Workload(
        name: "written ahead",
        settings: settings {
            $0.prewriting = ByteCount(600)
            $0.segmentSizeMax = .kib(2)
        },
        options: DiskOptions(writeGranularity: .sectors),
        prepare: { scene in
            try scene.open()
            try scene.append(3, padding: 170)
        },
        run: { scene in
            try scene.append(1, padding: 60)
            try scene.append(2, padding: 250)
            try scene.append(1, padding: 20)
            try scene.roll()
            try scene.append(1, padding: 30)
            try scene.append(2, padding: 200)
            try scene.truncate(to: 9)
            try scene.append(1, padding: 90)
        })

    /// Appends fill several segments.
    package static let rolls = Workload(
        name: "rolls", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<7 { try scene.append(2, padding: 120) }
            try scene.append(1, padding: 600)
        })

    package static let compressed = Workload(
        name: "compressed batches", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            for codec in [Compression.gzip, .snappy, .lz4, .zstd] {
                try scene.append(5, compression: codec, padding: 80)
            }
        })

    /// Flushes come with the clock.
    package static let interval = Workload(
        name: "flushing at intervals", settings: settings(.interval(.seconds(1))),
        prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<6 {
                try scene.append(padding: 200)
                scene.pass(.milliseconds(400))
            }
        })

    /// The program never waits for the disk, but once in the middle.
    package static let pageCache = Workload(
        name: "page cache", settings: settings(.pageCache), prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<5 { try scene.append(padding: 250) }
            try scene.flush()
            for _ in 0..<5 { try scene.append(padding: 250) }
        })

    package static let reopening = Workload(
        name: "close, open and append", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            try scene.append(2, padding: 40)
            try scene.close()
            try scene.open()
            try scene.append(3)
            try scene.close()
        })

    package static let deleting = Workload(
        name: "deleting records", settings: settings(),
        prepare: { scene in
            try scene.open()
            for _ in 0..<8 { try scene.append(2, padding: 120) }
        },
        run: { scene in
            try scene.delete(before: 5)
            try scene.append()
            try scene.delete(before: 17)
            try scene.append()
        })

    package static let retention = Workload(
        name: "retention by size and by age",
        settings: settings {
            $0.retentionSize = .kib(2)
            $0.retentionAge = .seconds(60)
        },
        prepare: { scene in
            try scene.open()
            for _ in 0..<9 { try scene.append(2, padding: 120) }
        },
        run: { scene in
            try scene.retain()
            scene.pass(.seconds(61))
            try scene.append()
            try scene.retain()
            try scene.append()
        })

    /// Into a batch, at the start of a segment, and all of it.
    package static let truncating = Workload(
        name: "truncating", settings: settings(),
        prepare: { scene in
            try scene.open()
            for _ in 0..<8 { try scene.append(2, padding: 120) }
        },
        run: { scene in
            try scene.truncate(to: 13)
            try scene.append(2)
            try scene.truncate(to: 6)
            try scene.append()
            try scene.truncate(to: 0)
            try scene.append()
        })

    package static let twoLogs = Workload(
        name: "two logs", settings: settings(.pageCache), prepare: { try $0.open([0, 1]) },
        run: { scene in
            try scene.append(to: 0)
            try scene.append(2, to: 1)
            try scene.flushAll()
            try scene.checkpoint()
            try scene.append(to: 1)
            try scene.append(to: 0)
            try scene.close()
        })

    /// Power is cut in the middle of an append; the log is opened and goes on.
    package static let recovering = Workload(
        name: "recovering and appending", settings: settings(),
        prepare: { scene in
            try scene.open()
            for _ in 0..<5 { try scene.append(2, padding: 120) }
            let trace = scene.disk.trace
            let middle = trace.lastIndex { $0.kind == .flush } ?? trace.endIndex
            let cut = SimulatedDisk(replaying: trace, through: middle, clock: scene.clock)
            scene.restart(on: cut.crash(keeping: .all, tearing: .prefix(70)), after: middle)
        },
        run: { scene in
            try scene.open()
            try scene.append()
            try scene.append(2, padding: 300)
        })

    package static let epochs = Workload(
        name: "epochs", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            try scene.append(epoch: 1)
            try scene.append(2, epoch: 3)
            try scene.append(epoch: 3)
            try scene.truncate(to: 1)
            try scene.append(2, epoch: 7)
        })
}
