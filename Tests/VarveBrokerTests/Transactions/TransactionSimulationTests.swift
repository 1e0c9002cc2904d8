import Glibc
import Testing
import VarveSim

@Suite("Transactions, simulated")
struct TransactionSimulationTests {
    @Test("whatever dies: committed is all, aborted is nothing, replaced producers write nothing")
    func promises() throws {
        // `VARVE_SEED` replays the first of the histories that a failure names.
        let given = unsafe getenv("VARVE_SEED").flatMap { unsafe UInt64(String(cString: $0)) }
        let first = given ?? UInt64.random(in: 0 ... .max - 8)
        for seed in first..<first + 4 {
            let world = try TransactionWorld(seed: seed)
            for _ in 0..<250 { try world.step() }
            try world.checkAll()
            let count = { (outcome: TransactionWorld.Outcome) in
                world.attempts.count { $0.outcome == outcome }
            }
            print(
                "seed \(seed): \(count(.committed)) committed, \(count(.aborted)) aborted, "
                    + "\(count(.unknown)) unknown, \(world.cutCount) deaths")
            #expect(world.violations.isEmpty, "seed \(seed): \(world.violations.prefix(5))")
            #expect(count(.committed) > 0)
        }
    }

    @Test("each sabotage is noticed", arguments: TransactionWorld.Sabotage.allCases)
    func oracles(_ sabotage: TransactionWorld.Sabotage) throws {
        var violations: [String] = []
        for seed: UInt64 in 1...5 where violations.isEmpty {
            let world = try TransactionWorld(seed: seed, sabotage: sabotage)
            for _ in 0..<200 { try world.step() }
            try world.checkAll()
            violations = world.violations
        }
        #expect(!violations.isEmpty)
    }
}
