import Testing
import VarveProof
import VarveSim

/// Programs that do anything in any order, on a disk that fails as it likes. A seed is a history;
/// `VARVE_SEED=<seed>` plays one again.
@Suite("random histories")
struct RandomHistoryTests {
    @Test("no history loses, invents or reorders what was acknowledged", arguments: 0..<4)
    func histories(shard: Int) {
        var tally = Tally()
        let deadline = Deadline(shares: 4)
        var steps = 0
        let first: UInt64 = RunLength.isLong ? UInt64.random(in: 0...UInt64.max / 2) : 1
        var seed = first &+ UInt64(shard)
        while !tally.isHopeless, RunLength.isLong ? !deadline.isOver : tally.judged < 100 {
            if let wanted = RunLength.seed { seed = wanted }
            let history = RandomHistory(seed: seed)
            steps += history.workload.steps.count
            let scene = FaultScene(history.workload)
            tally.states += 1
            tally.judged += 1
            var wrong = scene.run()
            scene.disk.clearFaults()
            wrong =
                wrong ?? FaultScene.End.allCases.lazy.compactMap { scene.fault(after: $0) }.first
            if let wrong { tally.record(wrong, "seed \(seed), \(history.workload.name)") }
            if RunLength.seed != nil {
                for step in history.workload.steps { RunLength.report("\(step)") }
                break
            }
            seed &+= 4
        }
        tally.report("random histories, \(steps) steps, from seed \(first)", deadline.elapsed)
    }
}
