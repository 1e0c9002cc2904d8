/// The table of goals, for people and as JSON.
public struct GoalReport: Sendable {
    public var options: BenchOptions
    public var machine: MachineFacts
    public var outcomes: [GoalOutcome]
    /// What contests with other stores came to; nil where none ran.
    public var contests: ContestReport?

    public init(
        options: BenchOptions, machine: MachineFacts, outcomes: [GoalOutcome],
        contests: ContestReport? = nil
    ) {
        (self.options, self.machine) = (options, machine)
        (self.outcomes, self.contests) = (outcomes, contests)
    }

    /// How many goals were met, missed, and not measured.
    public var sums: (met: Int, missed: Int, notMeasured: Int) {
        let words = outcomes.map(\.word)
        return (
            words.count { $0 == "met" }, words.count { $0 == "missed" },
            words.count { $0 == "not measured" }
        )
    }

    // MARK: The table

    /// The table: a row for each demand, and a last line with the sums.
    public var table: String {
        let head = [
            "goal", "what", "figure (min-max)", "per (min-max)", "ratio (min-max)", "wanted",
            "others", "",
        ]
        let rows = [head] + outcomes.map(Self.row)
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let text = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }.joined(separator: "  ")
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
        let sums = sums
        return lines.joined(separator: "\n")
            + "\n\(sums.met) met, \(sums.missed) missed, \(sums.notMeasured) not measured\n"
    }

    private static func row(_ outcome: GoalOutcome) -> [String] {
        let goal = outcome.goal
        guard let figures = outcome.figures else {
            var reason = ""
            if case .notMeasured(let why) = outcome.verdict { reason = why }
            return [
                goal.number, goal.name, "-", "-", "-", wanted(goal), "-",
                "not measured: \(reason)",
            ]
        }
        let (unit, rival) = (figures.unit, figures.rival)
        let per = figures.program.map { "\($0)\(figures.isRecorded ? " on record" : ""): " } ?? ""
        return [
            goal.number, goal.name, text(figures.figure) { FigureText.text($0, unit) },
            rival.map { rival in per + text(rival) { FigureText.text($0, unit) } } ?? "-",
            rival == nil ? "-" : text(figures.judged) { FigureText.ratio($0) },
            wanted(goal), FigureText.percent(figures.foreignLoad), outcome.word,
        ]
    }

    private static func wanted(_ goal: Goal) -> String {
        if case .nothing = goal.rival {
            let benchmark = Catalogue.benchmarks.first { $0.name == goal.benchmark }
            let unit = goal.aspect.unit(in: benchmark?.unit ?? .seconds)
            return "\(goal.bound.sign) \(FigureText.text(goal.bound.number, unit))"
        }
        return "\(goal.bound.sign) \(FigureText.ratio(goal.bound.number))"
    }

    private static func text(_ spread: Spread, _ show: (Double) -> String) -> String {
        guard spread.min < spread.max else { return show(spread.median) }
        return "\(show(spread.median)) (\(show(spread.min)) - \(show(spread.max)))"
    }

    // MARK: JSON

    /// The whole report in one line of JSON, with one object for each demand.
    public var json: String {
        JSONText.object([
            ("version", .integer(1)),
            ("rounds", .integer(Int64(options.rounds))),
            ("seed", .text(String(options.seed))),
            ("size", .text(options.size.rawValue)),
            ("machine", machine.json),
            ("goals", .array(outcomes.map(\.json))),
            ("contests", contests.map { .array($0.results.map(\.json)) } ?? .null),
        ]).line
    }
}

extension GoalOutcome {
    fileprivate var json: JSONText {
        var reason: JSONText = .null
        if case .notMeasured(let why) = verdict { reason = .text(why) }
        let figures = figures
        return .object([
            ("goal", .text(goal.number)),
            ("name", .text(goal.name)),
            ("benchmark", .text(goal.benchmark)),
            ("aspect", .text("\(goal.aspect)")),
            ("unit", .optional(figures?.unit.rawValue)),
            ("figure", figures?.figure.json ?? .null),
            ("per", .optional(goal.rival.text)),
            ("reference", figures?.rival?.json ?? .null),
            ("program", .optional(figures?.program)),
            ("recorded", .truth(figures?.isRecorded == true)),
            ("ratio", figures?.rival == nil ? .null : figures?.judged.json ?? .null),
            ("wanted", .object([(goal.bound.key, .number(goal.bound.number))])),
            ("outcome", .text(word)),
            ("reason", reason),
            ("foreignLoad", figures.map { .number($0.foreignLoad) } ?? .null),
        ])
    }
}

extension Rival {
    fileprivate var text: String? {
        switch self {
        case .reference: "reference"
        case .other(let name): name
        case .program(let recorded): recorded.program
        case .nothing: nil
        }
    }
}

extension Bound {
    fileprivate var key: String {
        switch self {
        case .atLeast: "atLeast"
        case .atMost: "atMost"
        }
    }
}
