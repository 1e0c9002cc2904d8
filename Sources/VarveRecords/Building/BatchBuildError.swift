/// Why a batch cannot take a record or cannot be finished. The builder is as it was before.
public enum BatchBuildError: Error, Hashable, Sendable {
    /// A key, value, header, record or batch would pass 2^31 − 1 bytes.
    case sizeOverflow(size: Int)
    /// The offset delta is negative or does not exceed the one before it.
    case offsetDelta(Int32, after: Int32)
    /// The offset of the record would pass the largest offset, or its delta the largest delta.
    case offsetOverflow
    /// The record's time is more than 2^63 − 1 ms from the batch's base timestamp.
    case timestampOverflow(base: Int64, timestamp: Int64)
    /// A batch of no record is not built from records; see `EmptyBatch`.
    case empty
    case compression(CompressionError)
}

extension BatchBuildError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .sizeOverflow(let size):
            "A size of \(size) bytes does not fit the format's 32 bits."
        case .offsetDelta(let delta, let previous):
            "The offset delta \(delta) does not exceed \(previous), the one before it."
        case .offsetOverflow:
            "The record's offset does not fit the format."
        case .timestampOverflow(let base, let timestamp):
            "The time \(timestamp) is too far from \(base), the first of the batch."
        case .empty:
            "The batch has no record."
        case .compression(let error):
            "The records cannot be compressed: \(error)."
        }
    }
}

/// What became of a record that was handed to a builder.
public enum BatchAppendOutcome: Hashable, Sendable {
    /// The batch holds it, at this offset delta.
    case appended(offsetDelta: Int32)
    /// The batch has records, and this one would pass its `sizeMax`. It was not taken.
    case full
}
