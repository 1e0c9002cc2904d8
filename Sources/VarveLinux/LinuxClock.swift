internal import Glibc
public import VarveSystem
public import VarveTerms

/// The clocks of the kernel.
public final class LinuxClock: Clock {
    public init() {}

    /// CLOCK_MONOTONIC: nanoseconds since some moment before the machine came up. It stands still
    /// while the machine sleeps.
    public func now() -> Instant {
        let time = read(CLOCK_MONOTONIC)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// CLOCK_REALTIME, in milliseconds rounded down.
    public func wallClock() -> Timestamp {
        let time = read(CLOCK_REALTIME)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    private func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        let outcome = unsafe clock_gettime(clock, &time)
        precondition(outcome == 0, "Linux has clock \(clock)")
        return time
    }
}
