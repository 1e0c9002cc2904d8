/// What a run of contests came to, for people and as JSON.
public struct ContestReport: Sendable {
    public var options: BenchOptions
    public var machine: MachineFacts
    public var outcomes: [ContestOutcome]

    public init(options: BenchOptions, machine: MachineFacts, outcomes: [ContestOutcome]) {
        (self.options, self.machine, self.outcomes) = (options, machine, outcomes)
    }

    var results: [ContestResult] { outcomes.flatMap(\.results) }

    // MARK: The table

    /// What stands over the rows of `rows(_:)`.
    public static let columns =
        pad("contest", 25) + pad("Varve's benchmark", 25) + pad("Varve (min-max)", 36)
        + pad("other store", 16) + pad("its figure (min-max)", 36) + pad("ratio (min-max)", 20)
        + pad("cpu", 7) + "others"

    /// A contest as rows of the table: one for each subject of Varve and each other store.
    public static func rows(_ contest: Contest, _ outcome: ContestOutcome) -> String {
        let rows = outcome.results.map { Self.row($0) }
        let failures = outcome.failures.map { peer, reason in
            pad(contest.name, 25) + "\(peer.rawValue) not measured: \(reason)"
        }
        return (rows + failures).joined(separator: "\n")
    }

    private static func row(_ contested: ContestResult) -> String {
        let (result, ratio) = (contested.result, contested.result.ratio)
        let unit = result.benchmark.unit
        let range = "\(FigureText.ratio(ratio.min))-\(FigureText.ratio(ratio.max))"
        var text =
            pad(contested.contest, 25) + pad(result.benchmark.name, 25)
            + pad(spread(result.subject.spread, unit), 36) + pad(contested.program, 16)
            + pad(spread(result.reference.spread, unit), 36)
            + pad("\(FigureText.ratio(ratio.median)) (\(range))", 20)
            + pad(FigureText.ratio(result.processorRatio), 7)
            + FigureText.percent(result.foreignLoad)
        if let own = result.subject.latency, let other = result.reference.latency {
            text += "\n    p50 / p99: \(line(own)), \(contested.program) \(line(other))"
        }
        return text
    }

    private static func spread(_ spread: Spread, _ unit: Unit) -> String {
        let range = FigureText.text(spread.min, unit) + " - " + FigureText.text(spread.max, unit)
        return "\(FigureText.text(spread.median, unit)) (\(range))"
    }

    private static func line(_ latency: LatencySummary) -> String {
        [latency.p50, latency.p99].map { FigureText.duration(Double($0)) }
            .joined(separator: " / ")
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// Every contest with who takes part.
    public static func list(_ contests: [Contest]) -> String {
        contests.map { contest in
            "\(contest.name)\n    \(contest.measures)\n"
                + "    \(contest.subjects.joined(separator: ", "))\n"
                + "    per \(contest.peers.map(\.rawValue).joined(separator: ", "))\n"
        }.joined()
    }

    // MARK: JSON

    /// The whole report in one line of JSON.
    public var json: String {
        JSONText.object([
            ("version", .integer(1)),
            ("rounds", .integer(Int64(options.rounds))),
            ("seed", .text(String(options.seed))),
            ("size", .text(options.size.rawValue)),
            ("machine", machine.json),
            ("contests", .array(results.map(\.json))),
        ]).line
    }
}

extension ContestResult {
    /// The row of the table, with the figures of every round.
    var json: JSONText {
        .object([
            ("contest", .text(contest)),
            ("program", .text(program)),
            ("result", result.json),
        ])
    }
}
