/// All that a run came to, as a table and as JSON.
public struct BenchReport: Sendable {
    public var options: BenchOptions
    public var machine: MachineFacts
    public var results: [BenchResult]

    public init(options: BenchOptions, machine: MachineFacts, results: [BenchResult]) {
        self.options = options
        self.machine = machine
        self.results = results
    }

    /// The machine and the run, before the table.
    public static func heading(_ options: BenchOptions, _ machine: MachineFacts) -> String {
        let memory = FigureText.ratio(Double(machine.memorySize) / Double(1 << 30))
        var lines = [
            "\(machine.processor), \(machine.processorCount) processors, \(memory) GiB, "
                + "Linux \(machine.release)",
            "flags \(machine.flags.joined(separator: " ")); CRC-32C by \(machine.checksumKernel)",
            "files on \(machine.mount.type) (\(machine.mount.source), \(machine.mount.options))",
            "rounds \(options.rounds), seed \(options.seed)",
        ]
        if let sample = options.sample {
            lines.append("codecs on \(sample.count) bytes of your own")
        }
        if machine.mount.isInMemory { lines.append("IN MEMORY: a flush is nothing here") }
        if machine.isDebugBuild { lines.append("DEBUG BUILD: the figures mean nothing") }
        switch options.size {
        case .full: break
        case .quick: lines.append("QUICK: an eighth of the work, so figures vary more")
        case .smoke: lines.append("SMOKE: the figures mean nothing")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What stands over the rows of `row(_:)`.
    public static let columns =
        pad("benchmark", 30) + pad("goal", 5) + pad("subject (min-max)", 36)
        + pad("reference (min-max)", 36) + pad("ratio (min-max)", 18) + pad("cpu", 7) + "others"

    /// A result as a row of the table, with its latencies below.
    public static func row(_ result: BenchResult) -> String {
        let unit = result.benchmark.unit
        let ratio = result.ratio
        let range = "\(FigureText.ratio(ratio.min))-\(FigureText.ratio(ratio.max))"
        var text =
            pad(result.benchmark.name, 30) + pad(result.benchmark.goal ?? "", 5)
            + pad(spread(result.subject.spread, unit), 36)
            + pad(spread(result.reference.spread, unit), 36)
            + pad("\(FigureText.ratio(ratio.median)) (\(range))", 18)
            + pad(FigureText.ratio(result.processorRatio), 7)
            + FigureText.percent(result.foreignLoad)
        if let note = result.note { text += "\n    \(note)" }
        for (name, side) in [("subject  ", result.subject), ("reference", result.reference)] {
            if let latency = side.latency { text += "\n    \(name) \(line(latency))" }
        }
        return text
    }

    private static func spread(_ spread: Spread, _ unit: Unit) -> String {
        let range = FigureText.text(spread.min, unit) + " - " + FigureText.text(spread.max, unit)
        return "\(FigureText.text(spread.median, unit)) (\(range))"
    }

    private static func line(_ latency: LatencySummary) -> String {
        [
            ("p50", latency.p50), ("p99", latency.p99), ("p99.9", latency.p999),
            ("max", latency.largest),
        ].map { "\($0.0) \(FigureText.duration(Double($0.1)))" }.joined(separator: ", ")
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// Every benchmark with what it measures, what it is divided by, and its goal.
    public static func list(_ benchmarks: [Benchmark]) -> String {
        benchmarks.map { benchmark in
            let goal = benchmark.goal.map { " [\($0)]" } ?? ""
            return "\(benchmark.name)\(goal), \(benchmark.unit.rawValue)\n"
                + "    \(benchmark.measures)\n    per \(benchmark.reference)\n"
        }.joined()
    }

    // MARK: JSON

    /// The whole report in one line of JSON. Latencies are in nanoseconds, sizes in bytes.
    public var json: String {
        JSONText.object([
            ("version", .integer(1)),
            ("rounds", .integer(Int64(options.rounds))),
            // A seed may pass the integers that every reader of JSON keeps exact.
            ("seed", .text(String(options.seed))),
            ("smoke", .truth(options.isSmoke)),
            ("machine", machine.json),
            ("results", .array(results.map(\.json))),
        ]).line
    }
}

extension MachineFacts {
    var json: JSONText {
        .object([
            ("processor", .text(processor)),
            ("processors", .integer(Int64(processorCount))),
            ("flags", .array(flags.map { .text($0) })),
            ("memory", .integer(Int64(memorySize))),
            ("linux", .text(release)),
            ("crc32c", .text(checksumKernel)),
            ("fileSystem", .text(mount.type)),
            ("device", .text(mount.source)),
            ("mountOptions", .text(mount.options)),
            ("inMemory", .truth(mount.isInMemory)),
            ("debugBuild", .truth(isDebugBuild)),
        ])
    }
}

extension BenchResult {
    var json: JSONText {
        .object([
            ("name", .text(benchmark.name)),
            ("goal", .optional(benchmark.goal)),
            ("unit", .text(benchmark.unit.rawValue)),
            ("subject", subject.json),
            ("reference", reference.json),
            ("ratio", ratio.json),
            ("processorRatio", .number(processorRatio)),
            ("foreignLoad", .number(foreignLoad)),
            ("note", .optional(note)),
        ])
    }
}

extension SideResult {
    fileprivate var json: JSONText {
        .object([
            ("figures", .array(figures.map { .number($0) })),
            ("spread", spread.json),
            ("processorNanosecondsPerWork", .number(processorTimePerWork)),
            ("latency", latency.map(\.json) ?? .null),
            ("digest", .text(String(digest, radix: 16))),
        ])
    }
}

extension Spread {
    var json: JSONText {
        .object([("min", .number(min)), ("median", .number(median)), ("max", .number(max))])
    }
}

extension LatencySummary {
    fileprivate var json: JSONText {
        .object([
            ("p50", .integer(p50)), ("p99", .integer(p99)), ("p99.9", .integer(p999)),
            ("max", .integer(largest)),
        ])
    }
}
