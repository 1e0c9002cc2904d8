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
    private static let scale = Switch(
        "scale", "measure what things cost as the work around them grows")
    private static let plots = OptionalParameter(
        "plots", ValueKind<String>.text("PATH"),
        "with --goals, --peers or --scale, where plots go, as SVG, with their figures as JSON; "
            + "made where it is missing")
    private static let peers = OptionalParameter(
        "peers", ValueKind<String>.text("PATH"),
        "measure other stores as well, by the harnesses in this folder (tools/bench makes them)")
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
            "With --peers it lets other stores take turns with Varve; with --goals as well, the "
                + "goals that name such a store are judged by its figures of the same run.",
            "With --scale the work grows by steps: logs up to 100,000, segments, connections, "
                + "partitions and others. A curve that gets worse says by how much, against its "
                + "best point before; --quick leaves the largest sizes out.",
            "With --json the answer is one object: the machine, and every figure of every round, "
                + "or one object for each demand.",
        ],
        positionals: [
            Positional(
                "DIR", .optional,
                "measure what depends on the disk, with files in a new directory in this one")
        ],
        options: [
            filter, rounds, directory, seed, sample, goals, peers, scale, plots, quick, smoke,
            list,
        ],
        examples: [
            .init("varve bench /var/lib/app --quick", "Shows what this disk is good for."),
            .init(
                "varve bench . --data access.log --filter codec",
                "Compares the codecs on data of your own."),
            .init("varve bench --list", "Shows what there is, and what it is divided by."),
            .init("varve bench --filter append.durable", "Runs some of it."),
            .init("varve bench --goals --quick", "Shows which goals this machine meets."),
            .init("varve bench --scale --plots plots", "Shows how Varve grows, and draws it."),
            .init("varve bench --smoke", "Runs everything once, in seconds."),
        ],
        exitCodes: [.unusable, .failed],
        run: run)

    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let (arguments, console) = (invocation.arguments, invocation.console)
        let options = try options(of: arguments)
        guard !arguments[scale] else { return try runScale(options, arguments, console) }
        if !arguments[list] {
            let harnesses = arguments[peers]
            if arguments[goals] {
                return try BenchGoals(
                    options: options, console: console, plots: arguments[plots],
                    harnesses: harnesses
                ).run()
            }
            if let harnesses {
                return try BenchPeers(options: options, console: console, harnesses: harnesses)
                    .run(plots: arguments[plots])
            }
        } else if arguments.has(peers) {
            let contests = try bench { () throws(BenchError) in
                try ContestTable.choose(options.filter)
            }
            try console.output.write(text: ContestReport.list(contests))
            return .done
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
        let workbench = try workbench(options, console)
        if !console.isJSON {
            try console.output.write(text: BenchReport.heading(options, workbench.machine))
            try console.output.line(BenchReport.columns)
            try console.output.flush()
        }
        let results = try measure(chosen, workbench, console)
        if console.isJSON {
            let report = BenchReport(
                options: options, machine: workbench.machine, results: results)
            try console.output.line(report.json)
            try console.output.flush()
        }
        try console.checkStop()
        guard results.count == chosen.count else {
            throw .ended(
                .failed, "\(chosen.count - results.count) of \(chosen.count) were not measured")
        }
        return .done
    }

    /// Runs benchmarks and prints each row as soon as it is there. One that fails, as on a full
    /// disk, does not keep the others back; what was measured before a signal stands.
    private static func measure(
        _ chosen: [Benchmark], _ workbench: Workbench, _ console: Console
    ) throws(CommandError) -> [BenchResult] {
        var results: [BenchResult] = []
        let line = LiveLine(isShown: !console.isQuiet && !console.isJSON)
        defer { line.clear() }
        for (place, benchmark) in chosen.enumerated() where !console.isStopping {
            line.show("\(place + 1) of \(chosen.count): \(benchmark.name)")
            do throws(BenchError) {
                results.append(try workbench.run(benchmark))
            } catch {
                line.clear()
                if !console.isStopping { console.warn("\(error)") }
                continue
            }
            guard !console.isJSON else { continue }
            line.clear()
            try console.output.line(BenchReport.row(results[results.count - 1]))
            try console.output.flush()
        }
        return results
    }

    private static func runScale(
        _ options: BenchOptions, _ arguments: Arguments, _ console: Console
    ) throws(CommandError) -> ExitCode {
        guard !arguments[goals] else { throw .usage("--scale and --goals exclude each other") }
        guard !arguments[list] else {
            let chosen = try bench { () throws(BenchError) in
                try Catalogue.chooseScales(options.filter)
            }
            try console.output.write(text: ScaleReport.list(chosen))
            return .done
        }
        var options = options
        // A point takes long, and there are many.
        if !arguments.has(rounds) { options.rounds = 1 }
        return try BenchScale(
            options: options, console: console, plots: arguments[plots]
        ).run()
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
        options.program = "/proc/self/exe"
        if let place = arguments.positionals.first {
            guard !arguments.has(directory), !arguments[goals], !arguments.has(peers) else {
                throw .usage("DIR goes neither with --directory nor with --goals or --peers")
            }
            options.directory = place
        }
        if let path = arguments[sample] {
            guard !arguments.positionals.isEmpty else { throw .usage("--data needs DIR") }
            options.sample = try bytes(of: path)
        }
        let hasPlots = arguments[goals] || arguments.has(peers) || arguments[scale]
        guard !arguments.has(plots) || hasPlots else {
            throw .usage("--plots needs --goals, --peers or --scale")
        }
        options.seed = arguments[seed]
        return options
    }

    /// Up to 16 MiB of a file or a pipe, at least one byte.
    private static func bytes(of path: String) throws(CommandError) -> [UInt8] {
        let sizeMax = 16 << 20
        var sample: [UInt8] = []
        do throws(FileError) {
            let stream = try LinuxStream.open(reading: path)
            var piece = [UInt8](repeating: 0, count: 256 << 10)
            var isMore = true
            while isMore, sample.count < sizeMax {
                var span = piece.mutableSpan
                var bytes = unsafe span.mutableBytes
                switch try stream.read(into: &bytes) {
                case .bytes(let count): sample += piece[..<min(count, sizeMax - sample.count)]
                case .end, .stopped: isMore = false
                }
            }
        } catch {
            throw .file(error)
        }
        if let signal = LinuxProcess.stopSignal { throw .stopped(signal: signal, nil) }
        guard !sample.isEmpty else {
            throw .ended(.unusable, "\(path) is empty: there is nothing to compress")
        }
        return sample
    }

    /// A workbench that ends its runs when a signal asks for it. Tells who else is there.
    static func workbench(
        _ options: BenchOptions, _ console: Console
    ) throws(CommandError) -> Workbench {
        let workbench = try bench { () throws(BenchError) in
            try Workbench(options, isStopping: { LinuxProcess.stopSignal != nil })
        }
        for neighbour in workbench.neighbours { console.warn("\(neighbour)") }
        return workbench
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
