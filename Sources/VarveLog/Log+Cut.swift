internal import VarveRecords
internal import VarveSystem
public import VarveTerms

extension Log {
    // MARK: From the front

    /// Makes `offset` the log's start: records before it are gone for readers at once, and segments
    /// that lie wholly before it are removed.
    ///
    /// On return the new start survives a power cut.
    /// - Returns: false when `offset` lies at or before the start already, or past the flushed end.
    @discardableResult
    public func deleteRecords(before offset: Offset) throws(LogError) -> Bool {
        try checkOpen()
        #if VARVE_PLANTED_BUGS
            if PlantedBug.startPastFlushedEnd.isPlanted {
                try checkpoints.setStart(offset, of: name)
            }
        #endif
        guard offset > ends.start, offset <= ends.flushed else { return false }
        try settleCompaction()
        #if VARVE_PLANTED_BUGS
            if PlantedBug.startNotStored.isPlanted {
                ends.didDelete(before: offset)
                try removeSegments(before: offset)
                return true
            }
        #endif
        try checkpoints.setStart(offset, of: name)
        ends.didDelete(before: offset)
        trimQuarantine()
        try removeSegments(before: offset)
        var kept = epochs
        if kept.truncate(fromStart: offset) { try store(kept) }
        return true
    }

    /// Deletes the oldest segments that `retentionAge` and `retentionSize` no longer keep, and
    /// those before the log's start. The active segment stays; an old one is rolled first.
    ///
    /// - Parameter now: the wall clock.
    /// - Returns: the base offsets of the segments that were deleted.
    @discardableResult
    public func applyRetention(now: Timestamp) throws(LogError) -> [Offset] {
        try checkOpen()
        try settleCompaction()
        if try isExpired(active.segment, now: now), ends.flushed == ends.written,
            active.fill.size > 0
        {
            try roll()
        }
        try expireProducers(now: now)
        let start = max(try retainedStart(now: now), ends.start)
        let removed = segments.prefix(segmentCount(before: start)).map(\.baseOffset)
        if start > ends.start {
            try deleteRecords(before: start)
        } else {
            try removeSegments(before: start)
        }
        return removed
    }

    /// How many segments lie wholly before `offset`.
    private func segmentCount(before offset: Offset) -> Int {
        zip(segments, segments.dropFirst()).prefix { $1.baseOffset <= offset }.count
    }

    /// The offset before which age and size let records go.
    private func retainedStart(now: Timestamp) throws(LogError) -> Offset {
        var start = ends.start
        guard settings.cleanupPolicy.contains(.delete) else { return start }
        var excess = settings.retentionSize.map { size.bytes - $0.bytes } ?? 0
        // Whole segments from the oldest on, never the active one, never past the flushed end.
        for (segment, next) in zip(segments, segments.dropFirst())
        where next.baseOffset <= ends.flushed {
            let isTooMuch = settings.retentionSize != nil && excess >= segment.writtenSize
            let isOld = try isExpired(segment, now: now)
            guard isTooMuch || isOld else { break }
            excess -= segment.writtenSize
            start = max(start, next.baseOffset)
        }
        return start
    }

    private func isExpired(_ segment: Segment, now: Timestamp) throws(LogError) -> Bool {
        guard settings.cleanupPolicy.contains(.delete), let age = settings.retentionAge,
            segment.writtenSize > 0
        else { return false }
        let newest = try newestTimestamp(of: segment)
        return Duration.milliseconds(now.milliseconds(since: newest)) > age
    }

    /// The largest timestamp of a segment; where records carry none, when its file last changed.
    func newestTimestamp(of segment: Segment) throws(LogError) -> Timestamp {
        if let known = segment.largestTimestamp, known.milliseconds >= 0 { return known }
        if let entry = try segment.lastTimeIndexEntry() {
            segment.largestTimestamp = entry.timestamp
            return entry.timestamp
        }
        let status = try wrapping { () throws(FileError) in
            try surroundings.fileSystem.status(at: segment.paths.log)
        }
        return status?.modified ?? .none
    }

    private func removeSegments(before offset: Offset) throws(LogError) {
        let count = segmentCount(before: offset)
        if count > 0 {
            let removed = segments.prefix(count).map(\.baseOffset)
            // Readers lose sight of them first; what they still hold stays mapped.
            segments.removeFirst(count)
            published.publish(segments: segments, ends: ends, stability: stability)
            unflushed.removeAll { removed.contains($0.baseOffset) }
            doomed += removed
        }
        try wrapping { () throws(FileError) in try files.remove(doomed) }
        doomed = []
    }

    // MARK: From the end

