import VarveLog
import VarveSim
import VarveTerms

/// Logs that share flushes in a commit ring of a few frames.
extension Workload {
    package static let shared: [Workload] = [
        sharing, sharingAndRolling, sharingWithOthers, sharingAndTruncating, sharingAndDeleting,
        sharingAndCompacting, sharingAndResting, sharingAndReopening, sharingAndFailing,
        sharingAhead, sharingWithStopped,
    ]

    /// The ring is filled, drained, and begun anew.
    static let sharing = Workload(name: "sharing", settings: settings()) { scene in
        try scene.open([0, 1, 2])
        for round in 0..<6 { try scene.appendTogether([0, 1, 2], padding: round * 3) }
        try scene.close()
    }

    static let sharingAndRolling = Workload(
        name: "sharing and rolling", settings: settings(),
        prepare: { scene in
            try scene.open([0, 1])
            try scene.appendTogether([0, 1], padding: 300)
        },
        run: { scene in
            for _ in 0..<3 { try scene.appendTogether([0, 1], count: 2, padding: 150) }
            try scene.roll(1)
            try scene.appendTogether([0, 1], epoch: 1, padding: 20)
        })

    /// Flushes of one log, shared ones, and checkpoints in turn.
    static let sharingWithOthers = Workload(
        name: "sharing with others", settings: settings(),
        prepare: { scene in try scene.open([0, 1]) },
        run: { scene in
            try scene.appendTogether([0, 1])
            try scene.append(to: 0)
            try scene.appendTogether([0, 1])
            try scene.append(to: 1)
            try scene.checkpoint()
            try scene.appendTogether([0, 1])
        })

    /// What was cut off does not come back from the ring.
    static let sharingAndTruncating = Workload(
        name: "sharing and truncating", settings: settings(),
        prepare: { scene in
            try scene.open([0, 1])
            try scene.appendTogether([0, 1])
        },
        run: { scene in
            try scene.appendTogether([0, 1], count: 2)
            try scene.truncate(to: 1, 0)
            try scene.append(to: 0, epoch: 1)
            try scene.appendTogether([0, 1], epoch: 1)
        })

    static let sharingAndDeleting = Workload(
        name: "sharing and deleting", settings: settings(),
        prepare: { scene in try scene.open([0, 1]) },
        run: { scene in
            try scene.appendTogether([0, 1], count: 3)
            try scene.delete(before: 2, of: 0)
            try scene.appendTogether([0, 1], padding: 400)
            try scene.appendTogether([0, 1], padding: 700)
            try scene.delete(before: 4, of: 0)
            try scene.appendTogether([0, 1])
        })

    /// Compaction rewrites segments of which the ring has bytes.
    static let sharingAndCompacting = Workload(
        name: "sharing and compacting",
        settings: settings { $0.cleanupPolicy = [.compact] },
        prepare: { scene in
            try scene.open([0, 1])
            try scene.appendTogether([0, 1], keys: [1, 2, 1], padding: 200)
        },
        run: { scene in
            try scene.appendTogether([0, 1], keys: [2, 3], padding: 200)
            try scene.appendTogether([0, 1], keys: [1, 2], padding: 200)
            try scene.roll(0)
            try scene.appendTogether([0, 1], keys: [3], padding: 10)
            try scene.clean(0)
            try scene.appendTogether([0, 1], keys: [4], padding: 10)
        })

    /// A log is opened with its first use, closed alone with frames in the ring, and opened again.
    static let sharingAndResting = Workload(
        name: "sharing and resting", settings: settings(),
        prepare: { scene in
            try scene.open([0, 1, 2])
            try scene.appendTogether([0, 1, 2])
            try scene.close()
        },
        run: { scene in
            try scene.open([0, 2])
            try scene.appendTogether([0, 2])
            try scene.take(1)
            try scene.appendTogether([0, 1, 2], count: 2)
            try scene.rest(1)
            try scene.appendTogether([0, 2])
            try scene.take(1)
            try scene.truncate(to: 1, 1)
            try scene.appendTogether([1, 2], epoch: 1)
        })

    /// The process dies with frames in the ring, twice.
    static let sharingAndReopening = Workload(
        name: "sharing and reopening", settings: settings(),
        prepare: { scene in
            try scene.open([0, 1])
            try scene.appendTogether([0, 1])
            try scene.appendTogether([0, 1], padding: 30)
            scene.die()
        },
        run: { scene in
            try scene.open([0, 1])
            try scene.appendTogether([0, 1], padding: 20)
            try scene.append(to: 1)
            try scene.appendTogether([0, 1])
        })

    /// The flush of the ring fails, or that of a log's own file of which the ring has the end.
    static let sharingAndFailing = Workload(
        name: "sharing and failing", settings: settings(),
        prepare: { scene in
            try scene.open([0, 1])
            try scene.appendTogether([0, 1])
        },
        run: { scene in
            try scene.appendTogetherFailing([0, 1], after: 0)
            try scene.appendTogether([0, 1])
            try scene.appendTogether([0, 1], padding: 40)
            try scene.appendFailing(0)
            try scene.appendTogether([1])
            try scene.resume(0)
            try scene.appendTogether([0, 1])
        })

    /// A log can be neither flushed nor written anew, and the ring goes on without the others.
    static let sharingWithStopped = Workload(
        name: "sharing with one that stopped", settings: settings(),
        prepare: { scene in
            try scene.open([0, 1])
            try scene.appendTogether([0, 1])
        },
        run: { scene in
            try scene.appendTogether([0, 1], count: 2)
            try scene.stop(0)
            try scene.append(to: 1)
            try scene.truncate(to: 1, 1)
            try scene.append(to: 1, epoch: 1)
            scene.disk.clearFaults()
            try scene.resume(0)
            try scene.appendTogether([0, 1], epoch: 1)
        })

    /// Zeros stand behind what the ring has, and any sectors of a log's own file may be lost.
    static let sharingAhead = Workload(
        name: "sharing, written ahead",
        settings: settings {
            $0.prewriting = ByteCount(600)
            $0.segmentSizeMax = .kib(2)
        },
        options: DiskOptions(writeGranularity: .sectors),
        prepare: { scene in
            try scene.open([0, 1])
            try scene.appendTogether([0, 1], count: 3, padding: 170)
        },
        run: { scene in
            try scene.appendTogether([0, 1], padding: 60)
            try scene.append(to: 0, padding: 250)
            try scene.appendTogether([0, 1], count: 2, padding: 200)
            try scene.roll(1)
            try scene.appendTogether([0, 1], padding: 20)
            try scene.truncate(to: 6, 0)
            try scene.appendTogether([0, 1], padding: 90)
        })
}
