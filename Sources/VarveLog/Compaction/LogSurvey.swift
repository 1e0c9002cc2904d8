internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Goes through a whole log from header to header before it is cleaned, and finds out what no
/// single batch tells: which transactions were aborted, where the first open one starts, and which
/// batch is the last of each producer.
struct LogSurvey {
    /// The log's segments, those with records from `end` on included.
    let segments: [Segment]
    /// Batches from here on are not looked at.
    let end: Offset
    private(set) var producers = ProducerStates()
    private(set) var aborted: [AbortedTransaction] = []
    /// How many records each segment counts.
    private(set) var recordCounts: [Int64]
    /// What the survey stopped at; behind it no transaction is known.
    private(set) var damage: CorruptRange?
    private(set) var doneSize = 0
    private var slot = 0
    private var position = 0

    init(_ segments: [Segment], end: Offset) {
        self.segments = segments
        self.end = end
        recordCounts = Array(repeating: 0, count: segments.count)
    }

    /// Where the segment starts in which damage stopped the survey.
    private(set) var damagedBase: Offset?

    /// Goes on for about `sizeMax` bytes.
    /// - Returns: whether the survey is complete.
    /// - Throws: `.uncleanable` for old formats; `.file`.
    mutating func step(
        _ sizeMax: Int, reader: LogReader, now: Timestamp, expiration: Duration
    ) throws(LogError) -> Bool {
        var rest = sizeMax
        while slot < segments.count, rest > 0, damage == nil {
            let before = position
            let isComplete = try walk(segments[slot], &rest, reader)
            doneSize += position - before
            guard isComplete else { continue }
            slot += 1
            position = 0
            // Only those that are alive must be remembered.
            producers.expire(now: now, ageMax: expiration)
        }
        return slot == segments.count || damage != nil
    }

    /// - Returns: whether the segment's end, or the survey's, was reached.
    private mutating func walk(
        _ segment: Segment, _ rest: inout Int, _ reader: LogReader
    ) throws(LogError) -> Bool {
        var walk = try BatchWalk(segment, at: position, through: .flushed)
        do throws(WalkFailure) {
            while rest > 0 {
                guard let header = try walk.header(at: position) else { return true }
                guard header.baseOffset < end.rawValue else {
                    slot = segments.count - 1
                    return true
                }
                try take(header, &walk)
                recordCounts[slot] += Int64(header.recordsCount)
                position += header.sizeInBytes
                rest -= min(header.sizeInBytes, 4096)
            }
            return false
        } catch {
            guard case .corrupt(let range) = try note(error, in: segment, reader) else {
                return true
            }
            damage = range
            damagedBase = segment.baseOffset
            return true
        }
    }

    private mutating func take(
        _ header: BatchHeader, _ walk: inout BatchWalk
    ) throws(WalkFailure) {
        guard !header.isLegacy else { throw .defect(.oldFormat(header.magic)) }
        guard header.attributes.isControl else {
            producers.take(header, RawSpan())
            return
        }
        // What a marker says decides about records, so its checksum is looked at.
        try walk.verify(at: position, size: header.sizeInBytes)
        let bytes = walk.window.span(position..<position + header.sizeInBytes)
        if let ended = producers.take(header, bytes)?.aborted { aborted.append(ended) }
    }

    private func note(
        _ failure: WalkFailure, in segment: Segment, _ reader: LogReader
    ) throws(LogError) -> LogError {
        if case .defect(.oldFormat(let magic)) = failure {
            throw .uncleanable(
                path: segment.paths.folder,
                .oldFormat(magic: magic, segment: segment.paths.log))
        }
        let error = reader.damage(failure, in: segment, walk: position, .flushed)
        guard case .corrupt = error else { throw error }
        return error
    }

    /// Whether the batch is the one by which its producer's last sequence number, or its epoch,
    /// is remembered.
    func isLastOfProducer(_ header: BatchHeader) -> Bool {
        guard header.producerId >= 0, let state = producers[header.producerId] else { return false }
        guard let last = state.lastBatch else {
            return header.attributes.isControl && header.producerEpoch == state.epoch
        }
        return !header.attributes.isControl && header.lastOffset == last.lastOffset.rawValue
    }

    /// The aborted transactions that reach to `offset` or past it.
    func aborted(from offset: Offset) -> [AbortedTransaction] {
        aborted.filter { $0.lastOffset >= offset }
    }
}
