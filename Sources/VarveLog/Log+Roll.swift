internal import VarveSystem
internal import VarveTerms

extension Log {
    /// Seals the active segment and goes on in a new one that starts at the log's end.
    ///
    /// The new files and their names are durable before the old segment is sealed, so a failure
    /// leaves the log as it was. Under `.durable` and `.interval` the old segment is flushed before
    /// the new one has a name; under `.pageCache` that waits for the next flush.
    /// - Throws: `.file` when files cannot be made, with nothing changed; `.poisoned` when the old
    ///   segment's flush failed.
    public func roll() throws(LogError) {
        try finishFlush()
        let base = ends.written
        guard base > active.segment.baseOffset else { return }
        // Before a later segment can be found: either all that precedes it is flushed, or recovery
        // is told that the log has an owner who leaves no gaps, so that one is a lost end.
        if settings.flushPolicy != .pageCache || inPlace != nil { try flushInPlace() }
        // Nobody looks at the end of a segment that another one follows: what is there is batches.
        try trim()
        if !endsFile.isDurable {
            try wrapping { () throws(FileError) in try endsFile.publish(endsNow()) }
        }
        try startSegment(at: base)
        storeSnapshot()
        publishEnds(.durably)
    }

    /// Gives the active segment's file its true length.
    func trim() throws(LogError) {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.zerosNotTrimmed.isPlanted { return }
        #endif
        do {
            try active.trim()
        } catch {
            throw error.operation == .flush ? poison(error) : .file(error)
        }
    }

    /// Goes on in a new segment at the log's end. A failure leaves the log as it was; files that
    /// could not be removed then are noted as left over.
    func startSegment(at base: Offset) throws(LogError) {
        leftover = base
        do {
            try goOn(from: base)
            leftover = nil
        } catch {
            if (try? files.remove([base])) != nil { leftover = nil }
            throw error
        }
        published.publish(next: active.segment, ends: ends, stability: stability)
    }

    /// Makes the new segment, then seals the old one. An empty segment of the same name is not
    /// sealed but replaced, with files of its own.
    private func goOn(from base: Offset) throws(LogError) {
        let made = try wrapping { () throws(FileError) in
            try files.make(base, expectedSize: settings.segmentSizeMax.bytes)
        }
        // One that a close had written here went with what was left over.
        snapshots.didRemove(base)
        let paths = files.paths(base)
        let segment = Segment(
            paths, size: 0, access: Segment.Access(settings.readAccess),
            limits: Segment.Limits(
                logSize: settings.segmentSizeMax.bytes, indexSize: settings.indexSizeMax.bytes),
            sidecar: integrity.sidecar(
                of: paths, Segment.Access(settings.readAccess),
                in: surroundings.fileSystem),
            in: surroundings.fileSystem)
        segment.transactionIndex.begin()
        if segments.last?.baseOffset == base { segments.removeLast() } else { try seal() }
        active = ActiveSegment(
            segment: segment, files: made, fill: SegmentFill(baseOffset: base),
            sidecar: integrity.writer(
                of: segment, now: surroundings.clock.wallClock(), in: surroundings.fileSystem))
        segments.append(segment)
    }

    /// Closes the active segment's indexes and gives its files their true lengths.
    private func seal() throws(LogError) {
        let isUnflushed = active.segment.flushedSize < active.segment.writtenSize
        do {
            try active.finish()
            if !isUnflushed { try active.flushIndexes() }
        } catch {
            // The batches are safe; an index that is not can be rebuilt. But a reserved tail that
            // could not be given back would pass for a full index or a longer log.
            throw .file(error)
        }
        if isUnflushed { unflushed.append(active.segment) }
    }
}
