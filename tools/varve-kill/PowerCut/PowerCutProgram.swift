internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// `varve-kill power-cut`: one line of a proof for one file system.
enum PowerCutProgram {
    /// - Returns: the exit code, as `KillProgram.run`.
    static func run(_ words: [String]) -> Int32 {
        guard
            let options = PowerCutOptions(parsing: words, seed: LinuxRandomness().next() >> 1)
        else {
            say(PowerCutOptions.usage)
            return 2
        }
        LinuxProcess.watchStopSignals()
        let clock = LinuxClock()
        let start = clock.now()
        var run = PowerCutRun(options: options, program: CommandLine.arguments.first ?? "")
        do throws(FileError) {
            guard try run.run() else { return 130 }
        } catch {
            say("varve-kill: \(error)\n")
            return 2
        }
        let seconds = Double(clock.now().duration(since: start) / .microseconds(1)) / 1e6
        for (text, replay) in run.tally.violations {
            ProofLine.tell(ProofLine.violation(row: "G2", text, replay: replay))
        }
        let line = run.tally.line(options: options, seconds: seconds)
        ProofLine.tell(line.text)
        return line.violations == 0 ? 0 : 1
    }

    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        try? LinuxStream.standardError.write(bytes.rawSpan)
    }
}
