internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// What the command line of `varve-kill` starts.
enum KillProgram {
    /// - Returns: the exit code: 0 when every promise was kept, 1 when one was not, 2 for a wrong
    ///   command line, 130 when a signal asked it to stop.
    static func run(_ words: [String]) -> Int32 {
        let rest = Array(words.dropFirst())
        switch words.first {
        case "child":
            guard let child = AppendingChild(parsing: words) else { return 2 }
            return child.run()
        case "power-cut": return PowerCutProgram.run(rest)
        case "power-cut-check": return CutReplay.run(rest)
        case "deaths": return DeathProgram.run(rest)
        case "flush-faults": return FlushFaultProgram.run(rest)
        case "full-disk": return FullDiskProgram.run(rest)
        default: return loop(words)
        }
    }

    private static func loop(_ words: [String]) -> Int32 {
        guard let options = KillOptions(parsing: words, seed: LinuxRandomness().next()) else {
            say(KillOptions.usage)
            return words == ["--help"] ? 0 : 2
        }
        LinuxProcess.watchStopSignals()
        return run(options)
    }

    private static func run(_ options: KillOptions) -> Int32 {
        let clock = LinuxClock()
        let start = clock.now()
        var loop = KillLoop(options: options, program: "/proc/self/exe")
        let isShown = LinuxStream.standardError.isTerminal
        let end = loop.run { loop in
            guard isShown else { return }
            say(
                "\rkill \(loop.tally.kills) of \(options.kills), "
                    + "\(loop.model.acknowledgedCount) acknowledged records\u{1B}[K")
        }
        if isShown { say("\r\u{1B}[K") }
        guard end != .stopped else { return 130 }
        for violation in loop.tally.violations.prefix(20) {
            say("varve-kill: VIOLATION: \(violation)\n")
        }
        let seconds = Double(clock.now().duration(since: start) / .microseconds(1)) / 1e6
        let line = loop.tally.line(model: loop.model, seed: options.seed, seconds: seconds)
        let bytes = Array((line + "\n").utf8)
        try? LinuxStream.standardOutput.write(bytes.rawSpan)
        return end == .finished ? 0 : 1
    }

    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        try? LinuxStream.standardError.write(bytes.rawSpan)
    }
}
