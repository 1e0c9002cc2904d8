import Testing
import VarveProof
import VarveSim

/// Power cuts and deaths of the process after every operation of the canonical workloads.
@Suite("crashes")
struct CrashTests {
    /// All states, or a slice that fits a build.
    private func reach(of workload: Workload, secondStride: Int) -> CrashSearch.Reach {
        var reach = CrashSearch.Reach()
        reach.secondStride = secondStride
        guard !RunLength.isLong else { return reach }
        let isBasic = Workload.basics.contains { $0.name == workload.name }
        reach.secondPlan.subsetAtomCountMax = isBasic ? 2 : 0
        reach.secondPlan.randomCount = isBasic ? 2 : 1
        reach.plan.subsetAtomCountMax = isBasic ? 4 : 2
        reach.plan.doubleOmissionCountMax = isBasic ? 10 : 0
        reach.plan.randomCount = isBasic ? 6 : 2
        reach.plan.tearStride = isBasic ? 37 : 211
        reach.plan.tornSectorCountMax = 2
        return reach
    }

    @Test("after any power cut what was acknowledged is there", arguments: Workload.canonical)
    func powerCuts(_ workload: Workload) throws {
        let deadline = Deadline(shares: Workload.canonical.count)
        var search = try CrashSearch(
            workload, reach(of: workload, secondStride: RunLength.isLong ? 16 : 256),
            until: deadline)
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
            workload, reach(of: workload, secondStride: RunLength.isLong ? 1 : 28), until: deadline)
        search.judgeDeaths()
        search.cutOpeningsAfterDeaths()
        search.tally.report("deaths of the process, \(workload.name)", deadline.elapsed)
    }
}
