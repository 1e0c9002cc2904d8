import Glibc
import Testing

/// The whole broker under members that do what clients do, and under what goes wrong.
///
/// `VARVE_SCHEDULES` says how many are run instead of some hundred, `VARVE_SEED` names the first
/// seed, `VARVE_SCHEDULE` a kind, `VARVE_TRACE` prints what happens in a schedule that fails.
@Suite("schedules", .serialized)
struct ScheduleTests {
    @Test("schedules that failed once do no more", arguments: KnownSchedule.all)
    func regressions(_ known: KnownSchedule) throws {
        let world = try ScheduleWorld.run(known.schedule)
        #expect(world.violations.isEmpty, "\(Self.report(world))")
    }

    @Test("whatever fails, promises are kept, and afterwards everything goes on")
    func random() throws {
        let given = Self.environment("VARVE_SEED").flatMap { UInt64($0) }
        let count =
            Self.environment("VARVE_SCHEDULES").flatMap { Int($0) } ?? (given == nil ? 60 : 1)
        let first = given ?? UInt64.random(in: 0...1 << 48)
        let kinds =
            Self.environment("VARVE_SCHEDULE").flatMap { Schedule.Kind(rawValue: $0) }.map { [$0] }
            ?? Schedule.Kind.allCases
        var tally = ScheduleTally()
        var failures = 0
        for place in 0..<count where failures < 5 {
            let schedule = Schedule(
                kind: kinds[place % kinds.count], seed: first &+ UInt64(place / kinds.count))
            let world = try ScheduleWorld.run(schedule, isTraced: Self.isTraced)
            tally += world.tally
            #expect(world.violations.isEmpty, "\(Self.report(world))")
            if !world.violations.isEmpty { failures += 1 }
        }
        print("ScheduleTests: VARVE_SEED=\(first), \(tally)")
    }

    @Test("each planted bug is found", arguments: PlantedBug.allCases)
    func bugs(_ bug: PlantedBug) throws {
        var isFound = false
        for seed: UInt64 in 1...30 where !isFound {
            let schedule = Schedule(kind: bug.kind, seed: seed, bug: bug)
            let world = try ScheduleWorld.run(schedule)
            isFound = !world.violations.isEmpty
            if isFound { print("\(bug), seed \(seed): \(world.violations[0])") }
        }
        #expect(isFound)
    }

    @Test("the same schedule is the same history")
    func replay() throws {
        for kind in Schedule.Kind.allCases {
            let schedule = Schedule(kind: kind, seed: 3)
            let (one, two) = (
                try ScheduleWorld.run(schedule, isTraced: true),
                try ScheduleWorld.run(schedule, isTraced: true)
            )
            #expect(one.trace == two.trace)
            #expect("\(one.tally)" == "\(two.tally)")
        }
    }

    private static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    private static var isTraced: Bool { environment("VARVE_TRACE") != nil }

    private static func report(_ world: ScheduleWorld) -> String {
        if isTraced { for line in world.trace ?? [] { print(line) } }
        return "\(world.schedule.command)\n" + world.violations.prefix(5).joined(separator: "\n")
    }
}
