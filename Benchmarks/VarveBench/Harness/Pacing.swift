internal import CBench

/// Operations at a fixed rate, whether or not the one before is done in time: the open loop.
///
/// A latency counts from the moment at which its operation was due. An operation that starts late
/// because the one before took long was kept waiting, as a user would have been; a clock that
/// starts with the operation itself would leave that out.
struct Pacing {
    /// Nanoseconds from one operation to the next.
    let interval: Int64
    private var due: Int64

    init(operationsPerSecond: Int) {
        precondition(operationsPerSecond > 0, "\(operationsPerSecond) operations per second")
        interval = 1_000_000_000 / Int64(operationsPerSecond)
        due = Stopwatch.now()
    }

    /// Waits until the next operation is due; at once when it is late already.
    /// - Returns: when it was due.
    mutating func next() -> Int64 {
        due += interval
        bench_wait_until(due)
        return due
    }
}
