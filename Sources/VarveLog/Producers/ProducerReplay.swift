internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Takes the batches of a log, from some offset on, into what is known of its producers.
///
/// A batch with a producer id is believed only if its checksum holds: what is damaged is passed
/// over. Batches without one are passed by their headers.
struct ProducerReplay {
    private(set) var states: ProducerStates
    /// The offset up to which batches were taken.
    private(set) var endOffset: Offset
    /// The transactions that were aborted, by the base offset of the segment with their marker.
    private(set) var aborted: [Offset: [AbortedTransaction]] = [:]
    /// Which transactions are undecided, for views that end at the flushed end or above.
    private(set) var stability = TransactionStability()
    /// The last batch that was passed.
    private(set) var lastHeader: BatchHeader?
    /// Bytes of batches that were passed.
    private(set) var size = 0

    private var flushed: Offset

    /// - Parameters:
    ///   - states: the producers as of `offset`.
    ///   - flushed: no view of the log ends below.
    init(_ states: ProducerStates, from offset: Offset, flushed: Offset = Offset(.max)) {
        self.states = states
        self.flushed = flushed
        endOffset = offset
        stability = TransactionStability(firstOpen: states.firstOpenOffset)
    }

    /// The flushed end moved on.
    mutating func didFlush(through end: Offset) {
        flushed = end
        stability.didFlush(through: end)
    }

    /// Takes what `segments` hold from `endOffset` on, up to `end`.
    /// - Parameter segments: in order, without one missing between the first that is read and the
    ///   last.
    mutating func run(
        over segments: some Collection<Segment>, to end: Offset, through visibility: Visibility
    ) throws(LogError) {
        let segments = Array(segments)
        let first = lastSlot(in: segments.count) { segments[$0].baseOffset <= endOffset } ?? 0
        for segment in segments[first...] where segment.baseOffset < end {
            try take(segment, to: end, visibility)
        }
        endOffset = max(endOffset, end)
    }

    private mutating func take(
        _ segment: Segment, to end: Offset, _ visibility: Visibility
    ) throws(LogError) {
        var walk = try BatchWalk(segment, at: 0, through: visibility)
        var position = try start(in: segment, &walk)
        var expected = max(endOffset, segment.baseOffset)
        while true {
            do {
                guard let header = try walk.header(at: position), header.baseOffset < end.rawValue
                else { return }
                // Batches before the start are in `states` already.
                if header.baseOffset >= expected.rawValue {
                    try take(header, at: position, of: segment, &walk)
                    lastHeader = header
                    let last = Offset(header.lastOffset ?? header.baseOffset)
                    expected = last.advanced(by: 1)
                    size += header.sizeInBytes
                }
                position += header.sizeInBytes
            } catch {
                if case .log(let error) = error { throw error }
                var search = try DamageSearch(segment, through: visibility)
                let next = try search.nextBatch(after: position, expected: expected)
                guard next.offset != nil else { return }
                position = next.position
            }
        }
    }

    private mutating func take(
        _ header: BatchHeader, at position: Int, of segment: Segment, _ walk: inout BatchWalk
    ) throws(WalkFailure) {
        guard header.producerId >= 0 else { return }
        try walk.verify(at: position, size: header.sizeInBytes)
        let batch = walk.window.span(position..<position + header.sizeInBytes)
        guard let done = states.take(header, batch) else {
            return stability.didBegin(firstOpen: states.firstOpenOffset)
        }
        stability.didEnd(done, nextOpen: states.firstOpenOffset)
        stability.didFlush(through: flushed)
        if let aborted = done.aborted {
            self.aborted[segment.baseOffset, default: []].append(aborted)
        }
    }

    /// Where to begin: at the batch that the index names for `endOffset`, if there is one.
    private func start(in segment: Segment, _ walk: inout BatchWalk) throws(LogError) -> Int {
        guard segment.baseOffset < endOffset else { return 0 }
        let position = try segment.indexedPosition(of: endOffset)
        guard let header = try? walk.header(at: position),
            header.baseOffset <= endOffset.rawValue,
            (try? walk.verify(at: position, size: header.sizeInBytes)) != nil
        else { return 0 }
        return position
    }
}
