internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
public import VarveTerms

/// Reads a log beside its writer. Every batch that it hands out has passed its checksum.
///
/// *Threads*: any number of threads may read through one reader. A read that finds its segment as
/// it was takes no lock: what it needs was kept by an earlier one (`ReadSlots`).
public final class LogReader: Sendable {
    let published: PublishedLog
    /// How far reads go unless they say otherwise.
    public let visibility: Visibility

    init(_ published: PublishedLog, visibility: Visibility) {
        self.published = published
        self.visibility = visibility
    }

    /// The offset of the first record that may be read.
    public var startOffset: Offset { published.startOffset }

    /// The offset after the last record that may be read.
    public var endOffset: Offset { end(through: visibility) }

    /// Where the log starts and ends.
    public var ends: LogEnds { published.ends }

    func end(through visibility: Visibility) -> Offset {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.unflushedShown.isPlanted { return published.ends.written }
        #endif
        return published.endOffset(through: visibility)
    }

    func end(of ends: LogEnds, through visibility: Visibility) -> Offset {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.unflushedShown.isPlanted { return ends.written }
        #endif
        return ends.end(through: visibility)
    }

    /// Reads whole batches, from the one that holds `offset` on, as many as fit `sizeMax` and lie
    /// in one segment; the first comes whatever its size.
    ///
    /// With `.committed` reading ends at the last stable offset, and the batches come with the
    /// aborted transactions among them.
    ///
    /// - Throws: `LogError.corrupt` when the batch at `offset` is damaged; reading goes on at the
    ///   end of the range that it names. Batches before a damaged one are returned first.
    /// - Complexity: O(log index) to find the batch, then the size of what is returned.
    public func read(
        from offset: Offset, sizeMax: ByteCount = .mib(1), through visibility: Visibility? = nil,
        isolation: ReadIsolation = .uncommitted
    ) throws(LogError) -> ReadOutcome {
        let visibility = visibility ?? self.visibility
        if isolation == .uncommitted {
            let outcome = readKept(from: offset, visibility) {
                published.slots.withLeases { leases in
                    leases.read(
                        published, from: offset, sizeMax: sizeMax.bytes, through: visibility)
                }
            }
            if let outcome { return outcome }
        }
        return try look(from: offset, sizeMax: sizeMax, visibility, isolation)
    }

    /// The answer where it takes no look at what threads share: to a read at the end, or of a
    /// segment that is kept and is as it was.
    func readKept(
        from offset: Offset, _ visibility: Visibility, _ read: () -> PinnedBatches?
    ) -> ReadOutcome? {
        guard published.keepsLeases, !published.damage.hasFences else { return nil }
        // In this order: the start only grows, so at the moment of the first look both held.
        let end = end(through: visibility)
        guard offset <= end, offset >= startOffset else { return nil }
        return offset == end ? .atEnd : read().map { .batches($0) }
    }

    /// Reads by what is published, under locks that all readers share.
    func look(
        from offset: Offset, sizeMax: ByteCount, _ visibility: Visibility,
        _ isolation: ReadIsolation
    ) throws(LogError) -> ReadOutcome {
        do {
            guard isolation == .committed else {
                return try readVisible(from: offset, sizeMax: sizeMax, visibility)
            }
            return try readCommitted(from: offset, sizeMax: sizeMax, visibility)
        } catch {
            guard error.isMissingFile else { throw error }
            // Retention took the segment while it was being looked at.
            let next = published.segments(from: offset, count: 2).dropFirst().first
            let end = end(through: visibility)
            let start = max(startOffset, next?.baseOffset ?? end)
            return .outOfRange(valid: start..<max(start, end))
        }
    }

    /// - Parameter limit: batches that start there or behind it are not handed out.
    func readVisible(
        from offset: Offset, sizeMax: ByteCount, _ visibility: Visibility,
        before limit: Offset? = nil
    ) throws(LogError) -> ReadOutcome {
        var glance = published.glance(at: offset)
        let start = glance.ends.start
        var end = end(of: glance.ends, through: visibility)
        guard offset >= start, offset <= end else { return .outOfRange(valid: start..<end) }
        if let limit { end = min(end, limit) }
        if offset < end, let missing = missing(offset) { throw missing }
        var from = offset
        while from < end {
            guard let segment = glance.segment else { break }
            let found: SegmentRead
            do {
                found = try batches(
                    in: segment, from: from, sizeMax: sizeMax, visibility, before: limit)
            } catch {
                // A segment may be deleted, or cut, between the look at the list and at its file.
                if let moved = outOfRange(offset, visibility) { return moved }
                throw error
            }
            switch found {
            case .found(let batches): return .batches(batches)
            case .passed:
                // What is left of this segment lies before `from`: a gap that compaction or a
                // deleted range left. Go on where the next segment starts.
                guard let next = published.segments(from: from, count: 2).dropFirst().first,
                    next.baseOffset > from
                else { return .atEnd }
                from = next.baseOffset
                glance.segment = next
            }
        }
        return .atEnd
    }

