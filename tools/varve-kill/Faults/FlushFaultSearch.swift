internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// Fails flushes of a real disk under a real file system: each one that a script causes, once and
/// for good, and then cuts the power.
struct FlushFaultSearch {
    struct Case: Hashable {
        var script: Int
        /// Which flush of the disk fails, from 1.
        var ordinal: Int
        /// Whether all later ones fail as well.
        var persists: Bool
        /// Of what survives the cut.
        var seed: UInt64
    }

    /// What became of a case.
    enum Outcome: Hashable {
        /// The flush was never asked for.
        case unreached
        /// The file system could not be mounted any more.
        case unmountable
        /// All promises were kept; how many steps threw.
        case kept(failures: Int)
        case broken(String)
    }

    let scripts: [Script]
    /// Whether failures of flushes are kept from the engine, which then must break promises.
    let isControl: Bool
    private let disk: LossyDisk
    private let ledger: SharedLedger
    private let path: String
    private let randomness = LinuxRandomness()

    /// - Parameter disk: with a file system on it, not mounted; what was tried on it before goes.
    init?(_ scripts: [Script], on disk: LossyDisk, isControl: Bool) throws(FileError) {
        guard let ledger = SharedLedger() else { return nil }
        (self.scripts, self.disk, self.ledger) = (scripts, disk, ledger)
        self.isControl = isControl
        path = disk.mountPoint + "/data"
        if try disk.mountOrRepair() {
            try FileTree(path, in: LinuxFileSystem()).remove()
            try disk.unmountPatiently()
        }
        try disk.record()
    }

    /// How many flushes a script causes when none fails.
    func flushCount(of script: Int) throws -> Int {
        // One that is never reached: it only starts the count.
        let probe = Case(script: script, ordinal: .max, persists: false, seed: 0)
        return try play(probe)?.flushes ?? 0
    }

    func outcome(of attempt: Case) throws -> Outcome {
        guard let counts = try play(attempt) else { return .unmountable }
        guard counts.failures > 0 else { return .unreached }
        let history = ScriptHistory(of: scripts[attempt.script], telling: ledger.events)
        // Counted anew: taking the file system down wrote as well.
        try disk.cutAgain(after: disk.counts().later, seed: attempt.seed)
        guard try disk.mountOrRepair() else { return .unmountable }
        let judge = ScriptJudge(
            scripts[attempt.script], at: path, after: .power, bootID: randomness.uniqueID())
        let fault = judge.fault(expecting: history.expectations)
        try disk.unmountPatiently()
        return fault.map { .broken($0) } ?? .kept(failures: history.failures.count)
    }

    /// From an empty disk: prepares, lets the flush fail, plays the rest, takes the disk down.
    /// - Returns: what the disk counted before it was taken down; nil when it cannot be mounted.
    private func play(_ attempt: Case) throws -> LossyDisk.Counts? {
        ledger.clear()
        try disk.cut(after: 0, seed: 0)
        guard try disk.mountOrRepair() else { return nil }
        let script = scripts[attempt.script]
        _ = ForkedChild.run {
            let owner = ScriptOwner(
                script, in: path,
                on: CountedFileSystem(dying: nil, ignoresFlushFailures: isControl),
                bootID: LinuxProcess.bootID, tell: ledger.add)
            try owner.play(0..<script.prepare.count)
            try disk.fail("flush", ordinal: attempt.ordinal, persisting: attempt.persists)
            for number in script.prepare.count..<script.steps.count {
                guard case .poisoned = owner.failure(of: number) as? LogError else { continue }
                // A program that believes the fault to be over.
                try? owner.resume()
            }
        }
        let counts = try disk.counts()
        try disk.stopFailing()
        try disk.unmountPatiently()
        return counts
    }
}
