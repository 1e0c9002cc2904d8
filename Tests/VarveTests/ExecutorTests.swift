import Synchronization
import Testing
import Varve
import VarveSim
import VarveSystem

@Suite("tasks in the log's own executor", .timeLimit(.minutes(1)))
struct ExecutorTests {
    @Test("tasks that prefer the executor append: each record stands at the offset it was told")
    func appends() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            var told: [Int64: String] = [:]
            try await withThrowingTaskGroup(of: [(Int64, String)].self) { group in
                for task in 0..<16 {
                    group.addTask(executorPreference: log.executor) {
                        var told: [(Int64, String)] = []
                        for number in 0..<30 {
                            let text = "\(task)/\(number)"
                            let offset: Offset = try await log.append(text)
                            told.append((offset.rawValue, text))
                        }
                        return told
                    }
                }
                for try await some in group { told.merge(some) { first, _ in first } }
            }
            let stored = try values(of: log).enumerated().map { (Int64($0.offset), $0.element) }
            #expect(Dictionary(uniqueKeysWithValues: stored) == told)
            try log.close()
        }
    }

    @Test("sixteen tasks of the executor share each flush: all were answered before any goes on")
    func sharing() async throws {
        let world = SimulatedLog()
        let log = try world.open()
        let ends = try await withThrowingTaskGroup(of: [Offset].self) { group in
            for task in 0..<16 {
                group.addTask(executorPreference: log.executor) {
                    var ends: [Offset] = []
                    for number in 0..<10 {
                        _ = try await log.append("\(task)/\(number)") as Offset
                        ends.append(log.acknowledgedEnd)
                    }
                    return ends
                }
            }
            return try await group.reduce(into: Set<Offset>()) { $0.formUnion($1) }
        }
        // Tasks may begin apart; from then on nobody is answered without the others.
        #expect(ends.count < 40, "\(ends.count) commits of 160 records")
        #expect(log.ends.flushed == Offset(160))
        try log.close()
    }

    @Test("a task of the executor that never rests does not keep others from being committed")
    func yielding() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            let isOver = Flag()
            let restless = Task(executorPreference: log.executor) {
                while !isOver.isSet { await Task.yield() }
            }
            for number in 0..<20 { _ = try await log.append("\(number)") as Offset }
            isOver.set()
            await restless.value
            #expect(log.ends.flushed == Offset(20))
            try log.close()
        }
    }

    @Test("a task of the executor may block in an append, and close the log; tasks go on after it")
    func closing() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            let first = Task(executorPreference: log.executor) {
                try appendAndClose(log)
                await Task.yield()
                return log.ends.flushed
            }
            #expect(try await first.value == Offset(2))
            let late = Task(executorPreference: log.executor) { () async -> Bool in
                await Task.yield()
                return (try? await log.append("late") as Offset) == nil
            }
            #expect(await late.value)
        }
    }

    @Test("a flush that fails is told to each task of the executor")
    func failingFlush() async throws {
        let world = SimulatedLog()
        let log = try world.open()
        // The first append flushes other files too.
        _ = try await log.append("safe") as Offset
        world.disk.failNext(.flush, with: .inputOutput)
        let failures = await withTaskGroup(of: Bool.self) { group in
            for task in 0..<16 {
                group.addTask(executorPreference: log.executor) {
                    (try? await log.append("\(task)") as Offset) == nil
                }
            }
            return await group.reduce(0) { $1 ? $0 + 1 : $0 }
        }
        #expect(failures == 16)
    }

    /// Whether something is over.
    private final class Flag: Sendable {
        private let value = Atomic(false)

        var isSet: Bool { value.load(ordering: .acquiring) }

        func set() { value.store(true, ordering: .releasing) }
    }
}

private func appendAndClose(_ log: SharedLog) throws {
    try log.append("blocking")
    try log.append("again")
    try log.close()
}
