internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// Fills a small file system just before one call of a script, gives the space back when a step
/// has failed for it, and sees whether the program goes on.
final class FullDiskSearch {
    struct Case: Hashable {
        var script: Int
        /// The call before which the space is gone, from 1.
        var ordinal: Int
    }

    enum Outcome: Hashable {
        /// No call failed: what it needed was there.
        case unneeded
        /// A step failed; the log went on this long after the space came back.
        case wentOn(Duration)
        case broken(String)
    }

    let scripts: [Script]
    private let path: String
    private let ballast: Ballast
    private let clock = LinuxClock()
    private let fileSystem = LinuxFileSystem()

    /// - Parameter mountPoint: of a small file system that is used for nothing else.
    init(_ scripts: [Script], on mountPoint: String) {
        self.scripts = scripts
        path = mountPoint + "/data"
        ballast = Ballast(at: mountPoint + "/ballast")
    }

    /// How many calls a script makes.
    func callCount(of script: Int) throws -> Int {
        let counted = CountedFileSystem(dying: nil)
        try clean()
        counted.arm()
        let owner = self.owner(of: scripts[script], on: counted) { _ in }
        try owner.play(0..<scripts[script].steps.count)
        return counted.calls.count
    }

    private func owner(
        of script: Script, on fileSystem: any FileSystem, tell: @escaping (ScriptEvent) -> Void
    ) -> ScriptOwner {
        ScriptOwner(script, in: path, on: fileSystem, bootID: LinuxProcess.bootID, tell: tell)
    }

    private func clean() throws(FileError) {
        try ballast.free()
        try FileTree(path, in: fileSystem).remove()
    }

    func outcome(of attempt: Case) throws -> Outcome {
        try clean()
        let script = scripts[attempt.script]
        var events: [ScriptEvent] = []
        let ballast = ballast
        let counted = CountedFileSystem(dying: nil) { ordinal, _ in
            if ordinal == attempt.ordinal { ballast.fill() }
        }
        counted.arm()
        var pause: Duration?
        do {
            let owner = owner(of: script, on: counted) { events.append($0) }
            for number in script.steps.indices {
                guard owner.failure(of: number) != nil else { continue }
                guard pause == nil else { return .broken("step \(number) failed for no reason") }
                try ballast.free()
                let start = clock.now()
                if let fault = goOn(owner, from: number, script) { return .broken(fault) }
                pause = clock.now().duration(since: start)
            }
        }
        try ballast.free()
        let history = ScriptHistory(of: script, telling: events)
        let judge = ScriptJudge(
            script, at: path, after: .process, bootID: LinuxProcess.bootID)
        if let fault = judge.fault(expecting: history.expectations) { return .broken(fault) }
        return pause.map { .wentOn($0) } ?? .unneeded
    }

    /// Tries a step again, in the same process, now that there is room.
    /// - Returns: why it did not go on; nil when it did.
    private func goOn(_ owner: ScriptOwner, from number: Int, _ script: Script) -> String? {
        // What failed to close is closed all the same.
        if script.steps[number] == .close { return nil }
        do {
            try owner.resume()
        } catch {
            return "resuming at step \(number) with room again: \(error)"
        }
        return owner.failure(of: number).map { "step \(number) with room again: \($0)" }
    }
}
