import Synchronization
import Testing
import Varve
import VarveSim
import VarveSystem
import VarveTerms

@Suite("flush policies of the shared log")
struct SharedPolicyTests {
    @Test("under pageCache an acknowledged record survives kill -9, and not always a power cut")
    func pageCache() throws {
        let world = SimulatedLog()
        let log = try world.open(SimulatedLog.settings(.pageCache))
        try log.append("written")
        #expect(log.ends.written == Offset(1))
        #expect(log.ends.flushed == .zero)
        #expect(try values(of: log) == ["written"])
        #expect(try world.valuesAfterPowerCut() == [])
        let left = world.disk.processDeath()
        let surroundings = Surroundings(
            fileSystem: left, clock: left.clock, randomness: SeededRandomness(seed: 8),
            processID: 2, bootID: UniqueID(high: 1, low: 1))
        let again = try SharedLog(
            SimulatedLog.path, settings: SimulatedLog.settings(), in: surroundings)
        #expect(try values(of: again) == ["written"])
    }

    @Test("flush makes everything durable whatever the policy")
    func explicitFlush() throws {
        let world = SimulatedLog()
        let log = try world.open(SimulatedLog.settings(.pageCache))
        try log.append("written")
        try log.flush()
        #expect(try world.valuesAfterPowerCut() == ["written"])
    }

    @Test("under interval the flush comes by itself")
    func interval() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(
                path, settings: SimulatedLog.settings(.interval(.milliseconds(5))))
            try await log.append("soon")
            while log.ends.flushed < Offset(1) { try await Task.sleep(for: .milliseconds(2)) }
            try log.close()
        }
    }

    @Test("under interval an idle log looks at the clock with each interval, and sleeps between")
    func idleInterval() async throws {
        let world = SimulatedLog()
        let clock = CountingClock(world.disk.clock)
        var surroundings = world.surroundings()
        surroundings.clock = clock
        let log = try SharedLog(
            SimulatedLog.path, settings: SimulatedLog.settings(.interval(.milliseconds(1))),
            in: surroundings)
        try await log.append("a")
        // As long as the clock stands still the thread looks out for more of what it just had, a
        // bounded number of times. One that does so after each interval is never quiet.
        var asked = Int.max
        for _ in 0..<50 where asked >= 1_000 {
            let before = clock.count
            try await Task.sleep(for: .milliseconds(100))
            asked = clock.count - before
        }
        #expect(asked < 1_000)
        try log.close()
    }

    @Test("a closed log says so, and closing it again does nothing")
    func closed() async throws {
        let log = try SimulatedLog().open()
        try await log.append("a")
        try log.close()
        try log.close()
        #expect(throws: LogError.self) { try log.append("b") as Offset }
        await #expect(throws: LogError.self) { try await log.append("c") as Offset }
        #expect(try values(of: log) == ["a"])
    }

    @Test("a second opening of the directory is refused with the owner's process id")
    func locked() throws {
        let world = SimulatedLog()
        let log = try world.open()
        #expect(throws: LogError.locked(path: SimulatedLog.path, processID: 1)) {
            try world.open()
        }
        try log.close()
        try world.open().close()
    }
}

/// A clock that counts how often it is asked.
private final class CountingClock: Clock {
    private let clock: any Clock
    private let asked = Atomic<Int>(0)

    init(_ clock: any Clock) { self.clock = clock }

    var count: Int { asked.load(ordering: .relaxed) }

    func now() -> Instant {
        asked.add(1, ordering: .relaxed)
        return clock.now()
    }

    func wallClock() -> Timestamp { clock.wallClock() }
}