    /// The answer when `offset` left the log while it was being read.
    private func outOfRange(_ offset: Offset, _ visibility: Visibility) -> ReadOutcome? {
        let (start, end) = (startOffset, end(through: visibility))
        guard offset < start || offset >= end else { return nil }
        return .outOfRange(valid: start..<end)
    }

    private enum SegmentRead {
        case found(PinnedBatches)
        case passed
    }

    private func batches(
        in segment: Segment, from offset: Offset, sizeMax: ByteCount, _ visibility: Visibility,
        before limit: Offset?
    ) throws(LogError) -> SegmentRead {
        let limit = limit?.rawValue ?? .max
        if let known = fenced(offset, in: segment, visibility) { throw known }
        let stretch = try segment.indexedStretch(around: offset)
        var position = stretch.position
        var walk = try BatchWalk(segment, at: position, size: sizeMax.bytes, through: visibility)
        if let first = walk.leap(to: offset, in: stretch),
            let found = try? walk.gather(from: first, sizeMax: sizeMax.bytes, before: limit)
        {
            return .found(found)
        }
        if position > 0, !isBatchStart(&walk, position, before: offset) {
            // The index is wrong here; the segment itself is the truth.
            position = 0
            walk = try BatchWalk(segment, at: 0, size: sizeMax.bytes, through: visibility)
        }
        while true {
            do {
                let first = try walk.firstBatch(from: position, holding: offset)
                guard let first, first.header.baseOffset <= offset.rawValue else {
                    // No batch holds the offset. That is believed only of batches that are whole:
                    // a damaged length may have led past the one that does.
                    try verify(&walk, from: position, to: first?.position ?? walk.end)
                    guard let first, first.header.baseOffset < limit else { return .passed }
                    return .found(
                        try walk.gather(from: first, sizeMax: sizeMax.bytes, before: limit))
                }
                return .found(
                    try walk.gather(from: first, sizeMax: sizeMax.bytes, before: limit))
            } catch {
                let error = damage(error, in: segment, walk: position, visibility)
                // Damage before the wanted offset is not what was asked for: walk on behind it.
                guard case .corrupt(let range) = error, range.offsets.upperBound <= offset,
                    range.positions.upperBound.bytes > position
                else { throw error }
                position = range.positions.upperBound.bytes
            }
        }
    }

    /// Whether the index's word may hold: what looks like a batch starts there, and not after
    /// `offset`. Its checksum is looked at only if it is served, or passed over in vain.
    private func isBatchStart(
        _ walk: inout BatchWalk, _ position: Int, before offset: Offset
    ) -> Bool {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.indexTrusted.isPlanted { return true }
        #endif
        guard let header = try? walk.header(at: position) else { return false }
        return header.baseOffset <= offset.rawValue
    }

    /// Checks every batch between two positions.
    private func verify(
        _ walk: inout BatchWalk, from start: Int, to end: Int
    ) throws(WalkFailure) {
        var position = start
        while position < end, let header = try walk.header(at: position) {
            try walk.verify(at: position, size: header.sizeInBytes)
            position += header.sizeInBytes
        }
    }

    /// A place before `position` where a whole batch starts: from there on it is known which
    /// offsets damage took.
    private func soundStart(
        before position: Int, in segment: Segment, _ visibility: Visibility
    ) throws(LogError) -> Int {
        var walk = try BatchWalk(segment, at: 0, through: visibility)
        var start = position
        while start > 0 {
            start = try segment.indexedPosition(before: start)
            guard let header = try? walk.header(at: start),
                (try? walk.verify(at: start, size: header.sizeInBytes)) != nil
            else { continue }
            return start
        }
        return 0
    }

    /// What a failed walk means to the caller: a damaged range with its offsets.
    func damage(
        _ failure: WalkFailure, in segment: Segment, walk position: Int, _ visibility: Visibility
    ) -> LogError {
        guard case .defect(let defect) = failure else {
            if case .log(let error) = failure { return error }
            preconditionFailure("unreachable")
        }
        do {
            var search = try DamageSearch(segment, through: visibility)
            let next = published.segments(from: segment.baseOffset, count: 2).dropFirst().first
            let end = next?.baseOffset ?? end(through: visibility)
            var start = try soundStart(before: position, in: segment, visibility)
            while true {
                let range = try search.firstDamage(from: start, defect: defect, endOffset: end)
                let behind = range.positions.upperBound.bytes
                // Damage that ends before the walk began is not what stopped it.
                guard behind <= position, behind > start else {
                    published.damage.note(range)
                    return .corrupt(range)
                }
                start = behind
            }
        } catch {
            return error
        }
    }
}
