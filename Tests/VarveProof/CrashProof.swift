/// G4: crash states of all canonical workloads.
package struct CrashProof: ProofSearch {
    package let row = "G4"
    package let key = "crash"
    package let what = "crash states, and crashes of their recovery"
    package let goal = 100_000_000
    package let weight = 10

    package init() {}

    package func run(_ effort: Effort) throws -> Tally {
        var tally = Tally()
        let workloads = Workload.canonical.indices.filter(effort.takes)
            .map { Workload.canonical[$0] }
        for (number, workload) in workloads.enumerated() {
            let share = Deadline(after: effort.deadline.rest / (workloads.count - number))
            var search = try CrashSearch(workload, CrashSearch.Reach(), until: share)
            search.judgePowerCuts()
            search.judgeDeaths()
            search.cutOpeningsAfterDeaths()
            search.cutOpeningsAfterPowerCuts()
            search.judgeAnyCrashes(seed: effort.seed &+ UInt64(number))
            tally.add(search.tally)
        }
        return tally
    }

    package func fault(replaying label: String) throws -> String? {
        guard let wanted = CrashCase(parsing: label),
            let workload = Workload.canonical.first(where: { $0.name == wanted.workload })
        else { throw ReplayError("\(label) is no crash of a canonical workload") }
        return try CrashSearch.fault(replaying: wanted, of: workload)
    }
}
