import Testing
import VarveLog
import VarveSim
import VarveTerms

/// Power cuts and deaths of the process after every operation of the canonical workloads.
@Suite("crashes")
struct CrashTests {
    /// Which states a run visits.
    private static func plan(of scene: Scene) -> CrashPlan {
        var plan = CrashPlan.exhaustive
        plan.firstMoment = scene.firstMoment
        guard !RunLength.isLong else { return plan }
        plan.subsetAtomCountMax = 5
        plan.doubleOmissionCountMax = 10
        plan.randomCount = 6
        plan.tearStride = 23
        plan.tornSectorCountMax = 2
        return plan
    }

    @Test("after any power cut what was acknowledged is there", arguments: Workload.canonical)
    func powerCuts(_ workload: Workload) throws {
        let scene = try workload.played()
        let deadline = Deadline(shares: Workload.canonical.count)
        var tally = Tally()
        var seen: Set<Int> = []
        let judge = Judge(workload.settings, after: .powerCut)
        CrashStates.forEach(of: scene.disk.trace, under: Self.plan(of: scene), clock: scene.clock) {
            disk, label in
            guard !tally.isHopeless, !deadline.isOver else { return }
            let expectations = scene.expectations(at: label.moment)
            tally.states += 1
            let print = Self.fingerprint(of: disk, expectations)
            guard seen.insert(print).inserted else { return }
            tally.judged += 1
            let sequel: Judge.Sequel = print & 1 == 0 ? .powerCut : .cleanClose
            if let fault = judge.fault(of: disk, expecting: expectations, then: sequel) {
                tally.record(fault, "\(workload.name), \(label), then \(sequel)")
            }
            guard tally.judged % (RunLength.isLong ? 16 : 128) == 1 else { return }
            crashRecovery(
                of: { scene.disk.trace.disk(at: label, clock: scene.clock) }, expectations,
                workload, "\(workload.name), \(label)", &tally)
        }
        tally.report("power cuts, \(workload.name)", deadline.elapsed)
    }

    @Test(
        "after the death of the process nothing that was acknowledged is missing",
        arguments: Workload.canonical)
    func processDeaths(_ workload: Workload) throws {
        let scene = try workload.played()
        let trace = scene.disk.trace
        let deadline = Deadline(shares: Workload.canonical.count)
        var tally = Tally()
        let judge = Judge(workload.settings, after: .processDeath)
        for moment in scene.firstMoment...trace.count where !tally.isHopeless {
            for sequel in [Judge.Sequel.powerCut, .cleanClose] {
                let disk = SimulatedDisk(replaying: trace, through: moment, clock: scene.clock)
                let expectations = scene.expectations(at: moment)
                tally.states += 1
                tally.judged += 1
                if let fault = judge.fault(of: disk, expecting: expectations, then: sequel) {
                    tally.record(fault, "\(workload.name), death after \(moment), \(sequel)")
                }
            }
            guard moment % (RunLength.isLong ? 1 : 14) == 0 else { continue }
            crashRecovery(
                of: { SimulatedDisk(replaying: trace, through: moment, clock: scene.clock) },
                scene.expectations(at: moment), workload,
                "\(workload.name), death after \(moment)", &tally)
        }
        tally.report("deaths of the process, \(workload.name)", deadline.elapsed)
    }

    /// Opens the disk, and cuts power after each operation of that.
    private func crashRecovery(
        of disk: () -> SimulatedDisk, _ expectations: [LogName: Expectation],
        _ workload: Workload, _ label: String, _ tally: inout Tally
    ) {
        let first = disk()
        let boot = UniqueID(high: 7, low: 500)
        guard
            let directory = try? DataDirectory(
                Scene.path, in: Scene.surroundings(first, boot: boot))
        else { return }
        for name in expectations.keys.sorted() {
            _ = try? directory.openLog(name, settings: workload.settings)
        }
        var plan = CrashPlan.wholeWrites
        plan.subsetAtomCountMax = RunLength.isLong ? 6 : 2
        plan.doubleOmissionCountMax = 0
        plan.randomCount = RunLength.isLong ? 10 : 2
        let judge = Judge(workload.settings, after: .powerCut)
        let trace = first.trace
        CrashStates.forEach(of: trace, under: plan, clock: first.clock) { again, second in
            guard !tally.isHopeless else { return }
            tally.states += 1
            tally.judged += 1
            let sequel: Judge.Sequel = tally.judged % 2 == 0 ? .powerCut : .cleanClose
            if let fault = judge.fault(of: again, expecting: expectations, then: sequel) {
                tally.record(fault, "\(label), opened, \(second), then \(sequel)")
            }
        }
    }

    /// Equal disks of which the same must hold need one look.
    private static func fingerprint(
        of disk: SimulatedDisk, _ expectations: [LogName: Expectation]
    ) -> Int {
        var hasher = Hasher()
        for path in disk.paths {
            hasher.combine(path)
            let bytes = disk.contents(path) ?? []
            hasher.combine(bytes.count)
            unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
        for (name, expectation) in expectations.sorted(by: { $0.key < $1.key }) {
            hasher.combine(name)
            hasher.combine(expectation)
            hasher.combine((try? disk.status(at: Scene.path + "/" + name.folder)) ?? nil == nil)
        }
        return hasher.finalize()
    }
}
