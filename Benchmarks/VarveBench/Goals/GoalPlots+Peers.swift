extension GoalPlots {
    private static let own = "#2b6cb0"
    private static let others = "#dd6b20"
    private static let ink = "#1a202c"

    /// For each contest a bar for every side: Varve's in blue, other stores' in orange. Within a
    /// contest the largest takes the whole room; each has a line from its smallest to its largest
    /// round. Nil when no contest ran.
    var contestBars: String? {
        let contests = ContestTable.contests.compactMap { contest -> (Contest, [Bar])? in
            let results = contested.filter { $0.contest == contest.name }
            return results.isEmpty ? nil : (contest, Self.sides(of: results))
        }
        guard !contests.isEmpty else { return nil }
        let (left, room, step) = (250.0, 420.0, 16.0)
        let rows = contests.reduce(0) { $0 + $1.1.count }
        var plot = Plot(width: 800, height: rows * Int(step) + contests.count * 34 + 40)
        plot.words("Varve (blue) and other stores (orange), medians; lines: all rounds", 10, 20)
        var y = 34.0
        for (contest, bars) in contests {
            let unit = bars[0].unit
            let isLess = unit == .seconds || unit == .medianLatency
            let better = isLess ? "less is better" : "more is better"
            plot.words("\(contest.name): \(contest.measures) (\(better))", 10, y + 14)
            y += 22
            let most = bars.map(\.spread.max).max() ?? 1
            for bar in bars {
                let scale = room / max(most, .leastNormalMagnitude)
                plot.words(bar.name, left - 8, y + 10, .end)
                plot.box(
                    left, y, max(bar.spread.median * scale, 0.5), 12,
                    bar.isOwn ? Self.own : Self.others)
                let ends = [bar.spread.min, bar.spread.max]
                plot.line(ends.map { (x: left + $0 * scale, y: y + 6) }, Self.ink)
                plot.words(FigureText.text(bar.spread.median, unit), left + room + 20, y + 10)
                y += step
            }
            y += 12
        }
        return plot.document
    }

    private struct Bar {
        let name: String
        let spread: Spread
        let unit: Unit
        let isOwn: Bool
    }

    /// Each subject once, then each other store once.
    private static func sides(of results: [ContestResult]) -> [Bar] {
        var bars: [Bar] = []
        for result in results {
            let benchmark = result.result.benchmark
            guard !bars.contains(where: { $0.name == benchmark.name }) else { continue }
            bars.append(
                Bar(
                    name: benchmark.name, spread: result.result.subject.spread,
                    unit: benchmark.unit, isOwn: true))
        }
        for result in results where !bars.contains(where: { $0.name == result.program }) {
            bars.append(
                Bar(
                    name: result.program, spread: result.result.reference.spread,
                    unit: result.result.benchmark.unit, isOwn: false))
        }
        return bars
    }
}
