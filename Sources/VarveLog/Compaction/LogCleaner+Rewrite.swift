internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// What is known of the group of segments that is being rewritten.
struct GroupWork {
    /// Which of the groups it is.
    var number = 0
    /// Whether its batches are written, or only looked at. A segment that is to stay alone is
    /// written from the first batch on that changes; one that does not change stays the file it is.
    var writing = Writing.lookingFirst
    /// What became of the first batch that changes, until what precedes it is copied. Its new bytes
    /// wait in the cleaner's output.
    var held: BatchRewriter.Outcome?
    /// Aborted transactions whose markers come next in the output.
    var aborted: [AbortedTransaction] = []
    /// Segments that are written, in order.
    var outputs: [SegmentReplacement.Output] = []
    var fills: [SegmentFill] = []
    /// Whether one of the sources has an index of transactions.
    var hasTransactionIndex = false
    /// The segment, and the byte of it, at which its last batch ends.
    var lastSlot = 0

    enum Writing: Hashable {
        case lookingFirst
        /// Batches up to where the look ended are copied; this many bytes are.
        case copying(Int)
        case writing
    }
}

/// The rewriting of segments.
extension LogCleaner {
    func startRewriting() {
        report.keyCount = map.count
        let segments = survey.segments
        let count = segments.count { $0.baseOffset < report.cleanEnd }
        // The last one takes appends.
        let sources = segments[..<min(count, segments.count - 1)]
        groups = SegmentGroups.group(
            sources.indices.map { shape(of: segments[$0], before: segments[$0 + 1]) },
            sizeMax: log.settings.segmentSizeMax.bytes,
            indexSizeMax: log.settings.indexSizeMax.bytes)
        report.segmentsBefore = sources.count
        report.sizeBefore = ByteCount(sources.reduce(0) { $0 + $1.writtenSize })
        doneSize = 0
        totalSize = report.sizeBefore.bytes
        track = TransactionTrack(survey.aborted)
        var rule = RetentionRule(
            mapEnd: report.cleanEnd, now: now, deleteRetention: settings.deleteRetention)
        rule.removableBefore = limits.removableBefore
        rewriter = BatchRewriter(rule, hasher)
        stage = .rewriting
        startGroup(0)
    }

    private func shape(of segment: Segment, before next: Segment) -> SegmentShape {
        SegmentShape(
            baseOffset: segment.baseOffset, endOffset: next.baseOffset,
            logSize: segment.writtenSize,
            offsetIndexSize: (try? segment.sizeOnDisk(of: segment.paths.offsetIndex)) ?? 0,
            timeIndexSize: (try? segment.sizeOnDisk(of: segment.paths.timeIndex)) ?? 0)
    }

    private func startGroup(_ number: Int) {
        group = GroupWork()
        group.number = number
        guard number < groups.count else { return }
        let slots = groups[number]
        slot = slots.lowerBound
        position = 0
        group.writing = slots.count == 1 ? .lookingFirst : .writing
        group.lastSlot = slots.last { survey.segments[$0].writtenSize > 0 } ?? slots.lowerBound
    }

    func rewriteOn(_ sizeMax: Int) throws(LogError) {
        guard group.number < groups.count else { return try conclude() }
        var rest = sizeMax
        while rest > 0 {
            if case .copying(let copied) = group.writing {
                try copy(from: copied, &rest)
                continue
            }
            let segment = survey.segments[slot]
            let before = position
            let isComplete: Bool
            do throws(WalkFailure) {
                isComplete = try rewrite(segment, &rest)
            } catch {
                if case .log(let error) = error { throw error }
                return try stop(at: error, in: segment, position)
            }
            doneSize += position - before
            moved += position - before
            guard isComplete else { continue }
            slot += 1
            position = 0
            if slot == groups[group.number].upperBound { return try endGroup() }
        }
    }

