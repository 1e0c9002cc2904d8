/// What a goal came to in one run.
public struct GoalOutcome: Sendable {
    public let goal: Goal
    public let verdict: Verdict

    public enum Verdict: Sendable {
        case met(GoalFigures)
        case missed(GoalFigures)
        /// Why there is no figure.
        case notMeasured(String)
    }

    /// The figures, where there are any.
    public var figures: GoalFigures? {
        switch verdict {
        case .met(let figures), .missed(let figures): figures
        case .notMeasured: nil
        }
    }

    /// The word for it.
    public var word: String {
        switch verdict {
        case .met: "met"
        case .missed: "missed"
        case .notMeasured: "not measured"
        }
    }
}

/// What a goal is judged by.
public struct GoalFigures: Sendable {
    public let unit: Unit
    public let figure: Spread
    /// Nil where the figure itself is judged.
    public let rival: Spread?
    /// The other program that the figure was divided by; nil where the rival is none.
    public let program: String?
    /// Whether the program's figure is on record, and not of this run.
    public let isRecorded: Bool
    /// The figure divided by the rival's, round by round; the figure where there is no rival.
    public let judged: Spread
    /// The largest share of the processors that others took while a side of it ran.
    public let foreignLoad: Double
}

/// All that a run measured, for goals to be judged by.
public struct GoalEvidence: Sendable {
    /// By the name of the benchmark.
    public var results: [String: BenchResult] = [:]
    /// Why a benchmark has no result, by its name.
    public var failures: [String: String] = [:]
    /// What contests with other stores came to.
    public var contests: [ContestResult] = []

    public init() {}

    public func judge(_ goal: Goal) -> GoalOutcome {
        do throws(Missing) {
            let figures = try figures(of: goal)
            let isMet = goal.bound.admits(figures.judged.median)
            return GoalOutcome(goal: goal, verdict: isMet ? .met(figures) : .missed(figures))
        } catch {
            return GoalOutcome(goal: goal, verdict: .notMeasured(error.reason))
        }
    }

    private struct Missing: Error {
        let reason: String
    }

    private func figures(of goal: Goal) throws(Missing) -> GoalFigures {
        if case .program(let recorded) = goal.rival, let peer = recorded.peer,
            let contest = contests.first(where: {
                $0.peer == peer && $0.result.benchmark.name == goal.benchmark
            })
        {
            return try figures(of: goal, in: contest)
        }
        let result = try result(goal.benchmark)
        let numbers = try numbers(of: result.subject, goal)
        var rival: [Double]?
        var program: String?
        var foreignLoad = result.foreignLoad
        switch goal.rival {
        case .reference: rival = try self.numbers(of: result.reference, goal)
        case .other(let name):
            let other = try self.result(name)
            rival = try self.numbers(of: other.subject, goal)
            foreignLoad = max(foreignLoad, other.foreignLoad)
        case .program(let recorded): (rival, program) = ([recorded.figure], recorded.program)
        case .nothing: break
        }
        let figure = Spread(numbers)
        return GoalFigures(
            unit: goal.aspect.unit(in: result.benchmark.unit), figure: figure,
            rival: rival.map { Spread($0) }, program: program, isRecorded: program != nil,
            judged: rival.map { Self.ratio(numbers, per: $0) } ?? figure,
            foreignLoad: foreignLoad)
    }

    /// What both sides came to in the rounds that they took turns in.
    private func figures(
        of goal: Goal, in contest: ContestResult
    ) throws(Missing) -> GoalFigures {
        let result = contest.result
        let numbers = try numbers(of: result.subject, goal)
        let rival = try self.numbers(of: result.reference, goal)
        return GoalFigures(
            unit: goal.aspect.unit(in: result.benchmark.unit), figure: Spread(numbers),
            rival: Spread(rival), program: contest.program, isRecorded: false,
            judged: Self.ratio(numbers, per: rival), foreignLoad: result.foreignLoad)
    }

    private func result(_ name: String) throws(Missing) -> BenchResult {
        if let result = results[name] { return result }
        if let failure = failures[name] { throw Missing(reason: failure) }
        guard Catalogue.benchmarks.contains(where: { $0.name == name }) else {
            let reason = GoalTable.absent[name] ?? "there is no benchmark '\(name)' yet"
            throw Missing(reason: reason)
        }
        throw Missing(reason: "'\(name)' was not run")
    }

    private func numbers(of side: SideResult, _ goal: Goal) throws(Missing) -> [Double] {
        guard let numbers = goal.aspect.numbers(of: side), !numbers.isEmpty else {
            throw Missing(reason: "'\(goal.benchmark)' notes no latencies")
        }
        return numbers
    }

    /// Round by round where both have as many; else by the rival's median.
    private static func ratio(_ numbers: [Double], per rival: [Double]) -> Spread {
        if numbers.count == rival.count {
            return Spread(zip(numbers, rival).map { $0 / max($1, .leastNormalMagnitude) })
        }
        let divisor = max(Spread(rival).median, .leastNormalMagnitude)
        return Spread(numbers.map { $0 / divisor })
    }
}
