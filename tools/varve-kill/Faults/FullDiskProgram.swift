internal import VarveLinux
internal import VarveSim
internal import VarveTerms

/// `varve-kill full-disk`: a line of a proof for one small file system.
enum FullDiskProgram {
    /// - Parameter words: where the file system is mounted, and options.
    /// - Returns: the exit code, as `KillProgram.run`.
    static func run(_ words: [String]) -> Int32 {
        guard let mountPoint = words.first,
            let options = ProofOptions(parsing: words.dropFirst())
        else { return ProofRun.complain("full-disk MOUNT-POINT [options]") }
        LinuxProcess.watchStopSignals()
        do {
            let search = FullDiskSearch(Script.canonical + [Script.large], on: mountPoint)
            return try run(search, options)
        } catch {
            return ProofRun.complain("\(error)")
        }
    }

    private static func run(_ search: FullDiskSearch, _ options: ProofOptions) throws -> Int32 {
        var cases: [FullDiskSearch.Case] = []
        for script in search.scripts.indices {
            for ordinal in 0..<(try search.callCount(of: script)) {
                cases.append(FullDiskSearch.Case(script: script, ordinal: ordinal + 1))
            }
        }
        if let replay = options.replay {
            cases.removeAll { [$0.script, $0.ordinal] != replay }
        }
        var generator = SplitMix64(seed: options.seed)
        cases.shuffle(using: &generator)
        var run = ProofRun(
            ProofLine(
                row: "G12", what: "full disk, \(options.name)", goal: cases.count,
                seed: options.seed),
            for: options.duration, replayCommand: "tools/full-disk --case")
        var pauses: [Duration] = []
        for attempt in cases where run.goesOn {
            run.line.cases += 1
            switch try search.outcome(of: attempt) {
            case .unneeded: break
            case .wentOn(let pause): pauses.append(pause)
            case .broken(let fault):
                run.violate(
                    "\(search.scripts[attempt.script].name): \(fault)",
                    case: "\(attempt.script):\(attempt.ordinal)")
            }
        }
        run.line.distinct = run.line.cases
        let longestMs = (pauses.max() ?? .zero) / .milliseconds(1)
        run.line.note =
            "\(search.scripts.count) programs, \(pauses.count) failures for want of space, "
            + "the longest way back took \(Int(longestMs.rounded(.up))) ms"
        return run.end()
    }
}
