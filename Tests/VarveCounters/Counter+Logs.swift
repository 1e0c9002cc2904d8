internal import Varve
internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveRecords
internal import VarveSim
internal import VarveTerms

extension Counter {
    /// Calls of a log, and of one that is shared.
    static let callsOfLogs: [Counter] = [
        Counter(calls: "append") { try appends(.durable, batchSize: 1024) },
        Counter(calls: "append.16kib") { try appends(.durable, 64, batchSize: 16 << 10) },
        Counter(calls: "append.page-cache") { try appends(.pageCache, batchSize: 1024) },
        Counter(calls: "append.first") {
            let scene = try LogScene(.simulated())
            return try scene.outside.calls.calls { try scene.append() }
        },
        Counter(calls: "make.log") { try making(1) },
        Counter(calls: "make.16-logs") { try making(16) },
        Counter(calls: "flush.nothing") {
            let scene = try LogScene(.simulated())
            try scene.append()
            return try scene.outside.calls.calls { try scene.log.flush() }
        },
        Counter(calls: "roll") {
            let scene = try LogScene(.simulated())
            try scene.append(512)
            return try scene.outside.calls.calls { try scene.log.roll() }
        },
        Counter(calls: "flush.16-logs") { try flushTogether(16) },
        Counter(calls: "read.first") {
            let scene = try LogScene(.simulated())
            try scene.append(64)
            return try scene.outside.calls.calls { try scene.read(50) }
        },
        Counter(calls: "read") {
            let scene = try LogScene(.simulated())
            try scene.append(64)
            try scene.read(0)
            return try scene.outside.calls.calls {
                for offset: Int64 in 0..<64 { try scene.read(offset) }
            }
        },
        Counter(calls: "shared.append") {
            let scene = Outside.simulated()
            let log = try SharedLog(scene.path, in: scene.surroundings)
            let record = Record(value: [UInt8](repeating: 7, count: 1024))
            for _ in 0..<512 { try log.append(record) }
            return try scene.calls.calls { for _ in 0..<256 { try log.append(record) } }
        },
        Counter(number: "flushes.shared.16") { try AppendingCrew.run().flushes },
        Counter(number: "waits.shared.16") { try AppendingCrew.run().waits },
        Counter(number: "waits.readers.16") { try ReadingCrew.run() },
    ]

    /// Appends to a log that has been appended to for a while.
    private static func appends(
        _ policy: FlushPolicy, _ count: Int = 256, batchSize: Int
    ) throws -> CallTally {
        let scene = try LogScene(.simulated(), policy, batchSize: batchSize)
        try scene.append(2 * count)
        return try scene.outside.calls.calls { try scene.append(count) }
    }

    /// New logs, made together.
    private static func making(_ count: Int32) throws -> CallTally {
        let outside = Outside.simulated()
        let directory = try DataDirectory(outside.path, in: outside.surroundings)
        let names = (0..<count).map { LogScene.name($0) }
        return try outside.calls.calls {
            try directory.makeFolders(of: names)
            for name in names { _ = try directory.openLog(name, settings: LogScene.settings()) }
        }
    }

    /// A flush of logs each of which was written to.
    private static func flushTogether(_ count: Int32) throws -> CallTally {
        let outside = Outside.simulated()
        let directory = try DataDirectory(outside.path, in: outside.surroundings)
        let batch = try Batches.make()
        let logs = try (0..<count).map { number in
            try directory.openLog(LogScene.name(number), settings: LogScene.settings())
        }
        for log in logs { try log.append(batch.rawSpan, checking: .frame) }
        for log in logs {
            try log.write(batch.rawSpan, checking: .frame, now: outside.clock.wallClock())
        }
        return try outside.calls.calls { try directory.flush(logs) }
    }

    /// Allocations of one append, and of one read.
    static let heapOfLogs: [Counter] = [
        Counter(number: "heap.append") {
            let scene = try LogScene(.real())
            return try Heap.calls { try scene.append(checking: .frame) }
        },
        Counter(number: "heap.append.records") {
            let scene = try LogScene(.real())
            return try Heap.calls { try scene.append(checking: .records) }
        },
        Counter(number: "heap.append.page-cache") {
            let scene = try LogScene(.real(), .pageCache)
            return try Heap.calls { try scene.append(checking: .frame) }
        },
        Counter(number: "heap.read") {
            let scene = try LogScene(.real())
            try scene.append(64)
            return try Heap.calls { try scene.read(50) }
        },
        Counter(number: "heap.shared.append") {
            let outside = try Outside.real()
            let log = try SharedLog(outside.path, in: outside.surroundings)
            let record = Record(value: [UInt8](repeating: 7, count: 1024))
            return try Heap.calls { try log.append(record) }
        },
        Counter(number: "heap.shared.append.100") {
            let outside = try Outside.real()
            let log = try SharedLog(outside.path, in: outside.surroundings)
            let record = Record(value: [UInt8](repeating: 7, count: 100))
            let records = [Record](repeating: record, count: 100)
            return try Heap.calls { try log.append(records) }
        },
    ]
}
