internal import VarveSystem
internal import VarveTerms

/// What a log remembers of its compaction while it is open.
struct CompactionStanding {
    /// Who cleans the log; one at a time.
    weak var cleaner: LogCleaner?
    /// How often the log was cut at its end: what was surveyed before may be gone.
    var cutCount = 0
    /// Segments that were about to take the place of others when something failed.
    var unfinished: PendingReplacement?
    /// Damage that a cleaning met. What lies behind it is not cleaned until the log is opened anew.
    var damage: CorruptRange?
    /// Where the last survey found the first open transaction, and where the log ended then: a
    /// survey that would find the same is not worth the reading.
    var lastSurvey: (stableEnd: Offset, writtenEnd: Offset)?
}

/// Cleaned segments on their way into a log.
struct PendingReplacement {
    var replacement: SegmentReplacement
    /// The segments that go.
    var sources: [Segment]
    /// Those that come.
    var made: [Segment]
}

extension Log {
    /// Completes, or takes back, a replacement that failed half way. Until then nothing may remove
    /// segments by their names.
    func settleCompaction() throws(LogError) {
        guard let pending = compaction.unfinished else { return }
        guard !pending.replacement.isDecided else { return try replace(pending) }
        var replacement = pending.replacement
        try wrapping { () throws(FileError) in
            try replacement.rollBack(in: surroundings.fileSystem)
        }
        compaction.unfinished = nil
    }

    /// Puts cleaned segments in the place of their sources, on disk and then for readers, in one
    /// step. Readers that hold the sources keep them.
    ///
    /// When it throws, the sources go on to serve; what is left to do is done, or taken back, by
    /// `settleCompaction` or by the next opening.
    func replace(_ pending: PendingReplacement) throws(LogError) {
        var pending = pending
        for source in pending.sources { try source.keepReadable() }
        do {
            try pending.replacement.complete(in: surroundings.fileSystem)
        } catch {
            compaction.unfinished = pending
            throw .file(error)
        }
        compaction.unfinished = nil
        guard let first = segments.firstIndex(where: { $0 === pending.sources.first }) else {
            preconditionFailure("sources leave a log only after its compaction is settled")
        }
        segments.replaceSubrange(first..<first + pending.sources.count, with: pending.made)
        published.publish(segments: segments, ends: ends, stability: stability)
        snapshots.didReplaceSegments()
        // Files that stay behind cost space until the next opening, and nothing else.
        try? pending.replacement.unlinkSources(in: surroundings.fileSystem)
    }

    /// Whether these segments are in the log, side by side, as they were.
    func holds(_ sources: [Segment]) -> Bool {
        guard let first = segments.firstIndex(where: { $0 === sources.first }),
            first + sources.count < segments.count
        else { return false }
        return zip(segments[first...], sources).allSatisfy { $0 === $1 }
    }
}
