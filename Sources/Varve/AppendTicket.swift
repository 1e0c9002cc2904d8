public import VarveLog
public import VarveTerms

/// What a submitted append will be known by: the offsets that its records get if it succeeds.
public struct AppendTicket: Hashable, Sendable {
    /// The offsets of the records. Nothing is promised before the ticket's outcome is known.
    public let offsets: Range<Offset>
    /// Whether all of it was submitted before: nothing is appended, the offsets are those that it
    /// got first, and the outcome is that of the first submission.
    public let isDuplicate: Bool
    /// Counts the times that submissions had to be given up together.
    let generation: Int
    /// The group of submissions whose commit decides it; see `Gathering`.
    let group: Int
}

/// What became of a submitted append.
public enum AppendOutcome: Hashable, Sendable {
    /// Not decided yet.
    case pending
    /// The records survive what the log's flush policy promises.
    case acknowledged
    /// Nothing of it was acknowledged. Unless the error is `.poisoned` it may be submitted again.
    case failed(LogError)
}

/// The answer to a submission.
public enum SubmitOutcome: Hashable, Sendable {
    case accepted(AppendTicket)
    /// As many bytes wait for the disk as may; submit again when some are through.
    case full
}
