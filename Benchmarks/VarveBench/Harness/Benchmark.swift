internal import VarveTerms

/// One comparison: what Varve does, and the reference that its figure is divided by.
public struct Benchmark: Sendable {
    /// A dotted name, by which it is chosen: `append.page-cache`.
    public let name: String
    /// The goal that it shows; nil for what only explains others.
    public let goal: String?
    /// What is measured, in one line.
    public let measures: String
    /// What it is divided by, in one line.
    public let reference: String
    public let unit: Unit
    let make: @Sendable (Workbench) throws -> Pair

    init(
        _ name: String, goal: String? = nil, _ measures: String, per reference: String,
        _ unit: Unit, _ make: @escaping @Sendable (Workbench) throws -> Pair
    ) {
        self.name = name
        self.goal = goal
        self.measures = measures
        self.reference = reference
        self.unit = unit
        self.make = make
    }
}

/// What a figure counts.
public enum Unit: String, Hashable, Sendable {
    /// Bytes in a second: more is better.
    case bytesPerSecond = "B/s"
    /// Operations in a second: more is better.
    case operationsPerSecond = "1/s"
    /// Seconds for the whole: less is better.
    case seconds = "s"
    /// The median of the latencies, in seconds: less is better.
    case medianLatency = "s (median)"
    /// Processor time divided by time: less is better.
    case processorShare = "processors"
    /// Bytes of memory: less is better.
    case bytes = "B"

    func figure(of round: Round) -> Double {
        let seconds = Double(max(round.elapsed, 1)) / 1e9
        return switch self {
        case .bytesPerSecond, .operationsPerSecond: round.work / seconds
        case .seconds: seconds
        case .bytes: round.work
        case .processorShare: max(Double(round.processorTime), 1) / 1e9 / seconds
        case .medianLatency: Double(max(round.latencies.percentile(0.5), 1)) / 1e9
        }
    }
}

/// One side of a comparison: prepares, measures through `Round.time`, and cleans up.
typealias Side = (inout Round) throws -> Void

/// A benchmark that is ready to run.
struct Pair {
    let subject: Side
    let reference: Side
    /// Fresh pages that one side takes from the system; as many are made warm just before.
    var freshPages = ByteCount.zero
    /// What belongs to the figure besides its unit, such as a ratio of compression.
    var note: String?
}

/// One run of one side.
struct Round {
    /// From 0; −1 is the warm-up.
    let number: Int
    /// A new and empty directory, which is removed afterwards.
    let folder: String
    private(set) var work = 0.0
    /// Nanoseconds of the clock, and of processor time in all threads.
    private(set) var elapsed: Int64 = 0
    private(set) var processorTime: Int64 = 0
    private(set) var digest: UInt64 = 0
    /// The latencies that the side noted.
    private(set) var latencies = LatencyHistogram()

    init(number: Int, folder: String) {
        self.number = number
        self.folder = folder
    }

    /// Measures `body`. What comes before and after it in a side is not measured.
    /// - Parameters:
    ///   - work: what `body` does, in the benchmark's unit.
    ///   - body: notes latencies if it has any, and answers a digest of its results.
    mutating func time(
        work: Int, _ body: (inout LatencyHistogram) throws -> UInt64
    ) rethrows {
        let processorStart = Stopwatch.processorTime()
        let start = Stopwatch.now()
        let digest = try body(&latencies)
        elapsed += Stopwatch.now() - start
        processorTime += Stopwatch.processorTime() - processorStart
        self.work += Double(work)
        self.digest = Digest.of(self.digest, digest)
    }

    /// Notes what was measured otherwise: one unit of work, in so many nanoseconds.
    mutating func note(elapsed: Int64) {
        self.elapsed += elapsed
        work += 1
    }

    /// Notes what another program measured of itself.
    /// - Parameter work: in the benchmark's unit.
    mutating func note(
        work: Int, elapsed: Int64, processorTime: Int64, digest: UInt64,
        latencies: LatencyHistogram
    ) {
        self.work += Double(work)
        self.elapsed += elapsed
        self.processorTime += processorTime
        self.digest = Digest.of(self.digest, digest)
        self.latencies.add(latencies)
    }
}

/// Sums that prove work was done: equal work gives equal digests.
enum Digest {
    static func of(_ before: UInt64, _ value: UInt64) -> UInt64 {
        ((before ^ value) &* 0x9E37_79B9_7F4A_7C15) ^ (before >> 29)
    }
}
