public import VarveTerms

/// Holds a scrub to a rate, so that it does not take the disk from those who work with the log.
///
/// *Pure*: it is told the time, and says how long to wait.
public struct ScrubPace: Hashable, Sendable {
    /// Bytes for each second; nil for as many as there are.
    public let rate: ByteCount?
    /// When the next bytes may be read.
    private var next: Instant

    public init(_ rate: ByteCount?, now: Instant) {
        precondition(rate.map { $0 > .zero } ?? true, "a rate of nothing never ends")
        self.rate = rate
        next = now
    }

    /// Notes that bytes were read. Time that was not used is not saved up.
    public mutating func didRead(_ size: ByteCount, now: Instant) {
        guard let rate else { return }
        let (seconds, rest) = size.bytes.quotientAndRemainder(dividingBy: rate.bytes)
        let share = Double(rest) / Double(rate.bytes)
        let start = now.duration(since: next) > .zero ? now : next
        next = start.advanced(by: .seconds(seconds) + .nanoseconds(Int64(share * 1e9)))
    }

    /// How long to wait until more may be read.
    public func delay(now: Instant) -> Duration {
        max(.zero, next.duration(since: now))
    }
}