    /// - Returns: whether the segment is done.
    private func rewrite(_ segment: Segment, _ rest: inout Int) throws(WalkFailure) -> Bool {
        var walk: BatchWalk
        do {
            walk = try BatchWalk(segment, at: position, through: .flushed)
        } catch {
            throw .log(error)
        }
        while rest > 0 {
            if case .copying = group.writing { return false }
            guard let header = try walk.header(at: position) else { return true }
            try walk.verify(at: position, size: header.sizeInBytes)
            let bytes = walk.window.span(position..<position + header.sizeInBytes)
            let isLast =
                slot == group.lastSlot && position + header.sizeInBytes == segment.writtenSize
            let outcome: BatchRewriter.Outcome
            do throws(BatchDefect) {
                outcome = try rewritten(header, bytes, isLast: isLast)
            } catch {
                throw .defect(error)
            }
            if group.writing == .lookingFirst, outcome != .verbatim {
                // From here on the segment changes: what was passed is copied first.
                group.held = outcome
                group.writing = .copying(0)
                return false
            }
            if group.writing == .writing {
                do {
                    try write(outcome, header, bytes)
                } catch {
                    throw .log(error)
                }
            }
            position += header.sizeInBytes
            rest -= header.sizeInBytes
        }
        return false
    }

    /// What is to stay of a batch; what is new of it is in `output`.
    private func rewritten(
        _ header: BatchHeader, _ bytes: RawSpan, isLast: Bool
    ) throws(BatchDefect) -> BatchRewriter.Outcome {
        if let held = group.held.take() { return held }
        output.removeAll()
        let role = role(of: header, bytes, isLast: isLast)
        guard header.baseOffset < report.cleanEnd.rawValue else {
            report.tally.batchesVerbatim += 1
            report.tally.recordsKept += Int64(header.recordsCount)
            return .verbatim
        }
        return try rewriter.rewrite(
            bytes, header, as: role, map, scratch: &scratch, into: &output, &report.tally)
    }

    private func role(of header: BatchHeader, _ bytes: RawSpan, isLast: Bool) -> BatchRole {
        // The last batch of each new segment stays, as its header at least, so that no offsets are
        // missing between two segments: there recovery takes what is missing for lost.
        let keepsHeader =
            isLast || survey.isLastOfProducer(header)
            || header.lastOffset == report.cleanEnd.rawValue - 1
        guard header.attributes.isControl else {
            let content: BatchRole.Content = track.isAborted(header) ? .aborted : .records
            return BatchRole(content: content, keepsHeader: keepsHeader)
        }
        guard let marker = TransactionMarker(bytes) else {
            let content: BatchRole.Content = header.recordsCount == 0 ? .loneMarker : .control
            return BatchRole(content: content, keepsHeader: keepsHeader)
        }
        switch track.end(marker.outcome, header) {
        case .transaction(let aborted):
            if let aborted { group.aborted.append(aborted) }
            return BatchRole(content: .control, keepsHeader: keepsHeader)
        case .nothing: return BatchRole(content: .loneMarker, keepsHeader: keepsHeader)
        }
    }

    // MARK: Writing

    private func write(
        _ outcome: BatchRewriter.Outcome, _ header: BatchHeader, _ bytes: RawSpan
    ) throws(LogError) {
        switch outcome {
        case .dropped: return
        case .verbatim: try write(bytes, header)
        case .rewritten(let made): try write(from: output, made)
        }
    }

    private func write(
        from buffer: borrowing ByteBuffer, _ header: BatchHeader
    ) throws(LogError) {
        try write(buffer.bytes, header)
    }

    private func write(_ bytes: RawSpan, _ header: BatchHeader) throws(LogError) {
        let last = header.lastOffset ?? header.baseOffset
        let sizeMax = Int(Int32.max)
        if let open = cleaned?.fits(
            lastOffset: last, size: header.sizeInBytes, sizeMax: sizeMax), !open
        {
            try finishSegment()
        }
        do throws(FileError) {
            if cleaned == nil { try openSegment(at: header) }
            for aborted in group.aborted { cleaned?.append(aborted) }
            group.aborted.removeAll()
            try cleaned?.append(bytes, header)
        } catch {
            throw .file(error)
        }
        moved += bytes.byteCount
    }

    /// Begins the next segment of the group: the first has the first source's name, another that of
    /// its first batch.
    private func openSegment(at header: BatchHeader?) throws(FileError) {
        let slots = groups[group.number]
        let isFirst = group.outputs.isEmpty
        if isFirst {
            for slot in slots {
                let path = survey.segments[slot].paths.transactionIndex
                if try log.surroundings.fileSystem.status(at: path) != nil {
                    group.hasTransactionIndex = true
                }
            }
        }
        let base =
            isFirst
            ? survey.segments[slots.lowerBound].baseOffset
            : header.map { Offset($0.baseOffset) } ?? report.cleanEnd
        cleaned = try CleanedSegment(
            base, in: log.path, indexInterval: log.settings.indexInterval.bytes,
            hasTransactionIndex: group.hasTransactionIndex || !group.aborted.isEmpty,
            identity: log.integrity.identity, now: log.surroundings.clock.wallClock(),
            log.surroundings.fileSystem)
    }

