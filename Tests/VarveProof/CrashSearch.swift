import VarveLog
package import VarveSim
import VarveTerms

/// Judges the states that crashes leave of one workload: power cuts and deaths of the process
/// after each operation, and power cuts in the middle of the opening that follows.
package struct CrashSearch {
    /// How far a search goes.
    package struct Effort {
        package var plan = CrashPlan.exhaustive
        /// Of so many states that were judged one has its opening cut too.
        package var secondStride = 1
        /// Which cuts of the opening.
        package var secondPlan = CrashPlan.wholeWrites

        package init() {}
    }

    private let workload: Workload
    private let scene: Scene
    private let effort: Effort
    private let deadline: Deadline
    private var seen: Set<Int> = []
    package private(set) var tally = Tally()

    package init(_ workload: Workload, _ effort: Effort, until deadline: Deadline) throws {
        self.workload = workload
        self.deadline = deadline
        self.effort = effort
        scene = try workload.played()
    }

    private var isOver: Bool { tally.isHopeless || deadline.isOver }

    // MARK: Power cuts

    package mutating func judgePowerCuts() {
        let judge = Judge(workload.settings, after: .powerCut)
        var plan = effort.plan
        plan.firstMoment = scene.firstMoment
        CrashStates.forEach(of: scene.disk.trace, under: plan, clock: scene.clock) { disk, label in
            guard !isOver else { return }
            let expectations = scene.expectations(at: label.moment)
            tally.states += 1
            let print = Self.fingerprint(of: disk, expectations)
            guard seen.insert(print).inserted else { return }
            tally.judged += 1
            let sequel: Judge.Sequel = print & 1 == 0 ? .powerCut : .cleanClose
            if let fault = judge.fault(of: disk, expecting: expectations, then: sequel) {
                tally.record(fault, "\(workload.name), \(label), then \(sequel)")
            }
            guard tally.judged % effort.secondStride == 1 % effort.secondStride else { return }
            cutOpening(
                of: scene.disk.trace.disk(at: label, clock: scene.clock), expectations,
                "\(workload.name), \(label)")
        }
    }

    // MARK: Deaths of the process

    package mutating func judgeProcessDeaths() {
        let trace = scene.disk.trace
        let judge = Judge(workload.settings, after: .processDeath)
        for moment in scene.firstMoment...trace.count where !isOver {
            let expectations = scene.expectations(at: moment)
            for sequel in [Judge.Sequel.powerCut, .cleanClose] {
                let disk = SimulatedDisk(replaying: trace, through: moment, clock: scene.clock)
                tally.states += 1
                tally.judged += 1
                if let fault = judge.fault(of: disk, expecting: expectations, then: sequel) {
                    tally.record(fault, "\(workload.name), death after \(moment), \(sequel)")
                }
            }
            guard moment % effort.secondStride == 0 else { continue }
            cutOpening(
                of: SimulatedDisk(replaying: trace, through: moment, clock: scene.clock),
                expectations, "\(workload.name), death after \(moment)")
        }
    }

    // MARK: Power cuts while a disk is opened again

    /// Opens the disk, and cuts power after each operation of that.
    private mutating func cutOpening(
        of disk: SimulatedDisk, _ expectations: [LogName: Expectation], _ label: String
    ) {
        let boot = UniqueID(high: 7, low: 500)
        guard
            let directory = try? DataDirectory(
                Scene.path, in: Scene.surroundings(disk, boot: boot))
        else { return }
        for name in expectations.keys.sorted() {
            _ = try? directory.openLog(name, settings: workload.settings)
        }
        let judge = Judge(workload.settings, after: .powerCut)
        CrashStates.forEach(of: disk.trace, under: effort.secondPlan, clock: disk.clock) {
            again, second in
            guard !isOver else { return }
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
