import Testing
import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms

@Suite("SimulatedDisk under random calls")
struct RandomWorkloadTests {
    let seeds = (0..<40).map { _ in UInt64.random(in: 0...UInt64.max) }

    @Test("keeping every atom is what processes see; nothing but a flush changes what is durable")
    func twoStates() throws {
        for seed in seeds {
            let disk = SimulatedDisk()
            var workload = RandomWorkload(seed: seed)
            for step in 0..<60 {
                let durable = disk.crash(keeping: .none).summary
                let before = disk.operationCount
                try? workload.step(on: disk)
                #expect(
                    disk.crash(keeping: .all).summary == disk.summary, "seed \(seed), \(step)")
                let flushed = disk.trace[before...].contains {
                    $0.kind == .flush || $0.kind == .flushDirectory
                }
                if flushed { continue }
                #expect(disk.crash(keeping: .none).summary == durable, "seed \(seed), \(step)")
            }
        }
    }

    @Test("once everything is flushed nothing is pending and a cut changes nothing")
    func flushed() throws {
        for seed in seeds {
            let disk = SimulatedDisk()
            var workload = RandomWorkload(seed: seed)
            workload.run(80, on: disk)
            try disk.flushEverything()
            #expect(disk.crash(keeping: .none).summary == disk.summary, "seed \(seed)")
            let life = disk.crash(keeping: .random(seed: seed))
            #expect(life.pendingAtoms.isEmpty, "seed \(seed)")
        }
    }

    @Test("a replay has the same files, atoms and futures, failed flushes and all")
    func replay() throws {
        for seed in seeds {
            let disk = SimulatedDisk()
            disk.fail(ordinal: 3, of: [.flush], with: .inputOutput)
            disk.shortTransfers = .random(seed: seed)
            var workload = RandomWorkload(seed: seed)
            workload.run(80, on: disk)
            let replayed = SimulatedDisk(replaying: disk.trace)
            #expect(replayed.summary == disk.summary, "seed \(seed)")
            #expect(
                replayed.pendingAtoms.map(\.description) == disk.pendingAtoms.map(\.description),
                "seed \(seed)")
            for cut in 0..<20 as Range<UInt64> {
                let selection = AtomSelection.random(seed: cut)
                #expect(
                    replayed.crash(keeping: selection).summary
                        == disk.crash(keeping: selection).summary, "seed \(seed), cut \(cut)")
            }
        }
    }

    @Test("no cut leaves one file under two names")
    func oneName() throws {
        for seed in seeds {
            let disk = SimulatedDisk()
            var workload = RandomWorkload(seed: seed)
            workload.run(80, on: disk)
            for cut in 0..<20 as Range<UInt64> {
                let life = disk.crash(keeping: .random(seed: cut))
                let identities = try life.paths.map { try life.status(at: $0)?.identity }
                #expect(Set(identities).count == identities.count, "seed \(seed), cut \(cut)")
            }
        }
    }

    @Test("threads append to files of one disk side by side")
    func threads() async throws {
        let disk = SimulatedDisk()
        await withTaskGroup(of: Void.self) { group in
            for name in ["a", "b", "c", "d"] {
                group.addTask {
                    for place in 0..<50 { try? disk.put("/\(name)", name, at: place) }
                    try? disk.flushFile("/\(name)")
                }
            }
        }
        try disk.flushDirectory("/")
        let expected = ["a", "b", "c", "d"].map { "/\($0)=" + String(repeating: $0, count: 50) }
        #expect(disk.crash(keeping: .none).summary == expected.joined(separator: " "))
    }
}
