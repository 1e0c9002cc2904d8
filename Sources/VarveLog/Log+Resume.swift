public import VarveSystem
public import VarveTerms

/// What a log gave up to go on after a failed flush.
public struct Resumption: Hashable, Sendable {
    /// Why the log had stopped.
    public var cause: FileError
    /// Offsets above the last good flush that are free again. Under `.durable` none of their
    /// records was acknowledged; under the other policies they were, as records that a power cut
    /// may take.
    public var dropped: Range<Offset>
}

extension Log {
    /// Lets a log that a failed flush has stopped go on, in a new segment, from its last good
    /// flush; a program that found the cause (a full disk, a path that came back) need not restart.
    ///
    /// What stood above that flush is cut off, whatever the page cache shows of it: the file is
    /// shortened, and that is flushed; new batches go to a file which never failed. On return the
    /// log takes appends, and nothing of it that was acknowledged as durable is lost. After a crash
    /// before the return the next opening finds the same end.
    ///
    /// - Returns: what was given up; nil when the log had not stopped.
    /// - Throws: `.pinned` while a reader holds bytes of the segment; `.poisoned` when the disk
    ///   still fails: the log stays stopped, and this may be called again; `.file` when the new
    ///   segment could not be made; `.closed`.
    /// - Complexity: reads the last segment from its last index entry on; four flushes.
    @discardableResult
    public func resume() throws(LogError) -> Resumption? {
        guard case .poisoned(let cause) = standing else {
            try checkOpen()
            return nil
        }
        awaitTicket()
        let resumption = Resumption(cause: cause, dropped: ends.flushed..<ends.written)
        try settleCommits()
        do {
            try published.slots.withoutLeases { () throws(LogError) in try goBackToFlushed() }
            standing = .open
            try startSegment(at: ends.written)
            try wrapping { () throws(FileError) in try endsFile.publishDurably(endsNow()) }
        } catch {
            // Half way the log is shorter already, by what was not to be believed anyway.
            if case .open = standing { standing = .poisoned(cause) }
            throw error
        }
        isPublished = true
        return resumption
    }

    /// The segment in which the flushed end lies. A cut that failed half way has removed the active
    /// one, and not opened another.
    var flushedSegment: Segment { unflushed.first ?? segments.last ?? active.segment }

    /// Cuts the log where its last good flush ended.
    private func goBackToFlushed() throws(LogError) {
        let last = flushedSegment
        let kept = segments.prefix { $0.baseOffset <= last.baseOffset }.count
        guard !segments.dropFirst(kept).contains(where: \.isPinned) else {
            throw .pinned(path: path)
        }
        // Whoever dies in the middle of this leaves the word that nothing above is to be believed.
        try wrapping { () throws(FileError) in
            try endsFile.publishDurably(endsNow(isPoisoned: true))
        }
        if last.flushedSize == 0, last.baseOffset == ends.flushed {
            try empty(last, keeping: kept)
        } else {
            let place = BatchPlace(position: last.flushedSize, offset: ends.flushed)
            try perform(cutTo: place, in: last, keeping: kept)
        }
    }

    /// Gives up a segment of which nothing was flushed, and those behind it. Its files stay until
    /// new ones take their names.
    private func empty(_ last: Segment, keeping count: Int) throws(LogError) {
        let states = try producers(asOf: ends.flushed)
        guard last.withdraw(to: 0) else { throw .pinned(path: path) }
        let removed = segments.dropFirst(count).map(\.baseOffset)
        segments.removeLast(removed.count)
        unflushed.removeAll()
        ends.didTruncate(to: ends.flushed)
        goBack(to: states, at: ends.flushed)
        published.publish(segments: segments, ends: ends, stability: stability)
        snapshots.didReplaceSegments()
        for base in removed.reversed() {
            try wrapping { () throws(FileError) in try files.remove([base]) }
        }
        try cutProducerFiles(at: ends.written, in: last)
        if epochs.truncate(toEnd: ends.written) { try store(epochs) }
    }
}
