import Testing
import VarveProof
import VarveSim

/// Power cuts and deaths of the process after every operation of the canonical workloads.
@Suite("crashes")
struct CrashTests {
    /// Which states a run visits: all of them, or a slice that fits a build.
    private func effort(secondStride: Int) -> CrashSearch.Effort {
        var effort = CrashSearch.Effort()
        effort.secondStride = secondStride
        effort.secondPlan.doubleOmissionCountMax = 0
        effort.secondPlan.subsetAtomCountMax = RunLength.isLong ? 6 : 2
        effort.secondPlan.randomCount = RunLength.isLong ? 10 : 2
        guard !RunLength.isLong else { return effort }
        effort.plan.subsetAtomCountMax = 5
        effort.plan.doubleOmissionCountMax = 10
        effort.plan.randomCount = 6
        effort.plan.tearStride = 23
        effort.plan.tornSectorCountMax = 2
        return effort
    }

    @Test("after any power cut what was acknowledged is there", arguments: Workload.canonical)
    func powerCuts(_ workload: Workload) throws {
        let deadline = Deadline(shares: Workload.canonical.count)
        var search = try CrashSearch(
            workload, effort(secondStride: RunLength.isLong ? 16 : 128), until: deadline)
        search.judgePowerCuts()
        search.tally.report("power cuts, \(workload.name)", deadline.elapsed)
    }

    @Test(
        "after the death of the process nothing that was acknowledged is missing",
        arguments: Workload.canonical)
    func processDeaths(_ workload: Workload) throws {
        let deadline = Deadline(shares: Workload.canonical.count)
        var search = try CrashSearch(
            workload, effort(secondStride: RunLength.isLong ? 1 : 14), until: deadline)
        search.judgeProcessDeaths()
        search.tally.report("deaths of the process, \(workload.name)", deadline.elapsed)
    }
}
