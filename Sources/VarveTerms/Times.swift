/// A moment on a clock that never jumps: nanoseconds since an arbitrary start. For waiting and
/// measuring; it means nothing in another process or after a restart.
@frozen
public struct Instant: Hashable, Comparable, Sendable {
    public let nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// How long it is from `start` to here; negative when `start` comes later.
    @inlinable
    public func duration(since start: Instant) -> Duration {
        .nanoseconds(nanoseconds - start.nanoseconds)
    }

    /// The moment `duration` later, held at the last moment there is rather than wrapping round.
    @inlinable
    public func advanced(by duration: Duration) -> Instant {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (span, spanOverflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        let (sum, sumOverflow) = nanoseconds.addingReportingOverflow(span)
        guard !overflow, !spanOverflow, !sumOverflow else {
            return Instant(nanoseconds: seconds < 0 ? .min : .max)
        }
        return Instant(nanoseconds: sum)
    }
}

/// A wall-clock time as records carry it: milliseconds since 1970-01-01T00:00:00Z. Records may
/// carry any 64-bit number; −1 means that there is none (`Timestamp.none`).
@frozen
public struct Timestamp: Hashable, Comparable, Sendable {
    public let milliseconds: Int64

    /// Kafka's "no timestamp".
    public static var none: Timestamp { Timestamp(milliseconds: -1) }

    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Milliseconds from `start` to here, held at the ends of the range rather than wrapping.
    @inlinable
    public func milliseconds(since start: Timestamp) -> Int64 {
        let (span, overflow) = milliseconds.subtractingReportingOverflow(start.milliseconds)
        return overflow ? (milliseconds < 0 ? .min : .max) : span
    }
}

extension Timestamp: CustomStringConvertible {
    public var description: String { String(milliseconds) }
}
