internal import VarveBench
internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

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
    private static let quick = Switch(
        "quick", "an eighth of the work and 3 rounds: a few minutes, for a look")
    private static let goals = Switch(
        "goals", "judge the goals of Varve's speed, and print them as a table")
    private static let plots = OptionalParameter(
        "plots", ValueKind<String>.text("PATH"),
        "with --goals, the directory that plots go to, as SVG; made where it is missing")
    private static let sample = OptionalParameter(
        "data", ValueKind<String>.text("FILE"),
        "with DIR, measure the codecs too, on the first 16 MiB of this file")
    private static let list = Switch("list", "show what there is and run nothing")

    static let command = Command(
        "bench", "measure this machine and Varve side by side",
        paragraphs: [
            "Each figure is divided by a reference that was measured in turn with it: plain "
                + "system calls or loads over the same bytes. All figures are medians, with the "
                + "smallest and the largest in brackets; the last column is the share of the "
                + "processors that other processes took.",
            "With DIR it runs what matters on a disk: appends, durable and not, at a fixed rate "
                + "and by 16 at once, the policies of flushing side by side, reads, and opening "
                + "after a crash. Ctrl-C ends it within a round; what was measured stands, and "
                + "the files are removed.",
            "With --goals the figures are set against Varve's goals: a row for each demand, met or "
                + "missed. Figures of other programs that were not measured here are on record "
                + "from the machine that the goals were set on, and named.",
            "With --json the answer is one object: the machine, and every figure of every round, "
                + "or one object for each demand.",
        ],
        positionals: [
            Positional(
                "DIR", .optional,
                "measure what depends on the disk, with files in a new directory in this one")
        ],
        options: [
            filter, rounds, directory, seed, sample, goals, plots, quick, smoke, list,
        ],
        examples: [
            .init("varve bench /var/lib/app --quick", "Shows what this disk is good for."),
            .init(
                "varve bench . --data access.log --filter codec",
                "Compares the codecs on data of your own."),
            .init("varve bench --list", "Shows what there is, and what it is divided by."),
            .init("varve bench --filter append.durable", "Runs some of it."),
            .init("varve bench --goals --quick", "Shows which goals this machine meets."),
            .init("varve bench --smoke", "Runs everything once, in seconds."),
        ],
        exitCodes: [.unusable, .failed],
        run: run)

    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let (arguments, console) = (invocation.arguments, invocation.console)
        let options = try options(of: arguments)
        guard !arguments[goals] || arguments[list] else {
            return try BenchGoals(
                options: options, console: console, plots: arguments[plots]
            ).run()
        }
        let chosen = try bench { () throws(BenchError) in
            arguments.positionals.isEmpty
                ? try Catalogue.choose(options.filter)
                : try Catalogue.chooseForUsers(
                    options.filter, hasSample: options.sample != nil)
        }
        guard !arguments[list] else {
            try console.output.write(text: BenchReport.list(chosen))
            return .done
        }
        let workbench = try workbench(options)
        if !console.isJSON {
            try console.output.write(text: BenchReport.heading(options, workbench.machine))
            try console.output.line(BenchReport.columns)
            try console.output.flush()
        }
        var results: [BenchResult] = []
        do throws(CommandError) {
            let line = LiveLine(isShown: !console.isQuiet && !console.isJSON)
            defer { line.clear() }
            for (place, benchmark) in chosen.enumerated() {
                line.show("\(place + 1) of \(chosen.count): \(benchmark.name)")
                results.append(
                    try bench { () throws(BenchError) in try workbench.run(benchmark) })
                guard !console.isJSON else { continue }
                line.clear()
                try console.output.line(BenchReport.row(results[results.count - 1]))
                try console.output.flush()
            }
        } catch {
            // What was measured before a signal is worth printing.
            guard case .stopped = error else { throw error }
        }
        if console.isJSON {
            let report = BenchReport(
                options: options, machine: workbench.machine, results: results)
            try console.output.line(report.json)
        }
        try console.checkStop()
        return .done
    }

    private static func options(
        of arguments: Arguments
    ) throws(CommandError) -> BenchOptions {
        var options = BenchOptions()
        options.filter = arguments[filter]
        guard !arguments[smoke] || !arguments[quick] else {
            throw .usage("--smoke and --quick exclude each other")
        }
        if arguments[smoke] {
            options.size = .smoke
        } else if arguments[quick] {
            options.size = .quick
        }
        let standard =
            switch options.size {
            case .full: arguments[rounds]
            case .quick: 3
            // A second round only shows noise when nothing is measured.
            case .smoke: 1
            }
        options.rounds = arguments.has(rounds) ? arguments[rounds] : standard
        options.directory = arguments[directory]
        if let place = arguments.positionals.first {
            guard !arguments.has(directory), !arguments[goals] else {
                throw .usage("DIR goes neither with --directory nor with --goals")
            }
            options.directory = place
        }
        if let path = arguments[sample] {
            guard !arguments.positionals.isEmpty else { throw .usage("--data needs DIR") }
            options.sample = try bytes(of: path)
        }
        options.seed = arguments[seed]
        return options
    }

    /// Up to 16 MiB of a file, at least one byte.
    private static func bytes(of path: String) throws(CommandError) -> [UInt8] {
        var sample: [UInt8] = []
        do throws(FileError) {
            let file = try OpenFile(path, .read, in: LinuxFileSystem())
            let size = min(try file.size().bytes, 16 << 20)
            let copy = try file.copyBytes(at: .zero, count: size)
            let bytes = copy.bytes(in: 0..<copy.count)
            sample = bytes.array()
        } catch {
            throw .file(error)
        }
        guard !sample.isEmpty else {
            throw .ended(.unusable, "\(path) is empty: there is nothing to compress")
        }
        return sample
    }

    /// A workbench that ends its runs when a signal asks for it.
    static func workbench(_ options: BenchOptions) throws(CommandError) -> Workbench {
        try bench { () throws(BenchError) in
            try Workbench(options, isStopping: { LinuxProcess.stopSignal != nil })
        }
    }

    /// Runs `body` and turns the harness's error into the command's.
    static func bench<Value>(
        _ body: () throws(BenchError) -> Value
    ) throws(CommandError) -> Value {
        do { return try body() } catch {
            switch error {
            case .nothingMatches, .rounds: throw .usage("\(error)")
            case .inMemory, .setUp: throw .ended(.unusable, "\(error)")
            case .failed, .digestsDiffer: throw .ended(.failed, "\(error)")
            case .stopped: throw .stopped(signal: LinuxProcess.stopSignal ?? 2, nil)
            }
        }
    }
}
