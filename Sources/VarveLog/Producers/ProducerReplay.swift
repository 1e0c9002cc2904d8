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
    /// Bytes of batches that were passed.
    private(set) var size = 0

    /// - Parameter states: the producers as of `offset`.
    init(_ states: ProducerStates, from offset: Offset) {
        self.states = states
        endOffset = offset
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
        guard let done = states.take(header, batch)?.aborted else { return }
        aborted[segment.baseOffset, default: []].append(done)
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
