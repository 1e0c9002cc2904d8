internal import VarveBench

/// `varve bench --peers`: Varve and other stores, in turn.
struct BenchPeers {
    let options: BenchOptions
    let console: Console
    /// The folder that the harnesses of other stores are in.
    let harnesses: String

    /// Runs contests alone, without goals.
    /// - Parameter plots: where plots go; nil for none.
    func run(plots: String?) throws(CommandError) -> ExitCode {
        let contests = try BenchCommand.bench { () throws(BenchError) in
            try ContestTable.choose(options.filter)
        }
        let workbench = try BenchCommand.workbench(options, console)
        if !console.isJSON {
            try console.output.write(text: BenchReport.heading(options, workbench.machine))
        }
        let outcomes = try run(contests, on: workbench)
        let report = ContestReport(
            options: options, machine: workbench.machine, outcomes: outcomes)
        if console.isJSON { try console.output.line(report.json) }
        try console.output.flush()
        if let plots {
            var evidence = GoalEvidence()
            evidence.contests = outcomes.flatMap(\.results)
            try BenchPlots.write(GoalPlots(evidence), report.json, to: plots)
        }
        try console.checkStop()
        return .done
    }

    /// Runs contests, and prints each one's rows as soon as they are there. One that fails does not
    /// keep the others back.
    func run(
        _ contests: [Contest], on workbench: Workbench
    ) throws(CommandError) -> [ContestOutcome] {
        if !console.isJSON { try console.output.line(ContestReport.columns) }
        let line = LiveLine(isShown: !console.isQuiet && !console.isJSON)
        defer { line.clear() }
        var outcomes: [ContestOutcome] = []
        for (place, contest) in contests.enumerated() where !console.isStopping {
            line.show("\(place + 1) of \(contests.count): \(contest.name)")
            do throws(BenchError) {
                outcomes.append(try workbench.run(contest, harnesses: harnesses))
            } catch {
                line.clear()
                if !console.isStopping { console.warn("\(error)") }
                continue
            }
            line.clear()
            try print(contest, outcomes[outcomes.count - 1])
        }
        return outcomes
    }

    private func print(_ contest: Contest, _ outcome: ContestOutcome) throws(CommandError) {
        guard !console.isJSON else {
            for (peer, reason) in outcome.failures {
                console.warn("\(contest.name): \(peer.rawValue) was not measured: \(reason)")
            }
            return
        }
        try console.output.line(ContestReport.rows(contest, outcome))
        try console.output.flush()
    }
}
