internal import VarveLinux
internal import VarveSim
internal import VarveTerms

/// `varve-kill flush-faults`: a line of a proof for one file system.
enum FlushFaultProgram {
    /// - Parameter words: the disk's files, its device, its mount point, its file system, and
    ///   options.
    /// - Returns: the exit code, as `KillProgram.run`.
    static func run(_ words: [String]) -> Int32 {
        guard words.count >= 4, let options = ProofOptions(parsing: words[4...]) else {
            return ProofRun.complain("flush-faults DISK DEVICE MOUNT-POINT FILE-SYSTEM [options]")
        }
        let disk = LossyDisk(
            files: words[0], device: words[1], mountPoint: words[2], kind: words[3])
        LinuxProcess.watchStopSignals()
        do {
            guard
                let search = try FlushFaultSearch(
                    Script.canonical, on: disk, isControl: options.isControl)
            else { return 2 }
            return try run(search, options, kind: disk.kind)
        } catch {
            return ProofRun.complain("\(error)")
        }
    }

    private static func run(
        _ search: FlushFaultSearch, _ options: ProofOptions, kind: String
    ) throws -> Int32 {
        let cases = try cases(of: search, options)
        var run = ProofRun(
            ProofLine(
                row: "G11", what: "failing flushes, \(kind)", goal: cases.count,
                seed: options.seed),
            for: options.duration,
            replayCommand: "tools/flush-faults --file-systems \(kind) --case")
        var (unreached, unmountable, failures, broken) = (0, 0, 0, 0)
        if options.isControl {
            run.line.what += ", unheeded: must lose"
            run.line.goal = min(cases.count, 20)
        }
        // A control goes on until it has what it is for, late or not.
        for attempt in cases where run.goesOn || (options.isControl && broken == 0) {
            let words =
                "\(attempt.script):\(attempt.ordinal):\(attempt.persists ? 1 : 0):\(attempt.seed)"
            switch try search.outcome(of: attempt) {
            case .unreached: unreached += 1
            case .unmountable: unmountable += 1
            case .kept(let count):
                run.line.cases += 1
                failures += count
            case .broken where options.isControl:
                run.line.cases += 1
                broken += 1
            case .broken(let fault):
                run.line.cases += 1
                run.violate("\(search.scripts[attempt.script].name): \(fault)", case: words)
            }
        }
        run.line.distinct = run.line.cases
        // What a file system never asks for again cannot fail.
        if !options.isControl { run.line.goal -= unreached }
        run.line.note = "\(search.scripts.count) programs, \(failures) failed steps"
        if options.isControl {
            run.line.note += ", promises broken in \(broken)"
            if run.line.cases > 0, broken == 0 { run.line.violations += 1 }
        }
        if unmountable > 0 { run.line.note += ", not mountable after \(unmountable)" }
        return run.end()
    }

    /// Each flush of each program, failing once and for good; in an order of the seed's.
    private static func cases(
        of search: FlushFaultSearch, _ options: ProofOptions
    ) throws -> [FlushFaultSearch.Case] {
        if let replay = options.replay {
            guard replay.count == 4, search.scripts.indices.contains(replay[0]), replay[3] >= 0
            else { return [] }
            return [
                FlushFaultSearch.Case(
                    script: replay[0], ordinal: replay[1], persists: replay[2] == 1,
                    seed: UInt64(replay[3]))
            ]
        }
        var generator = SplitMix64(seed: options.seed)
        var cases: [FlushFaultSearch.Case] = []
        for script in search.scripts.indices {
            for ordinal in 0..<(try search.flushCount(of: script)) {
                for persists in [false, true] {
                    cases.append(
                        FlushFaultSearch.Case(
                            script: script, ordinal: ordinal + 1, persists: persists,
                            // In a control all that was not flushed is to be gone.
                            seed: options.isControl ? 0 : generator.next() >> 1))
                }
            }
        }
        return cases.shuffled(using: &generator)
    }
}
