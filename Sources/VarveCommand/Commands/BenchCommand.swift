internal import VarveBench
internal import VarveBytes

/// `varve bench`: Varve beside the limits of this machine.
enum BenchCommand {
    private static let filter = OptionalParameter(
        "filter", ValueKind<String>.text("TEXT"), "only benchmarks with this in their names")
    private static let rounds = Parameter(
        "rounds", ValueKind<Int>.count(1...1000), standard: BenchOptions().rounds,
        "how often subject and reference take turns, after a warm-up of each")
    private static let directory = OptionalParameter(
        "directory", ValueKind<String>.text("PATH"),
        "where files go, in a new directory that is removed; the working directory otherwise")
    private static let seed = Parameter(
        "seed", ValueKind<UInt64>.seed, standard: BenchOptions().seed,
        "what random bytes and places come from")
    private static let smoke = Switch(
        "smoke", "everything tiny, to see that it works; the figures mean nothing")
    private static let list = Switch("list", "show what there is and run nothing")

    static let command = Command(
        "bench", "measure this machine and Varve side by side",
        paragraphs: [
            "Each figure is divided by a reference that was measured in turn with it: plain "
                + "system calls or loads over the same bytes. All figures are medians, with the "
                + "smallest and the largest in brackets; the last column is the share of the "
                + "processors that other processes took.",
            "With --json the answer is one object: the machine, and every figure of every round.",
        ],
        positionals: [],
        options: [filter, rounds, directory, seed, smoke, list],
        examples: [
            .init("varve bench --list", "Shows what there is, and what it is divided by."),
            .init("varve bench --filter append.durable", "Runs some of it."),
            .init("varve bench --smoke", "Runs everything once, in seconds."),
        ],
        exitCodes: [.unusable, .failed],
        run: run)

    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let (arguments, console) = (invocation.arguments, invocation.console)
        var options = BenchOptions()
        options.filter = arguments[filter]
        options.isSmoke = arguments[smoke]
        // A second round only shows noise when nothing is measured.
        options.rounds =
            options.isSmoke && !arguments.has(rounds) ? 1 : arguments[rounds]
        options.directory = arguments[directory]
        options.seed = arguments[seed]
        let chosen = try bench { () throws(BenchError) in try Catalogue.choose(options.filter) }
        guard !arguments[list] else {
            try console.output.write(text: BenchReport.list(chosen))
            return .done
        }
        let workbench = try bench { () throws(BenchError) in try Workbench(options) }
        if !console.isJSON {
            try console.output.write(text: BenchReport.heading(options, workbench.machine))
            try console.output.line(BenchReport.columns)
            try console.output.flush()
        }
        var results: [BenchResult] = []
        for benchmark in chosen {
            let result = try bench { () throws(BenchError) in try workbench.run(benchmark) }
            results.append(result)
            try console.checkStop()
            guard !console.isJSON else { continue }
            try console.output.line(BenchReport.row(result))
            try console.output.flush()
        }
        if console.isJSON {
            let report = BenchReport(
                options: options, machine: workbench.machine, results: results)
            try console.output.line(report.json)
        }
        return .done
    }

    /// Runs `body` and turns the harness's error into the command's.
    private static func bench<Value>(
        _ body: () throws(BenchError) -> Value
    ) throws(CommandError) -> Value {
        do { return try body() } catch {
            switch error {
            case .nothingMatches, .rounds: throw .usage("\(error)")
            case .inMemory, .setUp: throw .ended(.unusable, "\(error)")
            case .failed, .digestsDiffer: throw .ended(.failed, "\(error)")
            }
        }
    }
}
