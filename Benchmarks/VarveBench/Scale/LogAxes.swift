/// A plot with two logarithmic axes, each from one power of ten to another.
struct LogAxes {
    private(set) var plot: Plot
    private let left = 80.0
    private let right = 640.0
    private let top = 40.0
    private let bottom: Double
    private let xs: ClosedRange<Double>
    private let decades: ClosedRange<Int>

    /// - Precondition: there are points, all above zero.
    init(_ points: [(x: Double, y: Double)], height: Int) {
        let (first, last) = (points.map(\.x).min() ?? 1, points.map(\.x).max() ?? 1)
        xs = first...max(last, first * 2)
        let low = Self.logarithm(points.map(\.y).min() ?? 1).rounded(.down)
        let high = Self.logarithm(points.map(\.y).max() ?? 1).rounded(.up)
        decades = Int(low)...Int(max(high, low + 1))
        plot = Plot(width: 800, height: height)
        bottom = Double(height) - 60
    }

    /// The logarithm to base ten of a number above zero.
    static func logarithm(_ number: Double) -> Double {
        // ln m = 2 (t + t^3/3 + t^5/5 + …) with t = (m - 1)/(m + 1), at most 1/3 here.
        let ratio = (number.significand - 1) / (number.significand + 1)
        var (sum, power) = (0.0, ratio)
        for step in stride(from: 1.0, through: 21, by: 2) {
            sum += power / step
            power *= ratio * ratio
        }
        return (Double(number.exponent) * 0.693_147_180_559_945_3 + 2 * sum)
            / 2.302_585_092_994_045_7
    }

    static func power(_ decade: Int) -> Double {
        let whole = (0..<abs(decade)).reduce(1.0) { product, _ in product * 10 }
        return decade < 0 ? 1 / whole : whole
    }

    func x(_ number: Double) -> Double {
        let (low, high) = (Self.logarithm(xs.lowerBound), Self.logarithm(xs.upperBound))
        return left + (Self.logarithm(number) - low) / (high - low) * (right - left)
    }

    func y(_ number: Double) -> Double {
        let share =
            (Self.logarithm(number) - Double(decades.lowerBound)) / Double(decades.count - 1)
        return bottom - share * (bottom - top)
    }

    /// Draws a line at each power of ten and at each of `ticks`, and names them.
    mutating func drawGrid(
        _ colour: String, ticks: [(x: Double, text: String)], title: String, axis: String,
        text: (Double) -> String
    ) {
        for decade in decades {
            let height = y(Self.power(decade))
            plot.line([(left, height), (right, height)], colour)
            plot.words(text(Self.power(decade)), left - 8, height + 4, .end)
        }
        for tick in ticks {
            plot.line([(x(tick.x), top), (x(tick.x), bottom)], colour)
            plot.words(tick.text, x(tick.x), bottom + 18, .middle)
        }
        plot.words(title, 10, 20)
        plot.words(axis, (left + right) / 2, bottom + 40, .middle)
    }

    /// Draws a curve through points, from the smallest x on, with its name at `label`.
    mutating func draw(
        _ points: [(x: Double, y: Double)], _ colour: String, width: Int = 2
    ) {
        plot.line(points.map { (x: x($0.x), y: y($0.y)) }, colour, width: width)
        for point in points { plot.box(x(point.x) - 2, y(point.y) - 2, 4, 4, colour) }
    }

    /// Writes the names of curves right of the plot, each near the height of its end and none over
    /// another.
    mutating func name(_ curves: [(name: String, colour: String, end: Double)]) {
        let step = 15.0
        var next = -Double.infinity
        for curve in curves.sorted(by: { $0.end > $1.end }) {
            let height = max(y(curve.end), next)
            plot.box(right + 8, height - 4, 8, 8, curve.colour)
            plot.words(curve.name, right + 20, height + 4)
            next = height + step
        }
    }
}
