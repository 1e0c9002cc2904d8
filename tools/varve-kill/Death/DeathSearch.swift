internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// Kills a program at every call of the system that it makes, before it, after it and amid its
/// writes, each time from the start, and looks at what is left.
struct DeathSearch {
    typealias Plan = CountedFileSystem.Plan
    typealias Call = CountedFileSystem.Call

    /// Where and how a program dies, and where the recovery from that does.
    struct Case: Hashable {
        var script: Int
        var first: Plan
        var second: Plan?
    }

    let scripts: [Script]
    /// A directory of its own for what is tried.
    let path: String
    private let ledger: SharedLedger
    private let fileSystem = LinuxFileSystem()

    /// - Parameter path: is made anew for each case, and removed.
    init?(_ scripts: [Script] = Script.canonical, in path: String) {
        guard let ledger = SharedLedger() else { return nil }
        (self.scripts, self.path, self.ledger) = (scripts, path, ledger)
    }

    // MARK: Which cases there are

    /// All moments of all calls that a script makes: the calls of a run in which nothing dies.
    func plans(of script: Script) throws -> [Plan] {
        try clean()
        let dying = CountedFileSystem(dying: nil)
        try play(script, on: dying)
        try clean()
        return Self.plans(of: dying.calls)
    }

    static func plans(of calls: [Call]) -> [Plan] {
        zip(1..., calls).flatMap { ordinal, call in
            var moments: [CountedFileSystem.Moment] = [.before, .after]
            if call.operation == .write, call.size > 1 {
                moments += [.amid(sixteenths: 0), .amid(sixteenths: 8), .amid(sixteenths: 16)]
            }
            return moments.map { Plan(ordinal: ordinal, moment: $0) }
        }
    }

    /// All moments of all calls that opening makes after a death.
    func recoveryPlans(after first: Case) throws -> [Plan] {
        try clean()
        _ = die(scripts[first.script], first.first)
        let dying = CountedFileSystem(dying: nil)
        dying.arm()
        try open(scripts[first.script], on: dying)
        return Self.plans(of: dying.calls)
    }

    // MARK: One case

    /// - Returns: what is wrong with it; nil when nothing is.
    func fault(of attempt: Case) throws -> String? {
        let script = scripts[attempt.script]
        try clean()
        if let fault = die(script, attempt.first) { return fault }
        if let second = attempt.second, let fault = dieOpening(script, second) { return fault }
        let history = ScriptHistory(of: script, telling: ledger.events)
        let judge = ScriptJudge(
            script, at: path, after: .process, bootID: LinuxProcess.bootID)
        return judge.fault(expecting: history.expectations)
    }

    /// Removes what the last case left.
    func clean() throws(FileError) {
        ledger.clear()
        try FileTree(path, in: fileSystem).remove()
    }

    private func die(_ script: Script, _ plan: Plan) -> String? {
        inChild { try play(script, on: CountedFileSystem(dying: plan)) }
    }

    private func dieOpening(_ script: Script, _ plan: Plan) -> String? {
        inChild {
            let dying = CountedFileSystem(dying: plan)
            dying.arm()
            try open(script, on: dying)
        }
    }

    private func play(_ script: Script, on dying: CountedFileSystem) throws {
        let owner = ScriptOwner(
            script, in: path, on: dying, bootID: LinuxProcess.bootID, tell: ledger.add)
        try owner.play(0..<script.prepare.count)
        dying.arm()
        try owner.play(script.prepare.count..<script.steps.count)
    }

    /// Opens all logs of a script, and does nothing more.
    private func open(_ script: Script, on dying: CountedFileSystem) throws {
        let numbers = ScriptHistory(of: script, telling: ledger.events).expectations.keys.sorted()
        let opening = Script(name: script.name, settings: script.settings, run: [.open(numbers)])
        let owner = ScriptOwner(
            opening, in: path, on: dying, bootID: LinuxProcess.bootID, tell: { _ in })
        try owner.play(0..<1)
    }

    /// Runs `body` in a child, which is to die in it.
    /// - Returns: what it did in place of dying.
    private func inChild(_ body: () throws -> Void) -> String? {
        switch ForkedChild.run(body) {
        case .killed: nil
        case .finished: "a call that was counted was not made again"
        case .threw: "a step threw before the process died"
        case .other(let code): "the process ended with \(code)"
        }
    }
}
