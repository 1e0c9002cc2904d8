internal import Varve
internal import VarveLinux
internal import VarveSim
internal import VarveSystem

/// The parent: starts children on one log, kills them, and checks what they leave.
struct KillLoop {
    let options: KillOptions
    let program: String
    let clock: any Clock
    private(set) var model: LogModel
    private(set) var tally = KillTally()
    private var generator: SplitMix64
    private var storedSize = 0

    /// - Parameter program: what is started as a child: this program itself.
    init(options: KillOptions, program: String, clock: any Clock = LinuxClock()) {
        (self.options, self.program, self.clock) = (options, program, clock)
        model = LogModel(threadCount: options.threads)
        generator = SplitMix64(seed: options.seed)
    }

    /// How the loop ended.
    enum End: Hashable {
        case finished
        /// Something is wrong; the tally says what.
        case violated
        case stopped
    }

    /// Goes on until enough children were killed, or something is wrong.
    mutating func run(progress: (borrowing KillLoop) -> Void = { _ in }) -> End {
        var life = 0
        while tally.kills < options.kills {
            guard live(life) else { return .stopped }
            if tally.violations.isEmpty, isCheckDue { check() }
            guard tally.violations.isEmpty else { return .violated }
            life += 1
            progress(self)
        }
        return .finished
    }

    private var plan: KillPlan?

    /// The last child's log is always looked at.
    private var isCheckDue: Bool { plan?.isChecked ?? true || tally.kills >= options.kills }

    /// - Returns: false when this program was asked to stop.
    private mutating func live(_ life: Int) -> Bool {
        // Half of what is settled goes, and only what no pending life can have touched.
        let canDelete = storedSize > options.keptSize.bytes && model.otherStart == nil
        let plan = KillPlan(
            from: &generator, canDelete: canDelete, windowMs: options.windowMs)
        self.plan = plan
        var task: AppendingChild.Task?
        if plan.aim == .closing { task = .close }
        if plan.aim == .deleting {
            let start = model.start + Int64(model.settled.count / 2)
            model.mayDelete(before: start)
            task = .delete(before: start)
        }
        model.begin(life: life)
        do throws(FileError) {
            let description = AppendingChild(
                options: options, life: life, task: task, pause: plan.pause)
            var child = try ChildLife(
                program: program, description, plan: plan, clock: clock)
            guard let ending = try child.run(model: &model) else { return false }
            note(child, ending)
        } catch {
            tally.violations.append(.word("\(error)"))
        }
        return true
    }

    private mutating func note(_ child: ChildLife, _ ending: LinuxChild.Ending) {
        tally.violations += child.violations
        tally.cutSize += child.cutSize ?? 0
        if ending.isKill {
            tally.kills += 1
            if !child.sawAcknowledgement { tally.earlyKills += 1 }
            if child.sawClosing { tally.closingKills += 1 }
        } else if ending != .exited(0) || !child.sawClosing {
            tally.violations.append(.word("the child ended by itself: \(ending)"))
        }
    }

    // MARK: Checking

    private mutating func check() {
        do throws(LogError) {
            let log = try SharedLog(options.directory, settings: options.logSettings)
            tally.checks += 1
            tally.cutSize += log.recovery.cut?.size.bytes ?? 0
            if let impossible = log.recovery.impossible {
                tally.violations.append(.recovery(impossible))
            }
            let stored = try StoredRecords(of: log.reader, seed: options.seed)
            storedSize = stored.size
            let ends = log.ends
            tally.violations += stored.violations
            tally.violations += model.check(
                stored.records, start: ends.start.rawValue, end: ends.written.rawValue)
            guard tally.violations.isEmpty else { return }
            try keepSmall(log)
            try log.close()
        } catch {
            tally.violations.append(.recovery("\(error)"))
        }
    }

    private mutating func keepSmall(_ log: SharedLog) throws(LogError) {
        guard plan?.parentDeletes == true, storedSize > options.keptSize.bytes else { return }
        let start = model.start + Int64(model.settled.count / 2)
        guard let offset = Offset(exactly: start) else { return }
        try log.deleteRecords(before: offset)
        model.didDelete(before: start)
    }
}
