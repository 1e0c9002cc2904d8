import Testing
import VarveSeeds

@Suite("share partitions under random members")
struct ShareModelTests {
    @Test("no record is accepted twice, had by two, or lost")
    func random() {
        var random = SeededRandom("ShareModelTests.random")
        for round in 0..<12 {
            var model = ShareModel(seed: random.next())
            for _ in 0..<800 { model.step() }
            model.settle()
            #expect(model.faults == [], "round \(round), seed \(random.seed)")
            guard model.faults.isEmpty else { return }
        }
    }

    @Test("a run is long enough to show something")
    func reach() {
        var model = ShareModel(seed: 7)
        for _ in 0..<3000 { model.step() }
        let events = [
            "delivery", "redelivery", "accept", "release", "reject", "renew", "gap", "refusal",
            "death", "crash", "logStart", "rest",
        ]
        for event in events { #expect((model.seen[event] ?? 0) > 5, "\(event): \(model.seen)") }
    }

    @Test("each planted bug is found", arguments: ShareModel.Bug.allCases)
    func bugs(_ bug: ShareModel.Bug) {
        var isFound = false
        for seed in 0..<20 where !isFound {
            var model = ShareModel(seed: UInt64(seed), bug: bug)
            for _ in 0..<800 { model.step() }
            model.settle()
            isFound = !model.faults.isEmpty
        }
        #expect(isFound)
    }
}
