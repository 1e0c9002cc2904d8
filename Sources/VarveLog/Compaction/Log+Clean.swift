internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
public import VarveTerms

/// How much of a log waits to be cleaned.
public struct Cleanability: Hashable, Sendable {
    /// From the first offset that was not cleaned yet to the first that cannot be, as far as that
    /// is known without reading the log.
    public var dirty: Range<Offset>
    /// Bytes of segments that lie wholly before it, and of those that reach into it.
    public var cleanSize: ByteCount
    public var dirtySize: ByteCount
    /// Whether its oldest record waits for longer than `maxCompactionLag`, in the active segment
    /// too.
    public var isOverdue: Bool

    /// Which part of the bytes that a cleaning would go through is dirty.
    public var dirtyRatio: Double {
        let total = Double(cleanSize.bytes) + Double(dirtySize.bytes)
        return total > 0 ? Double(dirtySize.bytes) / total : 0
    }
}

extension Log {
    /// The offset before which the log is compacted, as the directory's checkpoint has it.
    public var compactedEnd: Offset? { checkpoints.compacted(of: name) }

    /// How much waits to be cleaned; reads no batches but the first of some segments.
    public func cleanability(now: Timestamp) throws(LogError) -> Cleanability {
        try checkOpen()
        let start = firstDirty
        let end = max(start, try firstUncleanable(from: start, now: now))
        var (clean, dirty) = (0, 0)
        var isOverdue = false
        for (segment, next) in zip(segments, segments.dropFirst())
        where segment.baseOffset < end {
            if next.baseOffset <= start {
                clean += segment.writtenSize
            } else {
                dirty += segment.writtenSize
                if try self.isOverdue(segment, now: now) { isOverdue = true }
            }
        }
        if try isActiveOverdue(now: now) { isOverdue = true }
        return Cleanability(
            dirty: start..<end, cleanSize: ByteCount(clean), dirtySize: ByteCount(dirty),
            isOverdue: isOverdue)
    }

    /// Whether a cleaning is worth its work.
    public func isWorthCleaning(now: Timestamp) throws(LogError) -> Bool {
        let found = try cleanability(now: now)
        if compaction.cleaner == nil, try isActiveOverdue(now: now) { return true }
        return !found.dirty.isEmpty && found.dirtySize > .zero && compaction.cleaner == nil
            && (found.isOverdue || found.dirtyRatio >= settings.compaction.minCleanableDirtyRatio)
    }

    /// A checkpoint that is not of this log, or of one that was cut since, counts for nothing.
    private var firstDirty: Offset {
        guard let compacted = compactedEnd, compacted > ends.start, compacted <= ends.written
        else { return ends.start }
        return compacted
    }

    private func firstUncleanable(
        from start: Offset, now: Timestamp
    ) throws(LogError) -> Offset {
        var end = min(active.segment.baseOffset, ends.flushed)
        if let first = unflushed.first { end = min(end, first.baseOffset) }
        end = min(end, reader.lastStableOffset(through: .flushed))
        if let range = compaction.damage,
            let damaged = segments.last(where: { $0.paths.log == range.path })
        {
            end = min(end, damaged.baseOffset)
        }
        if let last = compaction.lastSurvey, last.writtenEnd == ends.written {
            end = min(end, last.stableEnd)
        }
        let lag = settings.compaction.minCompactionLag
        guard lag > .zero else { return end }
        for (segment, next) in zip(segments, segments.dropFirst())
        where next.baseOffset > start && segment.baseOffset < end {
            let newest = try newestTimestamp(of: segment)
            if newest.advanced(by: lag) > now { return min(end, segment.baseOffset) }
        }
        return end
    }

    private func isOverdue(_ segment: Segment, now: Timestamp) throws(LogError) -> Bool {
        guard let lag = settings.compaction.maxCompactionLag else { return false }
        var walk = try BatchWalk(segment, at: 0, through: .flushed)
        guard let first = try? walk.header(at: 0), first.maxTimestamp >= 0 else { return false }
        return Timestamp(milliseconds: first.maxTimestamp).advanced(by: lag) < now
    }

    /// Whether records of the active segment wait for too long, so that it must be rolled.
    private func isActiveOverdue(now: Timestamp) throws(LogError) -> Bool {
        guard active.fill.size > 0, ends.flushed == ends.written else { return false }
        return try isOverdue(active.segment, now: now)
    }

    /// Begins a cleaning. The active segment is rolled first when its oldest record waits for too
    /// long; otherwise it is left alone.
    ///
    /// - Parameter now: the wall clock.
    /// - Throws: `.uncleanable` when one is under way; `.file` when something of an earlier one
    ///   could not be settled.
    public func makeCleaner(
        now: Timestamp, limits: CleaningLimits = CleaningLimits()
    ) throws(LogError) -> LogCleaner {
        try checkOpen()
        guard compaction.cleaner == nil else { throw .uncleanable(path: path, .busy) }
        try settleCompaction()
        if try isActiveOverdue(now: now) { try roll() }
        try settleCommits()
        return LogCleaner(self, try cleanability(now: now), now: now, limits: limits)
    }

    /// Cleans the log to the end: as many passes as the map needs.
    ///
    /// - Parameters:
    ///   - now: the wall clock.
    ///   - proceed: is told how far it is after each step, and may pause; false ends the cleaning,
    ///     with what was replaced so far.
    /// - Returns: the reports of the passes, at least one.
    @discardableResult
    public func clean(
        now: Timestamp, limits: CleaningLimits = CleaningLimits(), step: ByteCount = .mib(1),
        proceed: (CleaningProgress) -> Bool = { _ in true }
    ) throws(LogError) -> [CleaningReport] {
        var reports: [CleaningReport] = []
        repeat {
            let cleaner = try makeCleaner(now: now, limits: limits)
            var last: CleaningReport?
            while last == nil {
                switch try cleaner.step(step) {
                case .working(let progress): if !proceed(progress) { cleaner.cancel() }
                case .finished(let report): last = report
                }
            }
            if let last { reports.append(last) }
        } while reports.last?.ending == .mapFull
        return reports
    }
}
