/// What one benchmark came to.
public struct BenchResult: Sendable {
    public var benchmark: Benchmark
    public var subject: SideResult
    public var reference: SideResult
    /// Subject divided by reference, round by round.
    public var ratio: Spread
    /// The processor time of the subject for one unit of work, divided by the reference's: steadier
    /// than `ratio` where others keep the processors busy.
    public var processorRatio: Double {
        let reference = reference.processorTimePerWork
        return reference > 0 ? subject.processorTimePerWork / reference : 0
    }
    /// The share of all processors that other processes took meanwhile, from 0 to 1.
    public var foreignLoad: Double
    public var note: String?
}

/// What one side of a benchmark came to.
public struct SideResult: Sendable {
    /// The figure of each round, in the benchmark's unit.
    public var figures: [Double]
    public var spread: Spread
    /// Nanoseconds of processor time for one unit of work; over all rounds.
    public var processorTimePerWork: Double
    /// The same of each round.
    public var processorTimes: [Double]
    /// Over all rounds; nil for a side that notes none.
    public var latency: LatencySummary?
    /// Of each round; empty for a side that notes none.
    public var latencies: [LatencySummary]
    /// Equal in each round.
    public var digest: UInt64

    /// - Precondition: there is at least one round.
    init(_ rounds: [Round], unit: Unit) {
        figures = rounds.map { unit.figure(of: $0) }
        spread = Spread(figures)
        let work = rounds.reduce(0) { $0 + $1.work }
        let processorTime = rounds.reduce(0) { $0 + Double($1.processorTime) }
        processorTimePerWork = work > 0 ? processorTime / work : 0
        processorTimes = rounds.map { Double($0.processorTime) / max($0.work, 1) }
        var sum = LatencyHistogram()
        for round in rounds { sum.add(round.latencies) }
        latency = LatencySummary(sum)
        latencies = rounds.compactMap { LatencySummary($0.latencies) }
        digest = rounds[0].digest
    }
}
