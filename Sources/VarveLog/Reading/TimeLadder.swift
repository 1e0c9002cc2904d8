internal import VarveTerms

/// The largest time up to each of a log's sealed segments, so that those whose records are all too
/// old are passed over together. Records' times need not grow with their offsets; these do.
///
/// *Invariant*: `steps` never fall, and each is at least as large as any time in its segment and in
/// those before it, from slot `first` on.
struct TimeLadder: Sendable {
    /// The first segment that is on the ladder.
    private(set) var first: Int?
    private(set) var steps: [Timestamp] = []

    /// Goes on over segments whose largest time became known.
    ///
    /// Only whole ones count: sealed, flushed, and with no record before the log's start when the
    /// ladder was begun. A start that moves on later makes a time too large, never too small.
    mutating func extend(over segments: [Segment], start: Offset) {
        let begin =
            first ?? lastSlot(in: segments.count) { segments[$0].baseOffset < start }
            .map { $0 + 1 } ?? 0
        first = begin
        // The last one is appended to.
        while begin + steps.count < segments.count - 1,
            let time = segments[begin + steps.count].settledTime
        {
            steps.append(max(steps.last ?? .none, time))
        }
    }

    /// The slot of the first segment that may have a record as new as `time`, or of the first one
    /// that is not on the ladder, and not before it.
    func slot(notBefore time: Timestamp) -> Int {
        let passed = lastSlot(in: steps.count) { steps[$0] < time }.map { $0 + 1 } ?? 0
        return passed == 0 ? 0 : (first ?? 0) + passed
    }
}

extension Segment {
    /// The largest time of a segment that takes no more batches; nil where it is not known, or not
    /// all of it is flushed.
    fileprivate var settledTime: Timestamp? {
        guard flushedSize == writtenSize else { return nil }
        return largestTimestamp
    }
}
