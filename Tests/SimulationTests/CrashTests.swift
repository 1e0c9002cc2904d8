import Testing
import VarveProof
import VarveSim

/// Power cuts and deaths of the process after every operation of the canonical workloads.
@Suite("crashes")
struct CrashTests {
    /// All states, or a slice that fits a build.
    private func reach(secondStride: Int) -> CrashSearch.Reach {
        var reach = CrashSearch.Reach()
        reach.secondStride = secondStride
        guard !RunLength.isLong else { return reach }
        reach.secondPlan.subsetAtomCountMax = 2
        reach.secondPlan.randomCount = 2
        reach.plan.subsetAtomCountMax = 5
        reach.plan.doubleOmissionCountMax = 10
        reach.plan.randomCount = 6
        reach.plan.tearStride = 23
        reach.plan.tornSectorCountMax = 2
        return reach
    }

    @Test("after any power cut what was acknowledged is there", arguments: Workload.canonical)
    func powerCuts(_ workload: Workload) throws {
        let deadline = Deadline(shares: Workload.canonical.count)
        var search = try CrashSearch(
            workload, reach(secondStride: RunLength.isLong ? 16 : 128), until: deadline)
        search.judgePowerCuts()
        search.cutOpeningsAfterPowerCuts()
        search.tally.report("power cuts, \(workload.name)", deadline.elapsed)
    }

    @Test(
        "after the death of the process nothing that was acknowledged is missing",
        arguments: Workload.canonical)
    func deaths(_ workload: Workload) throws {
        let deadline = Deadline(shares: Workload.canonical.count)
        var search = try CrashSearch(
            workload, reach(secondStride: RunLength.isLong ? 1 : 14), until: deadline)
        search.judgeDeaths()
        search.cutOpeningsAfterDeaths()
        search.tally.report("deaths of the process, \(workload.name)", deadline.elapsed)
    }
}
