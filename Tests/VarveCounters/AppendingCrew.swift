internal import CCount
internal import Synchronization
internal import Varve
internal import VarveLinux
internal import VarveRecords

/// Sixteen threads that append to one shared log, each again as soon as it was answered, over a
/// disk so slow that during each flush all the others come.
final class AppendingCrew: Sendable {
    private static let threadCount = 16
    /// How often each thread appends.
    private static let appendCount = 16

    private let isAppending = Atomic(false)
    private let begun = Atomic<Int>(0)
    private let answered = Atomic<Int>(0)
    private let finished = Atomic<Int>(0)
    /// How often threads waited, all together, and how often of these the disk let them.
    private let waits = Atomic<Int>(0)
    private let waitsOfDisk = Atomic<Int>(0)

    /// - Returns: flushes in all, and waits of one thread for one append, rounded up.
    static func run() throws -> (flushes: Int, waits: Int) {
        let crew = AppendingCrew()
        let outside = Outside.simulated(willFlush: { crew.flush() })
        var surroundings = outside.surroundings
        // A committer lingers by the clock.
        surroundings.clock = LinuxClock()
        let log = try SharedLog(outside.path, in: surroundings)
        try log.append("first")
        crew.isAppending.store(true, ordering: .sequentiallyConsistent)
        let tally = outside.calls.calls { crew.append(to: log) }
        let count = threadCount * appendCount
        let waits =
            crew.waits.load(ordering: .sequentiallyConsistent)
            - crew.waitsOfDisk.load(ordering: .sequentiallyConsistent)
        return (tally[.flush], (waits + count - 1) / count)
    }

    private func append(to log: SharedLog) {
        for number in 0..<Self.threadCount {
            let isStarted = LinuxThread.start(name: "count-\(number)") {
                let before = varve_wait_count()
                for _ in 0..<Self.appendCount {
                    self.begun.add(1, ordering: .sequentiallyConsistent)
                    _ = try? log.append("record")
                    self.answered.add(1, ordering: .sequentiallyConsistent)
                }
                self.waits.add(
                    Int(varve_wait_count() - before), ordering: .sequentiallyConsistent)
                self.finished.add(1, ordering: .sequentiallyConsistent)
            }
            precondition(isStarted, "a thread can be had")
        }
        while finished.load(ordering: .sequentiallyConsistent) < Self.threadCount {
            varve_nap(100)
        }
        isAppending.store(false, ordering: .sequentiallyConsistent)
    }

    /// Returns when every thread that still works waits for an answer.
    private func flush() {
        guard isAppending.load(ordering: .sequentiallyConsistent) else { return }
        let before = varve_wait_count()
        // Some seconds at the most.
        for _ in 0..<20_000 {
            let waiting =
                begun.load(ordering: .sequentiallyConsistent)
                - answered.load(ordering: .sequentiallyConsistent)
            let working =
                Self.threadCount - finished.load(ordering: .sequentiallyConsistent)
            if waiting >= working { break }
            varve_nap(100)
        }
        // Whoever has begun hands its record over meanwhile.
        varve_nap(500)
        waitsOfDisk.add(Int(varve_wait_count() - before), ordering: .sequentiallyConsistent)
    }
}
