internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Looks through one segment for a time. It begins behind what the time index says is older, if the
/// batch that the entry names bears it out; else at the front.
///
///     entry (T, o)   every record up to offset o is at most T; the batch that ends with o has T
struct TimeSearch: ~Copyable {
    private let segment: Segment
    private let bounds: Range<Offset>
    private let visibility: Visibility
    /// Where the walk began: the start of a batch.
    private(set) var position = 0
    /// The first record that is not older than what was asked for.
    private(set) var found: TimestampedOffset?
    /// The largest time of the records within the bounds that were passed.
    private(set) var largest = Timestamp.none

    init(_ segment: Segment, within bounds: Range<Offset>, through visibility: Visibility) {
        self.segment = segment
        self.bounds = bounds
        self.visibility = visibility
    }

    /// Walks on to the first record not older than `time`; without one, or when there is none, to
    /// the end of the segment.
    mutating func run(to time: Timestamp?) throws(WalkFailure) {
        var walk = try makeWalk(at: 0)
        try begin(before: time, &walk)
        var position = position
        var scanner = RecordScanner()
        while let header = try walk.header(at: position),
            header.baseOffset < bounds.upperBound.rawValue
        {
            defer { position += header.sizeInBytes }
            guard header.lastOffset ?? -1 >= bounds.lowerBound.rawValue else { continue }
            let newest = Timestamp(milliseconds: header.maxTimestamp)
            // Where the first record of a wrapper of magic 0 or 1 stands is known inside only.
            let isPartial =
                header.baseOffset < bounds.lowerBound.rawValue
                || header.isLegacyWrapper && bounds.lowerBound > segment.baseOffset
            if !isPartial, time.map({ newest < $0 }) ?? true {
                largest = max(largest, newest)
                continue
            }
            try walk.verify(at: position, size: header.sizeInBytes)
            let bytes = walk.window.span(position..<position + header.sizeInBytes)
            try look(into: bytes, for: time, &scanner)
            if found != nil { return }
        }
    }

    private func makeWalk(at position: Int) throws(WalkFailure) -> BatchWalk {
        do {
            return try BatchWalk(segment, at: position, through: visibility)
        } catch {
            throw .log(error)
        }
    }

    private mutating func look(
        into batch: RawSpan, for time: Timestamp?, _ scanner: inout RecordScanner
    ) throws(WalkFailure) {
        var (first, newest): (TimestampedOffset?, Timestamp) = (nil, largest)
        let bounds = bounds
        do {
            try scanner.forEachRecord(in: batch) { record in
                guard bounds.contains(record.offset) else { return }
                newest = max(newest, record.timestamp)
                if first == nil, let time, record.timestamp >= time {
                    first = TimestampedOffset(
                        offset: record.offset, timestamp: record.timestamp)
                }
            }
        } catch {
            // A record before the malformed one is an answer all the same.
            if first == nil { throw .defect(error) }
        }
        found = first
        largest = newest
    }

    // MARK: Where to begin

    /// Moves to the batch behind which everything must be looked at.
    private mutating func begin(
        before time: Timestamp?, _ walk: inout BatchWalk
    ) throws(WalkFailure) {
        let end = segment.baseOffset.distance(to: bounds.upperBound)
        let entry: TimeIndexEntry?
        do {
            entry = try segment.lastTimeEntry { entry in
                Int64(entry.relativeOffset) < end && time.map { entry.timestamp < $0 } ?? true
            }
        } catch {
            throw .log(error)
        }
        if let entry,
            let offset = segment.baseOffset.advanced(byExactly: Int64(entry.relativeOffset)),
            offset >= bounds.lowerBound,
            let place = try place(of: offset, &walk), place.maxTimestamp == entry.timestamp
        {
            position = place.position
            if segment.baseOffset >= bounds.lowerBound { largest = entry.timestamp }
        } else if bounds.lowerBound > segment.baseOffset,
            let place = try place(of: bounds.lowerBound, &walk)
        {
            position = place.position
        }
    }

    private struct Place {
        var position: Int
        var maxTimestamp: Timestamp
    }

    /// The batch that holds `offset`, by way of the offset index; nil where that leads astray.
    private func place(
        of offset: Offset, _ walk: inout BatchWalk
    ) throws(WalkFailure) -> Place? {
        var position: Int
        do {
            position = try segment.indexedPosition(of: offset)
        } catch {
            throw .log(error)
        }
        guard let first = try? walk.header(at: position), first.baseOffset <= offset.rawValue,
            (try? walk.verify(at: position, size: first.sizeInBytes)) != nil
        else { return nil }
        while let header = try? walk.header(at: position) {
            if header.lastOffset ?? -1 >= offset.rawValue {
                return Place(
                    position: position,
                    maxTimestamp: Timestamp(milliseconds: header.maxTimestamp))
            }
            position += header.sizeInBytes
        }
        return nil
    }
}

extension Segment {
    /// The last lawful entry of the time index for which `holds`, which is true of entries up to
    /// some place and false of those after it; nil when it is true of none.
    func lastTimeEntry(
        where holds: (TimeIndexEntry) -> Bool
    ) throws(LogError) -> TimeIndexEntry? {
        try timeIndex.withEntries(
            sizeMax: limits.indexSize,
            lawfulSize: { TimeIndexLayout.lawfulCount(in: $0) * TimeIndexLayout.entrySize },
            { entries in
                lastSlot(in: entries.byteCount / TimeIndexLayout.entrySize) {
                    holds(TimeIndexLayout.entry($0, in: entries))
                }.map { TimeIndexLayout.entry($0, in: entries) }
            })
    }
}