    private func finishSegment() throws(LogError) {
        guard var made = cleaned.take() else { return }
        do throws(FileError) {
            try made.finish()
        } catch {
            cleaned = consume made
            throw .file(error)
        }
        group.outputs.append(
            SegmentReplacement.Output(baseOffset: made.baseOffset, contents: made.contents))
        group.fills.append(made.fill)
    }

    /// Copies what the first look passed.
    private func copy(from copied: Int, _ rest: inout Int) throws(LogError) {
        let segment = survey.segments[slot]
        var copied = copied
        var walk = try BatchWalk(segment, at: copied, through: .flushed)
        while copied < position, rest > 0 {
            let header: BatchHeader
            do {
                guard let next = try walk.header(at: copied) else { break }
                try walk.verify(at: copied, size: next.sizeInBytes)
                header = next
            } catch {
                // It was whole a moment ago.
                if case .log(let error) = error { throw error }
                return try stop(at: error, in: segment, copied)
            }
            try write(walk.window.span(copied..<copied + header.sizeInBytes), header)
            copied += header.sizeInBytes
            rest -= header.sizeInBytes
        }
        group.writing = copied < position ? .copying(copied) : .writing
    }

    // MARK: Replacing

    private func endGroup() throws(LogError) {
        let slots = groups[group.number]
        let sources = Array(survey.segments[slots])
        guard group.writing != .lookingFirst else {
            report.sizeAfter = report.sizeAfter + ByteCount(sources[0].writtenSize)
            report.segmentsAfter += 1
            return startGroup(group.number + 1)
        }
        guard log.holds(sources) else {
            discard()
            return finish(.overtaken)
        }
        if cleaned == nil, group.outputs.isEmpty {
            try wrapping { () throws(FileError) in try openSegment(at: nil) }
        }
        try finishSegment()
        try log.checkpoints.noteRewritten(
            through: survey.segments[slots.upperBound].baseOffset, of: log.name)
        let pending = PendingReplacement(
            replacement: SegmentReplacement(
                folder: log.path, outputs: group.outputs, sources: sources.map(\.baseOffset)),
            sources: sources, made: group.fills.map(segment))
        try log.replace(pending)
        report.sizeAfter = report.sizeAfter + ByteCount(group.fills.reduce(0) { $0 + $1.size })
        report.segmentsAfter += group.fills.count
        startGroup(group.number + 1)
    }

    private func segment(_ fill: SegmentFill) -> Segment {
        let paths = log.files.paths(fill.baseOffset)
        let access = Segment.Access(log.settings.readAccess)
        let segment = Segment(
            paths, size: fill.size, access: access,
            limits: Segment.Limits(
                logSize: log.settings.segmentSizeMax.bytes,
                indexSize: log.settings.indexSizeMax.bytes),
            sidecar: SegmentSidecar(
                paths, of: log.integrity.identity, trust: .found, access: access,
                in: log.surroundings.fileSystem),
            in: log.surroundings.fileSystem)
        if fill.size > 0 { segment.largestTimestamp = fill.largestTimestamp }
        return segment
    }

    private func conclude() throws(LogError) {
        try log.checkpoints.setCompacted(report.cleanEnd, of: log.name)
        if let damage = survey.damage { return finish(.damaged(damage)) }
        finish(report.cleanEnd < report.firstUncleanable ? .mapFull : .done)
    }

    /// Removes what was written and has replaced nothing.
    func discard() {
        // A closed log's folder may have another owner already.
        if case .closed = log.standing {
            _ = cleaned.take()
            return
        }
        var names = group.outputs
        if let made = cleaned.take() {
            names.append(
                SegmentReplacement.Output(baseOffset: made.baseOffset, contents: made.contents))
        }
        group.outputs = []
        guard !names.isEmpty, log.compaction.unfinished == nil else { return }
        var unused = SegmentReplacement(folder: log.path, outputs: names, sources: [])
        do {
            try unused.rollBack(in: log.surroundings.fileSystem)
        } catch {
            log.compaction.unfinished = PendingReplacement(
                replacement: unused, sources: [], made: [])
        }
    }
}
