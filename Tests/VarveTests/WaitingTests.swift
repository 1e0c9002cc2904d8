import Synchronization
import Testing
import Varve
import VarveSim
import VarveSystem

@Suite("appenders that wait together")
struct WaitingTests {
    /// What became of the appends of one thread.
    private struct Tally: Sendable {
        var acknowledged: [Offset] = []
        var failure: LogError?
    }

    /// Threads that each append until it fails, or so often.
    private func append(
        to log: SharedLog, threads: Int, times: Int,
        _ each: @escaping @Sendable (Int) -> Void = { _ in }
    ) async -> [Tally] {
        let tallies = Mutex([Tally](repeating: Tally(), count: threads))
        await onThreads(threads) { thread in
            var tally = Tally()
            for number in 0..<times {
                each(number)
                do throws(LogError) {
                    tally.acknowledged.append(try log.append("\(thread), \(number)"))
                } catch {
                    tally.failure = error
                    break
                }
            }
            tallies.withLock { $0[thread] = tally }
        }
        return tallies.withLock { $0 }
    }

    @Test("each of many threads gets as many answers as it asks for, and none waits for ever")
    func fairness() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            // As many threads as processors, and many more.
            for threads in [2, 3, 40] {
                let tallies = await append(to: log, threads: threads, times: 100)
                #expect(tallies.allSatisfy { $0.acknowledged.count == 100 })
            }
            #expect(log.ends.flushed == Offset(4500))
            try log.close()
        }
    }

    @Test(
        "whoever comes while another commits is woken to commit, though that one goes away",
        .timeLimit(.minutes(1)))
    func handedOver() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            var appended: Int64 = 0
            for threads in [1, 2, 1, 3, 2, 1, 4] + [Int](repeating: 2, count: 60) {
                await onThreads(threads) { _ in _ = try? log.append("once") as Offset }
                appended += Int64(threads)
            }
            #expect(log.ends.flushed == Offset(appended))
            try log.close()
        }
    }

    @Test("a flush that fails is told to every thread that waits, and none hears of success")
    func failingFlush() async throws {
        let world = SimulatedLog()
        let log = try world.open()
        let tallies = await append(to: log, threads: 16, times: 1_000) { number in
            if number == 20 { world.disk.failNext(.flush, with: .inputOutput) }
        }
        for tally in tallies {
            guard case .poisoned? = tally.failure else {
                Issue.record("\(String(describing: tally.failure))")
                return
            }
        }
        let told = tallies.flatMap(\.acknowledged).sorted()
        #expect(told.map(\.rawValue) == Array(0..<log.ends.flushed.rawValue))
        #expect(try world.valuesAfterPowerCut().count == told.count)
    }

    @Test("a disk that is full for a moment fails some, and wakes all")
    func fullDisk() async throws {
        let world = SimulatedLog()
        let log = try world.open()
        let tallies = await append(to: log, threads: 16, times: 100) { number in
            if number % 25 == 24 { world.disk.failNext(.write, with: .noSpace) }
        }
        #expect(tallies.contains { $0.failure != nil })
        let told = tallies.flatMap(\.acknowledged).sorted()
        #expect(Set(told).count == told.count)
        // The log goes on, once the faults that nobody met are used up.
        var isTaken = false
        for _ in 0..<64 where !isTaken {
            isTaken = (try? await log.append("after") as Offset) != nil
        }
        #expect(isTaken)
        let stored = try values(of: log)
        #expect(stored.count == Int(log.ends.flushed.rawValue))
        #expect(stored.count > told.count)
        try log.close()
    }

    @Test("closing the log lets everybody go who appends")
    func closing() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            let tallies = await append(to: log, threads: 17, times: 1_000_000) { number in
                if number == 50 { try? log.close() }
            }
            for tally in tallies {
                guard case .closed? = tally.failure else {
                    Issue.record("\(String(describing: tally.failure))")
                    return
                }
            }
            let told = tallies.reduce(0) { $0 + $1.acknowledged.count }
            let again = try SharedLog(path)
            #expect(try values(of: again).count == told)
            try again.close()
        }
    }

    @Test("threads, tasks and one who submits commit together, and each hears of its own")
    func mixed() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            async let threads = append(to: log, threads: 5, times: 60)
            let offsets = try await withThrowingTaskGroup(of: Offset.self) { group in
                for task in 0..<40 { group.addTask { try await log.append("task \(task)") } }
                return try await group.reduce(into: Set<Offset>()) { $0.insert($1) }
            }
            guard case .accepted(let ticket) = try log.submit(Record(text: "alone")) else {
                Issue.record("no room")
                return
            }
            try wait(for: ticket, in: log)
            #expect(log.outcome(of: ticket) == .acknowledged)
            let told = await threads.flatMap(\.acknowledged)
            #expect(offsets.union(told).union([ticket.offsets.lowerBound]).count == 341)
            #expect(log.ends.flushed == Offset(341))
            try log.close()
        }
    }

    private func wait(for ticket: AppendTicket, in log: SharedLog) throws(LogError) {
        try log.wait(for: ticket)
    }

    @Test("a task that is cancelled while it waits is answered, and its record is there")
    func cancelled() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            let told = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<64 {
                    group.addTask { (try? await log.append("\(number)") as Offset) != nil }
                }
                group.cancelAll()
                return await group.reduce(0) { $1 ? $0 + 1 : $0 }
            }
            #expect(told == 64)
            #expect(try values(of: log).count == 64)
            try log.close()
        }
    }
}
