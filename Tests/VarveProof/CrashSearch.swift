package import VarveSim
import VarveSystem
import VarveTerms

/// Judges the states that crashes leave of one workload: power cuts and deaths of the process
/// after each operation, and power cuts in the middle of the opening that follows.
///
/// Equal disks of which the same must hold are judged once.
package struct CrashSearch {
    /// How far a search goes.
    package struct Reach {
        /// Which cuts of the workload.
        package var plan = CrashPlan.exhaustive
        /// Which cuts of an opening.
        package var secondPlan = CrashPlan.wholeWrites
        /// Of so many states of the workload one has its opening cut too.
        package var secondStride = 1

        package init() {
            secondPlan.subsetAtomCountMax = 6
            secondPlan.doubleOmissionCountMax = 0
            secondPlan.randomCount = 10
            plan.leavesOutEqual = true
            secondPlan.leavesOutEqual = true
        }
    }

    private let workload: Workload
    private let scene: Scene
    private let reach: Reach
    private var deadline: Deadline
    private let judge: Judge
    private var seen: Set<UInt64> = []
    /// The power cuts that left a disk of their own.
    private var labels: [CrashLabel] = []
    package private(set) var tally = Tally()
    /// Whether one in twenty states of the last search for any crash had not been there before.
    package private(set) var isYielding = true

    /// Plays the workload.
    package init(
        _ workload: Workload, _ reach: Reach, until deadline: Deadline = Deadline(after: nil)
    ) throws {
        self.workload = workload
        self.deadline = deadline
        self.reach = reach
        judge = Judge(workload.settings, known: KnownSequels())
        scene = try workload.played()
    }

    private var isOver: Bool { tally.isHopeless || deadline.isOver }

    /// All that the reach names: power cuts, deaths, and cuts of the openings after both.
    package mutating func enumerate(until deadline: Deadline) {
        self.deadline = deadline
        judgePowerCuts()
        judgeDeaths()
        cutOpeningsAfterDeaths()
        cutOpeningsAfterPowerCuts()
    }

    // MARK: Crashes of the workload

    /// Every power cut of the plan.
    package mutating func judgePowerCuts() {
        var plan = reach.plan
        plan.firstMoment = scene.firstMoment
        var moment = -1
        var life = scene.life(endingAt: 0, by: .powerCut)
        let scene = scene
        // As long as nothing more is asked for, the same disk needs no second look.
        let isWhole = { scene.strictness(at: $0) != scene.strictness(at: $0 - 1) }
        CrashStates.forEach(of: scene.disk.trace, under: plan, clock: scene.clock, whole: isWhole) {
            disk, label in
            guard !isOver else { return }
            if label.moment != moment {
                life = scene.life(endingAt: label.moment, by: .powerCut)
                moment = label.moment
            }
            if look(at: disk, after: life, by: [.powerCut(label)]) { labels.append(label) }
        }
    }

    /// The process dies after each operation.
    package mutating func judgeDeaths() {
        for moment in scene.firstMoment...scene.disk.trace.count where !isOver {
            let life = scene.life(endingAt: moment, by: .processDeath)
            for sequel in [Judge.Sequel.powerCut, .cleanClose] {
                let disk = SimulatedDisk(
                    replaying: scene.disk.trace, through: moment, clock: scene.clock)
                tally.states += 1
                tally.judged += 1
                judge(disk, after: life, by: [.death(after: moment)], then: sequel)
            }
        }
    }

    // MARK: Crashes of the opening that follows

    /// Power is cut after each operation of the openings that follow deaths.
    package mutating func cutOpeningsAfterDeaths() {
        for moment in scene.firstMoment...scene.disk.trace.count
        where !isOver && moment % reach.secondStride == 0 {
            let disk = SimulatedDisk(
                replaying: scene.disk.trace, through: moment, clock: scene.clock)
            cutOpening(
                of: disk, after: scene.life(endingAt: moment, by: .processDeath),
                [.death(after: moment)])
        }
    }

    /// Power is cut after each operation of the openings that follow power cuts. Neighbours are
    /// much alike, so that the next one to be taken is far from the last.
    package mutating func cutOpeningsAfterPowerCuts() {
        let count = labels.count
        var place = 0
        for _ in stride(from: 0, to: count, by: reach.secondStride) where !isOver {
            let label = labels[place]
            place = (place + Self.step(through: count) * reach.secondStride) % count
            cutOpening(
                of: scene.disk.trace.disk(at: label, clock: scene.clock),
                after: scene.life(endingAt: label.moment, by: .powerCut), [.powerCut(label)])
        }
    }

    /// A step that meets every place of `count` before it meets one again.
    static func step(through count: Int) -> Int {
        var step = max(1, count * 618 / 1000)
        func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
        while divisor(count, step) > 1 { step += 1 }
        return step
    }

    private mutating func cutOpening(
        of disk: SimulatedDisk, after life: Life, _ crashes: [CrashCase.Crash]
    ) {
        judge.open(disk, after: life)
        let next = life.crashedInOpening
        let isWhole = { (_: Int) in false }
        let plan = reach.secondPlan
        CrashStates.forEach(of: disk.trace, under: plan, clock: disk.clock, whole: isWhole) {
            again, label in
            guard !isOver else { return }
            look(at: again, after: next, by: crashes + [.powerCut(label)])
        }
    }

    // MARK: Any crashes

    /// Power cuts that leave anything, tears included, and cuts of the opening that follows: a few
    /// after every operation.
    package mutating func judgeAnyCrashes(seed: UInt64, until deadline: Deadline) {
        self.deadline = deadline
        let (states, judged) = (tally.states, tally.judged)
        var random = SplitMix64(seed: seed)
        var cursor = CrashCursor(of: scene.disk.trace, at: scene.firstMoment, clock: scene.clock)
        repeat {
            let life = scene.life(endingAt: cursor.moment, by: .powerCut)
            for _ in 0..<8 where !isOver {
                let label = Self.anyCut(of: cursor, &random)
                judgeAnyCrash(cursor, label, life, &random)
            }
        } while !isOver && cursor.advance()
        isYielding = (tally.judged - judged) * 20 > tally.states - states
    }

    private mutating func judgeAnyCrash(
        _ cursor: CrashCursor, _ label: CrashLabel, _ life: Life, _ random: inout SplitMix64
    ) {
        func disk() -> SimulatedDisk { cursor.disk(keeping: label.selection, tearing: label.tear) }
        look(at: disk(), after: life, by: [.powerCut(label)])
        let opened = disk()
        judge.open(opened, after: life)
        let next = life.crashedInOpening
        var second = CrashCursor(of: opened.trace, clock: opened.clock)
        while second.advance() {
            for _ in 0..<2 {
                let cut = Self.anyCut(of: second, &random)
                look(
                    at: second.disk(keeping: cut.selection, tearing: cut.tear), after: next,
                    by: [.powerCut(label), .powerCut(cut)])
            }
        }
    }

    private static func anyCut(
        of cursor: CrashCursor, _ random: inout SplitMix64
    ) -> CrashLabel {
        let dice = random.next()
        let selection: AtomSelection =
            switch (cursor.atomCount, dice & 3) {
            case (0, _): .all
            case (_, 0): .all
            case (let count, 1): .omitting([Int.random(in: 0..<count, using: &random)])
            default: .random(seed: random.next())
            }
        var tear: Tear?
        if let size = cursor.lastWriteSize, size > 1 {
            let kept = Int.random(in: 1..<size, using: &random)
            switch dice >> 2 & 3 {
            case 0: tear = .prefix(kept)
            case 1: tear = .shorter(kept)
            case 2 where size > 512: tear = .sectors(random.next())
            default: break
            }
        }
        return CrashLabel(after: cursor.moment, keeping: selection, tearing: tear)
    }

    // MARK: Judging

    /// Judges the disk unless an equal one was.
    @discardableResult
    private mutating func look(
        at disk: SimulatedDisk, after life: Life, by crashes: [CrashCase.Crash]
    ) -> Bool {
        tally.states += 1
        let print = disk.fingerprint ^ life.fingerprint
        guard seen.insert(print).inserted else { return false }
        tally.judged += 1
        judge(disk, after: life, by: crashes, then: print & 1 == 0 ? .powerCut : .cleanClose)
        return true
    }

    private mutating func judge(
        _ disk: SimulatedDisk, after life: Life, by crashes: @autoclosure () -> [CrashCase.Crash],
        then sequel: Judge.Sequel
    ) {
        guard let fault = judge.fault(of: disk, after: life, then: sequel) else { return }
        let label = CrashCase(workload: workload.name, crashes: crashes(), sequel: sequel)
        tally.record(fault, "\(label)")
    }

    // MARK: Replaying

    /// Plays one case again.
    /// - Returns: what is wrong with it; nil when nothing is.
    package static func fault(replaying wanted: CrashCase, of workload: Workload) throws -> String?
    {
        let scene = try workload.played()
        let judge = Judge(workload.settings)
        var life = scene.life(endingAt: 0, by: .powerCut)
        var disk = scene.disk
        for (number, crash) in wanted.crashes.enumerated() {
            if number > 0 { judge.open(disk, after: life) }
            let trace = disk.trace
            let (moment, death): (Int, Life.Death) =
                switch crash {
                case .powerCut(let label): (label.moment, .powerCut)
                case .death(let moment): (moment, .processDeath)
                }
            guard (0...trace.count).contains(moment) else {
                throw ReplayError("a life has \(trace.count) operations")
            }
            life = number == 0 ? scene.life(endingAt: moment, by: death) : life.crashedInOpening
            switch crash {
            case .powerCut(let label): disk = trace.disk(at: label, clock: scene.clock)
            case .death:
                disk = SimulatedDisk(replaying: trace, through: moment, clock: scene.clock)
            }
        }
        return judge.fault(of: disk, after: life, then: wanted.sequel)
    }
}
