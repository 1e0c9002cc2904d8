internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

extension Log {
    /// What is known to be damaged: found by this opening, by reads, and by those before it.
    public var quarantine: Quarantine { published.damage.quarantine }

    /// Stores what was found since; `DataDirectory.checkpoint` and `close` do it as well. Nothing
    /// is lost without it, damage is found again.
    public func storeQuarantine() throws(LogError) {
        try published.damage.store(in: path, surroundings.fileSystem)
    }

    /// Takes up what earlier openings knew, where it still holds, and what this one found.
    func takeUpQuarantine() {
        let file = path + "/" + Quarantine.fileName
        let known: Quarantine
        do {
            known = try Quarantine.load(file, in: surroundings.fileSystem) ?? Quarantine()
        } catch {
            // Rubbish is replaced, or goes.
            known = Quarantine()
            published.damage.mustStore()
        }
        for range in known.ranges where stillHolds(range) {
            published.damage.take(up: range)
        }
        if published.damage.quarantine != known { published.damage.mustStore() }
        for range in recovery.damaged { published.damage.note(range) }
        try? storeQuarantine()
    }

    /// Whether the bytes, or the gap, are as damaged as they were. Somebody may have copied a good
    /// file over the bad one, or another program cut the log.
    private func stillHolds(_ range: FencedRange) -> Bool {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.fenceKept.isPlanted { return true }
        #endif
        guard range.offsets.upperBound > ends.start, range.offsets.lowerBound < ends.written,
            let segment = segments.first(where: { $0.baseOffset == range.segment })
        else { return false }
        if range.positions.isEmpty { return !reader.hasBatch(in: range.offsets) }
        return reader.damage(at: range, in: segment, .includingUnflushed) != nil
    }

    /// Forgets fences around bytes that are no longer in the log.
    func trimQuarantine() {
        let ends = ends
        published.damage.remove {
            $0.offsets.upperBound <= ends.start || $0.offsets.lowerBound >= ends.written
        }
    }
}

extension LogReader {
    /// What is known to be damaged in the log.
    public var quarantine: Quarantine { published.damage.quarantine }

    /// The error for an offset that is fenced, without a search for how far the damage reaches; nil
    /// when it is not, or when the bytes are sound now.
    func fenced(
        _ offset: Offset, in segment: Segment, _ visibility: Visibility
    ) -> LogError? {
        guard let fence = published.damage.fence(holding: offset),
            fence.segment == segment.baseOffset, !fence.positions.isEmpty
        else { return nil }
        return damage(at: fence, in: segment, visibility).map { .corrupt($0) }
    }

    /// The error for an offset that was in the log and is missing.
    func missing(_ offset: Offset) -> LogError? {
        guard let fence = published.damage.fence(holding: offset), fence.positions.isEmpty,
            let segment = published.segments(from: fence.segment, count: 1).first
        else { return nil }
        return .corrupt(
            CorruptRange(
                path: segment.paths.log, positions: fence.positions, offsets: fence.offsets,
                defect: .truncated(needed: 1, available: 0)))
    }

    /// The damage that a fence tells of, if its first bytes still are no batch of the log.
    func damage(
        at fence: FencedRange, in segment: Segment, _ visibility: Visibility
    ) -> CorruptRange? {
        let position = fence.positions.lowerBound.bytes
        do {
            var walk = try BatchWalk(segment, at: position, through: visibility)
            guard position < walk.end, let header = try walk.header(at: position) else {
                return nil
            }
            try walk.verify(at: position, size: header.sizeInBytes)
            guard header.baseOffset < fence.offsets.lowerBound.rawValue else { return nil }
            return range(
                fence, in: segment,
                .offsetOutOfOrder(
                    baseOffset: header.baseOffset, expected: fence.offsets.lowerBound.rawValue))
        } catch WalkFailure.defect(let defect) {
            return range(fence, in: segment, defect)
        } catch {
            return range(fence, in: segment, .unreadable)
        }
    }

    private func range(
        _ fence: FencedRange, in segment: Segment, _ defect: BatchDefect
    ) -> CorruptRange {
        CorruptRange(
            path: segment.paths.log, positions: fence.positions, offsets: fence.offsets,
            defect: defect)
    }

    /// Whether some batch has offsets of this range.
    fileprivate func hasBatch(in offsets: Range<Offset>) -> Bool {
        guard
            case .batches(let found)? = try? read(
                from: offsets.lowerBound, through: .includingUnflushed)
        else { return false }
        return found.offsets.lowerBound < offsets.upperBound
    }
}
