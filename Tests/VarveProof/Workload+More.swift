import VarveLog
import VarveRecords
import VarveSim
import VarveTerms

/// Workloads of openings, closings and other hands.
extension Workload {
    static let openings: [Workload] = [
        closingOnly, neverAppended, reserving, reservingAndClosing, takingOver(isClean: true),
        takingOver(isClean: false), dying, dyingWithoutFlush, closingTwo, checkpoints,
        recoveringTwice, resuming, resumingAfterRoll, withoutRoom, resting(.durable),
        resting(.pageCache), leftAlone,
    ]

    /// Logs are opened late and closed early, while the directory is open.
    static func resting(_ policy: FlushPolicy) -> Workload {
        Workload(
            name: policy == .durable ? "resting logs" : "resting logs, page cache",
            settings: settings(policy),
            prepare: { scene in
                try scene.open([0, 1])
                try scene.append(2, to: 0)
                try scene.append(2, to: 1, padding: 200)
                try scene.close()
            },
            run: { scene in
                try scene.open([0])
                try scene.append(to: 0, padding: 300)
                try scene.rest(0)
                try scene.take(1)
                try scene.rest(1)
                try scene.take(0)
                try scene.append(2, to: 0, padding: 400)
                try scene.append(to: 0)
                try scene.rest(0)
                try scene.take(1)
                try scene.append(to: 1)
                try scene.close()
            })
    }

    /// A program dies while one of its logs is in use and the other is not; the next one does the
    /// same, and ends in order.
    static let leftAlone = Workload(
        name: "a log that nobody opens", settings: settings(.pageCache),
        prepare: { scene in
            try scene.open([0, 1])
            try scene.append(2, to: 0)
            try scene.append(2, to: 1, padding: 200)
            try scene.close()
            try scene.open([0])
            try scene.append(to: 0, padding: 300)
            scene.die()
        },
        run: { scene in
            try scene.open([0])
            try scene.append(to: 0)
            try scene.close()
            try scene.open([0])
            try scene.take(1)
            try scene.append(to: 1)
            try scene.flush(1)
        })

    static let closingOnly = Workload(
        name: "open and close", settings: settings(),
        prepare: { scene in
            try scene.open()
            try scene.append(2, padding: 200)
            try scene.close()
        },
        run: { scene in
            try scene.open()
            try scene.close()
            try scene.open()
        })

    static let neverAppended = Workload(
        name: "logs without records", settings: settings()
    ) { scene in
        try scene.open([0, 1])
        try scene.checkpoint()
        try scene.close()
        try scene.open([0, 1])
        try scene.roll(1)
    }

    static let reserving = Workload(
        name: "reserved segments", settings: settings { $0.segmentCreation = .reserving },
        prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<5 { try scene.append(2, padding: 120) }
            try scene.truncate(to: 5)
            try scene.append(padding: 600)
        })

    static let reservingAndClosing = Workload(
        name: "reserved segments, closed",
        settings: settings(.pageCache) { $0.segmentCreation = .reserving },
        prepare: { try $0.open() },
        run: { scene in
            for _ in 0..<3 { try scene.append(2, padding: 220) }
            try scene.close()
            try scene.open()
            try scene.append()
        })

    /// What another program left has no word of how far it was flushed.
    static func takingOver(isClean: Bool) -> Workload {
        Workload(
            name: isClean ? "taking over from Kafka" : "taking over after Kafka died",
            settings: settings(),
            prepare: { scene in
                try scene.open()
                for _ in 0..<4 { try scene.append(2, epoch: 1, padding: 120) }
                try scene.close()
                scene.becomeKafkas(isClean: isClean)
            },
            run: { scene in
                try scene.open()
                try scene.append(epoch: 1)
                try scene.append(2, epoch: 2)
                try scene.close()
            })
    }

    static let dying = Workload(
        name: "dying and going on", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            try scene.append(2, padding: 200)
            try scene.append(2, padding: 200)
        })

    /// A process died with batches in the page cache; the next one goes on behind them.
    static let dyingWithoutFlush = Workload(
        name: "going on behind the page cache", settings: settings(.pageCache),
        prepare: { scene in
            try scene.open()
            for _ in 0..<4 { try scene.append(2, padding: 150) }
            scene.die()
        },
        run: { scene in
            try scene.open()
            try scene.append(padding: 100)
            try scene.flush()
            try scene.append(padding: 100)
        })

    static let closingTwo = Workload(
        name: "closing two logs", settings: settings(.pageCache),
        prepare: { try $0.open([0, 1]) },
        run: { scene in
            try scene.append(2, to: 0, padding: 100)
            try scene.append(2, to: 1, padding: 100)
            try scene.close()
            try scene.open([0, 1])
            try scene.append(to: 1)
        })

    static let checkpoints = Workload(
        name: "checkpoints", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            try scene.append()
            try scene.checkpoint()
            try scene.append(2, padding: 300)
            try scene.checkpoint()
            try scene.roll()
            try scene.checkpoint()
            try scene.append()
        })

    /// Power is cut twice; what the first recovery made is what the second one finds.
    static let recoveringTwice = Workload(
        name: "recovering twice", settings: settings(.pageCache),
        prepare: { scene in
            try scene.open()
            for _ in 0..<4 { try scene.append(2, padding: 150) }
            let count = scene.disk.operationCount
            scene.restart(on: scene.disk.crash(keeping: .all, tearing: .prefix(80)), after: count)
            try scene.open()
            try scene.append(2, padding: 150)
            let again = scene.disk.operationCount
            scene.restart(on: scene.disk.crash(keeping: .all, tearing: .prefix(9)), after: again)
        },
        run: { scene in
            try scene.open()
            try scene.append(padding: 300)
            try scene.flush()
        })

    // MARK: Failing disks

    /// A flush fails; the log goes on in a new segment.
    static let resuming = Workload(
        name: "resuming after a failed flush", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            try scene.append(2, padding: 100)
            try scene.appendFailing(padding: 50)
            try scene.resume()
            try scene.append(2, padding: 100)
            try scene.appendFailing()
            try scene.resume()
            try scene.append()
        })

    static let resumingAfterRoll = Workload(
        name: "resuming an empty segment", settings: settings(), prepare: { try $0.open() },
        run: { scene in
            try scene.append(2, padding: 100)
            try scene.roll()
            try scene.appendFailing()
            try scene.resume()
            try scene.append(2)
            try scene.close()
        })

    static let withoutRoom = Workload(
        name: "going on when there is room again", settings: settings(),
        prepare: { try $0.open() },
        run: { scene in
            try scene.append(2, padding: 200)
            try scene.appendWithoutRoom(padding: 4_000)
            try scene.append(2, padding: 200)
        })
}
