internal import VarveBroker
internal import VarveBytes
internal import VarveLog
internal import VarveSim
internal import VarveTerms

extension Counter {
    /// Calls at openings.
    static let callsOfOpenings: [Counter] = [
        Counter(calls: "open.directory") {
            let outside = try logs(8, of: 1, leaving: .closed)
            return try outside.calls.calls { _ = try directory(in: outside) }
        },
        Counter(number: "calls.open.directory.each") {
            try each { count in
                let outside = try logs(count, of: 1, leaving: .closed)
                return try outside.calls.calls { _ = try directory(in: outside) }
            }
        },
        Counter(calls: "open.log.closed") { try opening(.closed) },
        Counter(calls: "open.log.killed") { try opening(.killed) },
        Counter(number: "read.open.log.closed") { try opening(.closed).readSize },
        Counter(number: "read.open.log.killed") { try opening(.killed).readSize },
        Counter(calls: "close.log") {
            let scene = try LogScene(.simulated())
            try scene.append(64)
            return try scene.outside.calls.calls {
                try scene.directory.closeLog(LogScene.name(0))
            }
        },
        Counter(number: "calls.start.partition") {
            try each { count in
                let outside = try partitions(count)
                return try outside.calls.calls { _ = try BrokerScene.broker(in: outside) }
            }
        },
    ]

    /// How the directory that is opened was left.
    private enum End { case closed, killed }

    /// A data directory with logs of some batches of 1 KiB each.
    private static func logs(
        _ count: Int32, of batchCount: Int, leaving end: End
    ) throws -> Outside {
        let disk = SimulatedDisk()
        let outside = Outside.simulated(disk)
        let directory = try DataDirectory(outside.path, in: outside.surroundings)
        let batch = try Batches.make()
        for number in 0..<count {
            let log = try directory.openLog(
                LogScene.name(number), settings: LogScene.settings())
            for _ in 0..<batchCount { try log.append(batch.rawSpan, checking: .frame) }
        }
        if end == .closed { try directory.close() }
        return Outside.simulated(disk.processDeath())
    }

    private static func directory(in outside: Outside) throws -> DataDirectory {
        try DataDirectory(outside.path, in: outside.surroundings)
    }

    /// The calls for one log in a directory that is open.
    private static func opening(_ end: End) throws -> CallTally {
        let outside = try logs(1, of: 64, leaving: end)
        let directory = try directory(in: outside)
        return try outside.calls.calls {
            _ = try directory.openLog(LogScene.name(0), settings: LogScene.settings())
        }
    }

    /// A closed broker with a topic.
    private static func partitions(_ count: Int32) throws -> Outside {
        let disk = SimulatedDisk()
        let scene = try BrokerScene(.simulated(disk))
        try scene.makeTopic(partitions: count)
        try scene.broker.close()
        return Outside.simulated(disk.processDeath())
    }

    /// How many calls each one of many takes, beyond what none take.
    private static func each(_ calls: (Int32) throws -> CallTally) rethrows -> Int {
        let (few, many) = (try calls(8), try calls(24))
        return (many.total - few.total + 8) / 16
    }
}
