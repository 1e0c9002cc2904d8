internal import CBench

/// The clocks of a measurement, in nanoseconds.
enum Stopwatch {
    static func now() -> Int64 { bench_now() }

    /// What all threads of this process took.
    static func processorTime() -> Int64 { bench_cpu_time() }
}
