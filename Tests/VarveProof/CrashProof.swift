/// G4: crash states of all canonical workloads.
package struct CrashProof: ProofSearch {
    package let row = "G4"
    package let key = "crash"
    package let what = "crash states, and crashes of their recovery"
    package let goal = 100_000_000
    package let weight = 10

    package init() {}

    package func run(_ effort: Effort) throws -> Tally {
        var searches: [CrashSearch] = []
        let workloads = Workload.canonical.indices.filter(effort.takes)
            .map { Workload.canonical[$0] }
        // Three fifths of the time for what can be enumerated…
        let half = Deadline(after: effort.deadline.rest * 3 / 5)
        for (number, workload) in workloads.enumerated() {
            var search = try CrashSearch(workload, CrashSearch.Reach())
            search.enumerate(until: Deadline(after: half.rest / (workloads.count - number)))
            searches.append(search)
        }
        let enumerated = searches.reduce(0) { $0 + $1.tally.judged }
        // …the rest for anything, where that still brings what was not there before.
        var tally = Tally()
        var seed = effort.seed &* 1_000_003 &+ UInt64(effort.shard)
        while !searches.isEmpty, !effort.deadline.isOver {
            var search = searches.removeFirst()
            seed &+= 1
            search.judgeAnyCrashes(seed: seed, until: effort.deadline)
            if search.isYielding { searches.append(search) } else { tally.add(search.tally) }
        }
        var enough = 0
        while !effort.deadline.isOver, !tally.isHopeless {
            defer { enough += 1 }
            let program = Workload.random(seed: seed &* 4_099 &+ UInt64(enough))
            var search = try CrashSearch(program, CrashSearch.Reach())
            repeat {
                seed &+= 1
                search.judgeAnyCrashes(seed: seed, until: effort.deadline)
            } while search.isYielding && !effort.deadline.isOver && search.tally.judged < 200_000
            tally.add(search.tally)
        }
        for search in searches { tally.add(search.tally) }
        tally.note = "enumerated \(enumerated), random programs \(enough)"
        return tally
    }

    package func fault(replaying label: String) throws -> String? {
        guard let wanted = CrashCase(parsing: label),
            let workload = Workload.named(wanted.workload)
        else { throw ReplayError("\(label) is no crash of a workload") }
        return try CrashSearch.fault(replaying: wanted, of: workload)
    }
}
