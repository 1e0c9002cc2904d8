/// The plots that belong to a table of goals.
public struct GoalPlots: Sendable {
    private let results: [String: BenchResult]
    let contested: [ContestResult]

    private static let subject = "#2b6cb0"
    private static let reference = "#a0aec0"
    private static let ink = "#1a202c"
    private static let grid = "#e2e8f0"

    public init(_ evidence: GoalEvidence) {
        (results, contested) = (evidence.results, evidence.contests)
    }

    /// The drawings, each with the name of its file. One whose benchmarks did not run is left out.
    public var files: [(name: String, text: String)] {
        [
            ("throughput.svg", bars(of: .bytesPerSecond, "bytes per second")),
            ("operations.svg", bars(of: .operationsPerSecond, "operations per second")),
            ("latency-over-load.svg", latencyOverLoad),
            ("peers.svg", contestBars),
        ].compactMap { name, text in text.map { (name, $0) } }
    }

    // MARK: Bars

    /// A bar for the subject and one for the reference of each benchmark that counts in `unit`,
    /// each with a line from the smallest to the largest round.
    private func bars(of unit: Unit, _ title: String) -> String? {
        let shown = Catalogue.benchmarks.compactMap { results[$0.name] }
            .filter { $0.benchmark.unit == unit }
        let most = shown.flatMap { [$0.subject.spread.max, $0.reference.spread.max] }.max() ?? 0
        guard most > 0 else { return nil }
        let (left, room, step) = (260.0, 420.0, 34.0)
        var plot = Plot(width: 800, height: Int(step) * shown.count + 50)
        plot.words("Median \(title) (blue), per reference (grey); lines: all rounds", 10, 20)
        for (place, result) in shown.enumerated() {
            let top = 40 + Double(place) * step
            plot.words(result.benchmark.name, left - 8, top + 15, .end)
            let sides =
                [(result.subject.spread, Self.subject)]
                + [(result.reference.spread, Self.reference)]
            for (row, (spread, colour)) in sides.enumerated() {
                let y = top + Double(row) * 13
                let scale = room / most
                plot.box(left, y, spread.median * scale, 11, colour)
                let ends = [spread.min, spread.max].map { (x: left + $0 * scale, y: y + 5.5) }
                plot.line(ends, Self.ink)
                plot.words(FigureText.text(spread.median, unit), left + room + 20, y + 10)
            }
        }
        return plot.document
    }

    // MARK: Latency

    /// The benchmarks that make the curve of latencies, with the requests a second of each.
    static let loads = Catalogue.offeredLoads.map { (name: "broker.load.\($0)", rate: $0) }

    /// The median and the 99th percentile of acknowledgements over the rate of requests, counted
    /// from when each was due. Both axes are logarithmic.
    private var latencyOverLoad: String? {
        let loads = Self.loads.compactMap { name, rate in
            results[name].map { (rate: Double(rate), result: $0) }
        }
        guard loads.count > 1 else { return nil }
        var curves: [(name: String, colour: String, points: [(x: Double, y: Double)])] = []
        for (name, colour, side) in [
            ("Varve", Self.subject, \BenchResult.subject),
            ("reference", Self.reference, \BenchResult.reference),
        ] {
            for (share, percentile) in [
                ("p50", \LatencySummary.p50), ("p99", \LatencySummary.p99),
            ] {
                let points = loads.compactMap { load in
                    load.result[keyPath: side].latency.map { latency in
                        (x: load.rate, y: Double(max(latency[keyPath: percentile], 1)))
                    }
                }
                curves.append(("\(name) \(share)", colour, points))
            }
        }
        var axes = Axes(curves.flatMap(\.points))
        axes.drawGrid(Self.grid)
        for curve in curves {
            let points = curve.points.map { (x: axes.x($0.x), y: axes.y($0.y)) }
            axes.plot.line(points, curve.colour, width: curve.name.hasSuffix("p99") ? 1 : 3)
            guard let last = points.last else { continue }
            axes.plot.words(curve.name, last.x + 6, last.y + 4)
        }
        axes.plot.words(
            "Acknowledgement of a durable record over requests a second, from when it was due",
            10, 20)
        return axes.plot.document
    }
}

/// Two logarithmic axes: requests a second, and nanoseconds.
private struct Axes {
    var plot = Plot(width: 800, height: 440)
    private let left = 80.0
    private let right = 680.0
    private let top = 40.0
    private let bottom = 400.0
    private let rates: ClosedRange<Double>
    private let decades: ClosedRange<Int>

    /// - Precondition: there are points, all above zero.
    init(_ points: [(x: Double, y: Double)]) {
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        precondition(!xs.isEmpty, "no points")
        rates = (xs.min() ?? 1)...max(xs.max() ?? 1, (xs.min() ?? 1) * 2)
        decades = Self.decade(below: ys.min() ?? 1)...(Self.decade(below: ys.max() ?? 1) + 1)
    }

    /// How often ten goes into the number.
    private static func decade(below number: Double) -> Int {
        var (decade, power) = (0, 10.0)
        while power <= number { (decade, power) = (decade + 1, power * 10) }
        return decade
    }

    /// The logarithm to base two, straight between powers.
    private static func logarithm(_ number: Double) -> Double {
        Double(number.exponent) + number.significand - 1
    }

    private static func power(_ decade: Int) -> Double {
        (0..<decade).reduce(1) { product, _ in product * 10 }
    }

    private static func share(_ number: Double, from low: Double, to high: Double) -> Double {
        let (low, high) = (logarithm(low), logarithm(high))
        return (logarithm(number) - low) / (high - low)
    }

    func x(_ rate: Double) -> Double {
        left + Self.share(rate, from: rates.lowerBound, to: rates.upperBound) * (right - left)
    }

    func y(_ nanoseconds: Double) -> Double {
        let (low, high) = (Self.power(decades.lowerBound), Self.power(decades.upperBound))
        return bottom - Self.share(nanoseconds, from: low, to: high) * (bottom - top)
    }

    mutating func drawGrid(_ colour: String) {
        for decade in decades {
            let height = y(Self.power(decade))
            plot.line([(left, height), (right, height)], colour)
            plot.words(FigureText.duration(Self.power(decade)), left - 8, height + 4, .end)
        }
        var rate = rates.lowerBound
        while rate <= rates.upperBound {
            plot.line([(x(rate), top), (x(rate), bottom)], colour)
            plot.words(FigureText.text(rate, .operationsPerSecond), x(rate), bottom + 20, .middle)
            rate *= 2
        }
    }
}