    /// Cuts off every record from `offset` on. A batch that `offset` lies inside goes whole, so the
    /// log may end before `offset`. It ends after it only when `offset` lies before the first
    /// segment: then that segment stays, empty.
    ///
    /// On return the cut survives a power cut. After a crash before that, the log ends at the old
    /// end, at the new one, or at a segment between them.
    /// - Returns: the log's new end.
    /// - Throws: `.pinned` while a reader holds bytes that would go; nothing changed then.
    @discardableResult
    public func truncate(to offset: Offset) throws(LogError) -> Offset {
        try checkOpen()
        guard offset < ends.written else { return ends.written }
        try finishFlush()
        try settleCompaction()
        try settleCommits()
        compaction.cutCount += 1
        let target = max(offset, segments[0].baseOffset)
        let kept = segments.prefix { $0.baseOffset <= target }
        guard let last = kept.last else { return ends.written }
        let place = try batchStart(of: target, in: last)
        return try published.slots.withoutLeases { () throws(LogError) in
            guard !segments.dropFirst(kept.count).contains(where: \.isPinned), !last.isPinned
            else { throw .pinned(path: path) }
            try lowerEnds(to: place.offset)
            try perform(cutTo: place, in: last, keeping: kept.count)
            return ends.written
        }
    }

    /// Where the log is cut.
    struct BatchPlace {
        var position: Int
        var offset: Offset
    }

    /// Where the batch that holds `offset` starts, or the segment's end when none does.
    private func batchStart(of offset: Offset, in segment: Segment) throws(LogError) -> BatchPlace {
        var position = 0
        var walk = try BatchWalk(segment, at: 0, through: .includingUnflushed)
        var end = segment.baseOffset
        while position < walk.end {
            do {
                guard let header = try walk.header(at: position) else { break }
                if header.lastOffset ?? -1 >= offset.rawValue {
                    let first = walk.firstOffset(of: header, at: position)
                    return BatchPlace(position: position, offset: min(offset, first))
                }
                position += header.sizeInBytes
                end = Offset(header.lastOffset ?? header.baseOffset).advanced(by: 1)
            } catch {
                // Damage below the cut stays where it is.
                var search = try DamageSearch(segment, through: .includingUnflushed)
                let next = try search.nextBatch(after: position, expected: end)
                guard let found = next.offset, found < offset else {
                    return BatchPlace(position: position, offset: min(end, offset))
                }
                position = next.position
            }
        }
        return BatchPlace(position: position, offset: offset)
    }

    /// Takes back what was said to be flushed, before anything is cut.
    private func lowerEnds(to offset: Offset) throws(LogError) {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.endsNotLowered.isPlanted { return }
        #endif
        var lowered = ends
        lowered.didTruncate(to: offset)
        var said = endsNow()
        said.ends = lowered
        let segment = segments.last { $0.baseOffset <= offset } ?? segments[0]
        said.segmentBase = segment.baseOffset
        said.flushedSize = 0
        said.writtenSize = 0
        try checkpoints.lower(name, to: lowered)
        try wrapping { () throws(FileError) in try endsFile.publishDurably(said) }
    }

    /// Cuts at a place up to which the ends file says the log is flushed, at most.
    func perform(
        cutTo place: BatchPlace, in last: Segment, keeping count: Int
    ) throws(LogError) {
        let states = try producers(asOf: place.offset)
        // Between the look at the pins and this a reader may have come; nothing is changed yet but
        // the ends file, whose lower ends hold for the log as it is too.
        guard last.withdraw(to: place.position) else {
            isPublished = false
            throw .pinned(path: path)
        }
        let removed = segments.dropFirst(count).map(\.baseOffset)
        segments.removeLast(removed.count)
        indexedSize = nil
        unflushed.removeAll { removed.contains($0.baseOffset) || $0.baseOffset == last.baseOffset }
        ends.didTruncate(to: place.offset)
        goBack(to: states, at: place.offset)
        trimQuarantine()
        published.publish(segments: segments, ends: ends, stability: stability)
        let recovery = LogRecovery(
            folder: path, files: files, settings: settings, checkpointed: ends.written,
            checkpointedStart: ends.start, wasClosedCleanly: true, bootID: surroundings.bootID,
            integrity: integrity)
        do {
            if let base = leftover {
                try wrapping { () throws(FileError) in try files.remove([base]) }
                leftover = nil
            }
            for base in removed.reversed() {
                try wrapping { () throws(FileError) in try files.remove([base]) }
            }
            active = try recovery.reopen(last, end: ends.written)
            try cutProducerFiles(at: ends.written, in: last)
        } catch {
            // Half cut: what is on disk is for recovery to say.
            guard case .file(let cause) = error else {
                standing = .closed
                throw error
            }
            throw poison(cause)
        }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.epochCacheKept.isPlanted { return publishEnds() }
        #endif
        if epochs.truncate(toEnd: ends.written) { try store(epochs) }
        publishEnds()
    }
}
