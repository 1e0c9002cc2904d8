public import VarveTerms

/// The answer to a read.
public enum ReadOutcome: Sendable {
    /// Batches from the one that holds the asked offset on.
    case batches(PinnedBatches)
    /// The offset is the log's end: there is nothing yet.
    case atEnd
    /// The offset lies before the log's start or after its end.
    case outOfRange(valid: Range<Offset>)
}

/// A record found by its time.
public struct TimestampedOffset: Hashable, Sendable {
    public var offset: Offset
    public var timestamp: Timestamp

    public init(offset: Offset, timestamp: Timestamp) {
        self.offset = offset
        self.timestamp = timestamp
    }
}
