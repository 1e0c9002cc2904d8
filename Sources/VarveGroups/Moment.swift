public import VarveTerms

/// Now, on both clocks: timers run on the one that never jumps, records carry the other.
public struct Moment: Hashable, Sendable {
    /// For sessions and rebalances.
    public var instant: Instant
    /// For records, and for the retention of offsets.
    public var timestamp: Timestamp

    public init(instant: Instant, timestamp: Timestamp) {
        (self.instant, self.timestamp) = (instant, timestamp)
    }
}
