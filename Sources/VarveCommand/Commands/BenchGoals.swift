internal import VarveBench
internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// `varve bench --goals`: what the goals of Varve's speed come to on this machine.
struct BenchGoals {
    let options: BenchOptions
    let console: Console
    /// Where plots go; nil for none.
    let plots: String?
    /// The folder that the harnesses of other stores are in; nil to take their figures on record.
    let harnesses: String?

    /// Measures what the goals need, and prints the table, also when it is stopped on the way.
    func run() throws(CommandError) -> ExitCode {
        let goals = try BenchCommand.bench { () throws(BenchError) in
            try GoalTable.choose(options.filter)
        }
        let benchmarks = GoalTable.benchmarks(for: goals, drawn: plots != nil)
        let workbench = try BenchCommand.workbench(options, console)
        if !console.isJSON {
            try console.output.write(text: BenchReport.heading(options, workbench.machine))
            try console.output.flush()
        }
        var evidence = measure(benchmarks, workbench)
        var contests: ContestReport?
        if let harnesses {
            // A filter may leave goals whose benchmarks take part in none.
            let chosen = (try? ContestTable.choose(options.filter)) ?? []
            let peers = BenchPeers(options: options, console: console, harnesses: harnesses)
            let outcomes = try peers.run(chosen, on: workbench)
            evidence.contests = outcomes.flatMap(\.results)
            contests = ContestReport(
                options: options, machine: workbench.machine, outcomes: outcomes)
        }
        let report = GoalReport(
            options: options, machine: workbench.machine,
            outcomes: goals.map { evidence.judge($0) }, contests: contests)
        if console.isJSON {
            try console.output.line(report.json)
        } else {
            try console.output.write(text: report.table)
        }
        try console.output.flush()
        if let plots { try BenchPlots.write(GoalPlots(evidence), report.json, to: plots) }
        try console.checkStop()
        return .done
    }

    /// Runs the benchmarks one after the other. One that fails does not keep the others back.
    private func measure(_ benchmarks: [Benchmark], _ workbench: Workbench) -> GoalEvidence {
        var evidence = GoalEvidence()
        let line = LiveLine(isShown: !console.isQuiet && !console.isJSON)
        defer { line.clear() }
        for (place, benchmark) in benchmarks.enumerated() {
            guard !console.isStopping else {
                evidence.failures[benchmark.name] = "\(BenchError.stopped)"
                continue
            }
            line.show("\(place + 1) of \(benchmarks.count): \(benchmark.name)")
            do throws(BenchError) {
                evidence.results[benchmark.name] = try workbench.run(benchmark)
            } catch {
                evidence.failures[benchmark.name] = "\(error)"
            }
        }
        return evidence
    }
}

/// Files of plots, with the figures that they show.
enum BenchPlots {
    /// Writes them to a directory, which is made where it is missing.
    static func write(
        _ drawn: GoalPlots, _ figures: String, to directory: String
    ) throws(CommandError) {
        let fileSystem = LinuxFileSystem()
        do throws(FileError) {
            if try fileSystem.status(at: directory) == nil {
                try fileSystem.makeDirectory(directory)
            }
            for (name, text) in drawn.files + [("figures.json", figures + "\n")] {
                let bytes = Array(text.utf8)
                let path = "\(directory)/\(name)"
                let file = try OpenFile(path, .readWriteOrCreate, in: fileSystem)
                try file.resize(to: .zero)
                try file.write(bytes.rawSpan, at: .zero)
            }
        } catch {
            throw .file(error)
        }
    }
}
