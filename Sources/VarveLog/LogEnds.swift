public import VarveTerms

/// Where a log starts and ends. The ends are exclusive: the offset after the last record that…
///
///     start ─────────── flushed ─────────── written
///                       …survives a         …was appended: the log end offset
///                          power cut
///
/// *Invariant*: start ≤ flushed ≤ written; each only grows, but for `didTruncate(to:)`.
public struct LogEnds: Hashable, Sendable {
    public private(set) var start: Offset
    public private(set) var flushed: Offset
    public private(set) var written: Offset

    public init(start: Offset, flushed: Offset, written: Offset) {
        precondition(start <= flushed, "start \(start), flushed \(flushed)")
        precondition(flushed <= written, "flushed \(flushed), written \(written)")
        self.start = start
        self.flushed = flushed
        self.written = written
    }

    mutating func didWrite(through end: Offset) {
        precondition(end >= written, "written \(written), then \(end)")
        written = end
    }

    mutating func didFlush(through end: Offset) {
        precondition(end >= flushed, "flushed \(flushed), then \(end)")
        precondition(end <= written, "flushed \(end), written only \(written)")
        flushed = end
    }

    /// Records before `start` are deleted.
    mutating func didDelete(before newStart: Offset) {
        precondition(newStart >= start, "start \(start), then \(newStart)")
        precondition(newStart <= flushed, "start \(newStart), flushed only \(flushed)")
        start = newStart
    }

    /// Records from `end` on are cut off, and the cut is durable.
    mutating func didTruncate(to end: Offset) {
        precondition(end <= written, "cut at \(end), written only \(written)")
        self = LogEnds(start: min(start, end), flushed: min(flushed, end), written: end)
    }
}
