/// A demand on one figure, judged by what a run measured.
public struct Goal: Sendable {
    /// The goal that the demand belongs to: `P1` to `P20`, or `Kafka` for what users of Apache
    /// Kafka feel when they switch.
    public let number: String
    /// What is measured, in a few words.
    public let name: String
    /// The benchmark of the catalogue whose figure it is.
    public let benchmark: String
    /// What of the benchmark is looked at.
    let aspect: Aspect
    /// What the figure is divided by.
    let rival: Rival
    /// Where the ratio must lie, or the figure itself where there is nothing to divide it by.
    let bound: Bound

    init(
        _ number: String, _ name: String, _ benchmark: String, of aspect: Aspect = .figure,
        per rival: Rival = .reference, _ bound: Bound
    ) {
        (self.number, self.name, self.benchmark) = (number, name, benchmark)
        (self.aspect, self.rival, self.bound) = (aspect, rival, bound)
    }

    /// The benchmarks that must run before this can be judged.
    var benchmarks: [String] {
        guard case .other(let other) = rival else { return [benchmark] }
        return [benchmark, other]
    }
}

/// One number of one side of a benchmark.
enum Aspect: Hashable, Sendable {
    /// The benchmark's own figure.
    case figure
    /// Percentiles of its latencies, in seconds.
    case median, p99
    /// Seconds of processor time for one unit of work.
    case processorTime

    /// One number for each round; nil where the side has none.
    func numbers(of side: SideResult) -> [Double]? {
        switch self {
        case .figure: side.figures
        case .median: Self.seconds(of: side) { $0.p50 }
        case .p99: Self.seconds(of: side) { $0.p99 }
        case .processorTime: side.processorTimes.map { $0 / 1e9 }
        }
    }

    private static func seconds(
        of side: SideResult, _ percentile: (LatencySummary) -> Int64
    ) -> [Double]? {
        guard !side.latencies.isEmpty else { return nil }
        return side.latencies.map { Double(max(percentile($0), 1)) / 1e9 }
    }

    /// What the numbers count in a benchmark of `unit`.
    func unit(in unit: Unit) -> Unit { self == .figure ? unit : .seconds }
}

/// What a figure is divided by.
enum Rival: Sendable {
    /// The reference of the same benchmark, round by round.
    case reference
    /// The subject of another benchmark, round by round.
    case other(String)
    /// Another program: its figure of a contest in this run where there was one, and Varve's of the
    /// same rounds; else the one on record.
    case program(Recorded)
    /// Nothing: the figure itself is judged.
    case nothing
}

/// A figure of another program, taken on the machine that the goals were set on.
struct Recorded: Hashable, Sendable {
    /// The program with its version, as a report names it.
    let program: String
    /// Whose figure a run may bring, from a contest that the goal's benchmark takes part in; nil
    /// for a program that no harness drives.
    let peer: Peer?
    let figure: Double

    init(_ program: String, _ peer: Peer?, _ figure: Double) {
        (self.program, self.peer, self.figure) = (program, peer, figure)
    }
}

/// Where a number must lie.
enum Bound: Hashable, Sendable {
    case atLeast(Double)
    case atMost(Double)

    func admits(_ number: Double) -> Bool {
        switch self {
        case .atLeast(let least): number >= least
        case .atMost(let most): number <= most
        }
    }

    var number: Double {
        switch self {
        case .atLeast(let number), .atMost(let number): number
        }
    }

    var sign: String {
        switch self {
        case .atLeast: "≥"
        case .atMost: "≤"
        }
    }
}
