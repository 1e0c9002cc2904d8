/// What one kind of work costs as something around it grows: curves over one axis.
public struct ScaleFamily: Sendable {
    /// A dotted name, by which it is chosen: `scale.logs`.
    public let name: String
    /// What grows: `logs open in one directory`.
    public let axis: String
    /// What the numbers on the axis count.
    public let axisUnit: AxisUnit
    public let curves: [ScaleCurve]
    /// Sizes of a full run, growing.
    let sizes: [Int]
    /// The largest sizes of a quick run and of a smoke run.
    let quickMax: Int
    let smokeMax: Int
    /// Whether its files stay until the end of the run. Where many are deleted, some file systems
    /// make new ones slowly for minutes.
    var keepsFiles = true
    let measure: @Sendable (Workbench, Int, inout ScaleNotes) throws -> Void

    public enum AxisUnit: String, Hashable, Sendable { case count, bytes }

    /// The sizes of a run.
    func sizes(of size: BenchSize) -> [Int] {
        let largest =
            switch size {
            case .full: Int.max
            case .quick: quickMax
            case .smoke: smokeMax
            }
        return sizes.filter { $0 <= largest }
    }
}

/// One figure of a family.
public struct ScaleCurve: Hashable, Sendable {
    /// One word: `open`.
    public let name: String
    public let measures: String
    public let unit: ScaleUnit

    init(_ name: String, _ measures: String, _ unit: ScaleUnit) {
        (self.name, self.measures, self.unit) = (name, measures, unit)
    }
}

/// What a figure of a curve counts.
public enum ScaleUnit: String, Hashable, Sendable {
    /// Seconds for one piece of work: less is better.
    case seconds = "s"
    /// Bytes of memory for one piece: less is better.
    case bytes = "B"
    /// Pieces that are held in all: no size is better than another.
    case count
    /// Pieces in a second: more is better.
    case perSecond = "1/s"
    /// Bytes in a second: more is better.
    case bytesPerSecond = "B/s"

    /// Whether less is better; nil where that cannot be said.
    var isCost: Bool? {
        switch self {
        case .seconds, .bytes: true
        case .perSecond, .bytesPerSecond: false
        case .count: nil
        }
    }

    func text(_ figure: Double) -> String {
        switch self {
        case .seconds: FigureText.duration(figure * 1e9)
        case .perSecond: FigureText.text(figure, .operationsPerSecond)
        case .bytesPerSecond: FigureText.text(figure, .bytesPerSecond)
        case .bytes: FigureText.text(figure, .bytesPerSecond).replacing("/s", with: "")
        case .count: FigureText.text(figure, .operationsPerSecond).replacing("/s", with: "")
        }
    }
}

/// What was measured at one size.
struct ScaleNotes {
    private(set) var values: [String: ScaleValue] = [:]

    /// Notes how long one of `count` pieces of work took.
    mutating func time(
        _ curve: String, per count: Int, _ body: () throws -> Void
    ) rethrows {
        let processorStart = Stopwatch.processorTime()
        let start = Stopwatch.now()
        try body()
        let pieces = Double(max(count, 1)) * 1e9
        let time = Double(max(Stopwatch.now() - start, 1)) / pieces
        let processorTime = Double(Stopwatch.processorTime() - processorStart) / pieces
        values[curve] = ScaleValue(figure: time, processorTime: processorTime)
    }

    mutating func note(_ curve: String, _ figure: Double) {
        values[curve] = ScaleValue(figure: figure)
    }

    /// Has a curve show the processor time of one that was timed.
    mutating func copyProcessorTime(of curve: String, to copy: String) {
        guard let time = values[curve]?.processorTime else { return }
        values[copy] = ScaleValue(figure: time)
    }
}

/// One figure, and the processor time behind it.
public struct ScaleValue: Hashable, Sendable {
    /// In the unit of the curve.
    public var figure: Double
    /// Seconds of all threads for one piece, where that was measured: steadier than the clock where
    /// others keep the processors busy.
    public var processorTime: Double?
}
