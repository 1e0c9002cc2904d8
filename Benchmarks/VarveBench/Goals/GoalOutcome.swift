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
    /// The program on record that the figure was divided by; nil where the rival was measured in
    /// this run.
    public let recordedOf: String?
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
    /// Figures of other programs in this run, by their names; one for each round.
    public var programs: [String: [Double]] = [:]

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
        let result = try result(goal.benchmark)
        let numbers = try numbers(of: result.subject, goal)
        var rival: [Double]?
        var recordedOf: String?
        var foreignLoad = result.foreignLoad
        switch goal.rival {
        case .reference: rival = try self.numbers(of: result.reference, goal)
        case .other(let name):
            let other = try self.result(name)
            rival = try self.numbers(of: other.subject, goal)
            foreignLoad = max(foreignLoad, other.foreignLoad)
        case .program(let recorded):
            if let measured = programs[recorded.name], !measured.isEmpty {
                rival = measured
            } else {
                rival = [recorded.figure]
                recordedOf = recorded.program
            }
        case .nothing: break
        }
        let figure = Spread(numbers)
        return GoalFigures(
            unit: goal.aspect.unit(in: result.benchmark.unit), figure: figure,
            rival: rival.map { Spread($0) }, recordedOf: recordedOf,
            judged: rival.map { Self.ratio(numbers, per: $0) } ?? figure,
            foreignLoad: foreignLoad)
    }

    private func result(_ name: String) throws(Missing) -> BenchResult {
        if let result = results[name] { return result }
        if let failure = failures[name] { throw Missing(reason: failure) }
        guard Catalogue.benchmarks.contains(where: { $0.name == name }) else {
            throw Missing(reason: "there is no benchmark '\(name)' yet")
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
