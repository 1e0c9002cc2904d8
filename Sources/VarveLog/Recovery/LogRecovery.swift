internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Finds out how much of a log is sound, reading no more than lies above the known-flushed offset,
/// and makes the folder agree with what it found.
///
///     trusted segments │ floor of the index ─── known flushed ─── end of the file
///        not read      │        read, checked; damage is     │ read, checked; the first
///                      │        fenced and stepped over      │ defect ends the log
struct LogRecovery {
    let folder: String
    let files: SegmentFiles
    let settings: LogSettings
    /// What the recovery-point checkpoint says of this log.
    let checkpointed: Offset?
    /// What the log-start checkpoint says of it.
    let checkpointedStart: Offset?
    /// Whether the log was closed cleanly, by whoever, and not touched since.
    let wasClosedCleanly: Bool
    let bootID: UniqueID
    let integrity: LogIntegrity
    /// Below this offset compaction may have left gaps; nil when it never ran.
    var compactedTo: Offset?
    /// Whether the ends file still bounds a recovery though the log was closed: the directory's
    /// checkpoints may say less.
    var keepsEnds = false
    /// The folder, where it was looked at, no replacement of segments is to be settled in it, and
    /// nothing was changed since; nil: it is looked at anew.
    var seen: LogFolder?

    private var fileSystem: any FileSystem { files.fileSystem }

    /// How segments are shared with readers.
    func segment(_ base: Offset, size: Int, _ access: Segment.Access? = nil) -> Segment {
        let access = access ?? Segment.Access(settings.readAccess)
        let paths = files.paths(base)
        return Segment(
            paths, size: size, access: access,
            limits: Segment.Limits(
                logSize: settings.segmentSizeMax.bytes, indexSize: settings.indexSizeMax.bytes),
            sidecar: integrity.sidecar(of: paths, access, in: fileSystem),
            in: fileSystem)
    }

    // MARK: Looking

    /// Looks at the folder and decides; changes nothing.
    func plan() throws(LogError) -> RecoveryPlan {
        let listing = try LogFolder(folder, seen: seen, in: fileSystem)
        // After a clean close the checkpoints say it all; a file left from before them is stale.
        let published =
            wasClosedCleanly && !keepsEnds
            ? nil
            : try wrapping { () throws(FileError) in
                try EndsFile.load(folder: folder, in: fileSystem)
            }
        let firstBase = listing.segments.first?.base
        let start = max(
            checkpointedStart ?? .zero, published?.ends.start ?? .zero, firstBase ?? .zero)
        let known = max(checkpointed ?? .zero, published?.ends.flushed ?? .zero, start)
        var plan = RecoveryPlan(
            ends: LogEnds(start: start, flushed: known, written: known), published: published,
            report: RecoveryReport(path: folder, knownFlushed: known, endOffset: known))
        plan.removedFiles = listing.strays
        plan.report.removedFiles = listing.strays
        plan.report.integrity = integrity.findings
        plan.report.damaged = integrity.missing
        try readEpochs(into: &plan, hasBatches: listing.segments.contains { $0.size > 0 })
        try readSegments(listing, known: known, into: &plan)
        finish(&plan, start: start, listing)
        return plan
    }

    /// Trusts what lies below the known-flushed offset and reads what lies above.
    private func readSegments(
        _ listing: LogFolder, known: Offset, into plan: inout RecoveryPlan
    ) throws(LogError) {
        let first = lastSlot(in: listing.segments.count) { listing.segments[$0].base <= known }
        var end = listing.segments.first?.base ?? known
        for (slot, found) in listing.segments.enumerated() {
            let limit = poisonLimit(found.base, published: plan.published)
            if plan.report.cut != nil || limit == 0, slot > 0 {
                drop(found, reason: .failedFlush, at: end, into: &plan)
                continue
            }
            if slot > first ?? 0, found.base > end {
                guard keep(gap: end..<found.base, known: known, in: &plan) else {
                    let defect = BatchDefect.offsetOutOfOrder(
                        baseOffset: found.base.rawValue, expected: end.rawValue)
                    drop(found, reason: .defect(defect), at: end, into: &plan)
                    continue
                }
            }
            let segment = segment(found.base, size: min(found.size, limit ?? found.size))
            plan.segments.append(segment)
            if slot < first ?? 0 {
                let inspection = try IndexInspection(of: segment, settings: settings)
                end = listing.segments[slot + 1].base
                let newest = try checkEnd(
                    of: found, from: inspection.lastPosition, before: end, into: &plan)
                // All but the last of them were closed before the next one was made.
                let isLast = slot + 1 == first
                let distrust = try inspection.distrust(of: segment, newest: isLast ? newest : .none)
                try checkIndexes(of: segment, distrust, before: end, into: &plan)
                if isLast, distrust == nil, integrity.isUnsealed(segment), !wasClosedCleanly {
                    try renewSidecar(of: segment, before: end, into: &plan)
                }
                continue
            }
            end = max(end, found.base)
            var fence = SegmentScan.Fence(below: known)
            if !isAnythingKnown(plan) {
                let next = listing.segments.dropFirst(slot + 1).first?.base
                fence = SegmentScan.Fence(below: max(known, next ?? known), keepsWhatFollows: true)
            }
            try read(segment, fileSize: found.size, fence, end: &end, into: &plan)
        }
        plan.report.endOffset = end
        plan.ends = LogEnds(
            start: min(plan.ends.start, end), flushed: min(known, end), written: end)
    }

    /// Whether some file says how far the log was flushed. None does of a folder that was copied
    /// without its directory's checkpoints, or whose checkpoints were lost.
    private func isAnythingKnown(_ plan: RecoveryPlan) -> Bool {
        checkpointed != nil || plan.published != nil
    }

    /// Whether a segment stays that starts behind a gap. Compaction leaves gaps, but not in a log
    /// that this engine left: there the end of the segment before was lost, and what follows a lost
    /// end goes with it, unless the lost part was flushed once and is damage therefore. A gap wider
    /// than a segment can be is one of batches that were sent with their offsets.
    private func keep(
        gap: Range<Offset>, known: Offset, in plan: inout RecoveryPlan
    ) -> Bool {
        let isTooWide = gap.lowerBound.distance(to: gap.upperBound) > Int64(Int32.max)
        guard plan.published != nil, !isTooWide, !isCompacted(gap) else {
            plan.report.gaps.append(gap)
            return true
        }
        guard gap.lowerBound < known else { return false }
        plan.report.damaged.append(missing(gap, behind: plan.segments.last))
        return true
    }

    /// Whether compaction may have taken what is missing, as Kafka's does at the ends of segments.
    private func isCompacted(_ gap: Range<Offset>) -> Bool {
        compactedTo.map { gap.upperBound <= $0 } ?? false
    }

    /// Records that were flushed and are not there, at the end of a segment.
    private func missing(_ offsets: Range<Offset>, behind segment: Segment?) -> CorruptRange {
        let end = FilePosition(segment?.writtenSize ?? 0)
        return CorruptRange(
            path: segment?.paths.log ?? folder, positions: end..<end, offsets: offsets,
            defect: .truncated(needed: 1, available: 0))
    }

    /// How many bytes of a segment may be believed after a failed flush; nil when there was none.
    private func poisonLimit(_ base: Offset, published: PublishedEnds?) -> Int? {
        guard let published, published.isPoisoned, base >= published.segmentBase else {
            return nil
        }
        return base == published.segmentBase ? Int(published.flushedSize) : 0
    }

    private func read(
        _ segment: Segment, fileSize: Int, _ fence: SegmentScan.Fence, end: inout Offset,
        into plan: inout RecoveryPlan
    ) throws(LogError) {
        let known = plan.report.knownFlushed
        let covered = try integrity.coveredOffset(of: segment)
        let opening = try SegmentOpening(
            segment, below: min(known, covered ?? known), settings: settings)
        if let reason = opening.distrust {
            plan.report.rebuiltIndexes.append(
                RecoveryReport.RebuiltIndex(segment: segment.baseOffset, reason: reason))
        }
        var scan = SegmentScan(
            segment, from: opening.fill, expecting: opening.expectedOffset,
            indexInterval: settings.indexInterval.bytes)
        try scan.run(knownFlushed: known, fence: fence)
        plan.report.scannedSize = plan.report.scannedSize + ByteCount(scan.scannedSize)
        plan.report.damaged += scan.damaged
        noteEpochs(scan.epochs, into: &plan)
        var sealed = scan.fill
        plan.indexRepairs.append(
            IndexRepair(
                paths: segment.paths, offsetsKept: opening.fill.offsetIndexSize,
                offsetEntries: scan.offsetEntries.bytes.array(),
                timesKept: opening.fill.timeIndexSize,
                timeEntries: scan.timeEntries.bytes.array(),
                closingTime: sealed.takeTimeEntry()?.bytes ?? []))
        plan.sidecars.append(
            integrity.repair(
                of: segment, scan, from: opening.fill.size, isSettled: wasClosedCleanly,
                in: fileSystem))
        integrity.report(segment, into: &plan.report)
        end = max(end, scan.endOffset)
        plan.activeFill = scan.endsInDamage ? nil : scan.fill
        if let position = scan.unflushedPosition {
            plan.unflushed.append(
                UnflushedBytes(path: segment.paths.log, positions: position..<scan.fill.size))
        }
        segment.largestTimestamp = scan.fill.largestTimestamp
        if scan.fill.size < fileSize {
            let reason = scan.stop.map { RecoveryReport.Reason.defect($0) } ?? .failedFlush
            try cut(segment, fileSize: fileSize, at: scan.fill.size, reason, end, into: &plan)
        }
    }

    /// Damage ran to the end, or records that were flushed are missing there: the log goes on in a
    /// new segment behind them.
    private func finish(_ plan: inout RecoveryPlan, start: Offset, _ listing: LogFolder) {
        let known = plan.report.knownFlushed
        if plan.report.endOffset < known {
            plan.report.damaged.append(
                missing(plan.report.endOffset..<known, behind: plan.segments.last))
            plan.report.endOffset = known
            plan.activeFill = nil
        }
        if plan.activeFill == nil { plan.newSegment = plan.report.endOffset }
        let active = plan.newSegment == nil ? plan.segments.last?.baseOffset : nil
        for slot in plan.indexRepairs.indices
        where plan.indexRepairs[slot].paths.baseOffset != active {
            plan.indexRepairs[slot].timeEntries += plan.indexRepairs[slot].closingTime
        }
        let end = plan.report.endOffset
        plan.ends = LogEnds(start: min(start, end), flushed: min(known, end), written: end)
        if plan.epochs.truncate(toEnd: end.advanced(byExactly: 1) ?? end) {
            plan.mustStoreEpochs = true
        }
    }

    // MARK: Cutting

    /// Where the bytes end that may be of records: zeros behind them were written ahead, unless the
    /// owner said that it had come further.
    private func tailEnd(
        of segment: Segment, from position: Int, fileSize: Int, _ published: PublishedEnds?
    ) -> Int {
        let found = TrailingZeros.start(
            in: segment.paths.log, from: position, to: fileSize, fileSystem)
        guard let published, published.segmentBase == segment.baseOffset else { return found }
        return max(found, min(Int(clamping: published.writtenSize), fileSize))
    }

    private func cut(
        _ segment: Segment, fileSize: Int, at position: Int, _ reason: RecoveryReport.Reason,
        _ end: Offset, into plan: inout RecoveryPlan
    ) throws(LogError) {
        let tailEnd = tailEnd(of: segment, from: position, fileSize: fileSize, plan.published)
        guard tailEnd > position else {
            guard segment.withdraw(to: position) else { throw .pinned(path: segment.paths.log) }
            plan.report.trimmedSize = plan.report.trimmedSize + ByteCount(fileSize - position)
            return plan.trimmed.append(segment)
        }
        // What lies behind the end is looked through for whole batches: they may be acknowledged.
        let whole = self.segment(segment.baseOffset, size: fileSize)
        var tail = CutTail()
        try tail.count(in: whole, from: position, expected: end)
        guard segment.withdraw(to: position) else { throw .pinned(path: segment.paths.log) }
        // A batch has zeros of its own, and what a write left of it ends where a sector does.
        let sectors = (max(tailEnd, tail.endPosition) + Self.sectorSize - 1) / Self.sectorSize
        let cutEnd = min(fileSize, sectors * Self.sectorSize)
        plan.report.trimmedSize = plan.report.trimmedSize + ByteCount(fileSize - cutEnd)
        plan.isTailCut = true
        plan.report.cut = RecoveryReport.Cut(
            path: segment.paths.log, position: FilePosition(position), reason: reason,
            size: ByteCount(cutEnd - position), batches: tail.batches, records: tail.records,
            removedSegments: [], standing: standing(of: tail, from: end, plan.published))
    }

    /// What a disk writes whole.
    private static let sectorSize = 512

    private func drop(
        _ found: (base: Offset, size: Int), reason: RecoveryReport.Reason, at end: Offset,
        into plan: inout RecoveryPlan
    ) {
        plan.removedSegments.append(found.base)
        var tail = CutTail()
        // An unreadable segment counts no batches; it goes all the same.
        try? tail.count(in: segment(found.base, size: found.size), from: 0, expected: found.base)
        guard var cut = plan.report.cut else {
            let last = plan.segments.last
            plan.report.cut = RecoveryReport.Cut(
                path: last?.paths.log ?? files.paths(found.base).log,
                position: FilePosition(last?.writtenSize ?? 0), reason: reason,
                size: ByteCount(found.size), batches: tail.batches, records: tail.records,
                removedSegments: [found.base],
                standing: standing(of: tail, from: end, plan.published))
            return
        }
        cut.size = cut.size + ByteCount(found.size)
        cut.batches += tail.batches
        cut.records = cut.records + tail.records
        cut.removedSegments.append(found.base)
        if let last = tail.endOffset { cut.standing = cut.standing.extended(to: last) }
        plan.report.cut = cut
    }

    private func standing(
        of tail: CutTail, from end: Offset, _ published: PublishedEnds?
    ) -> RecoveryReport.Standing {
        let isProven = published.map {
            settings.flushPolicy == .durable && $0.bootID == bootID && $0.ends.flushed <= end
        }
        if isProven == true { return .neverAcknowledged }
        let ends = [tail.endOffset, tail.claimedEnd, published?.ends.written]
        let least = end.advanced(byExactly: 1) ?? end
        return .possiblyAcknowledged(end..<ends.reduce(least) { max($0, $1 ?? $0) })
    }

    // MARK: Indexes and epochs

    /// Whether a trusted segment's indexes can be what it was sealed with; a look at their sizes
    /// and last entries, not at the batches.
    private func checkIndexes(
        of segment: Segment, _ distrust: String?, before next: Offset,
        into plan: inout RecoveryPlan
    ) throws(LogError) {
        guard let reason = distrust else { return }
        var scan = SegmentScan(
            segment, from: SegmentFill(baseOffset: segment.baseOffset),
            expecting: segment.baseOffset, indexInterval: settings.indexInterval.bytes)
        try scan.run(knownFlushed: next, fence: SegmentScan.Fence(below: next))
        var fill = scan.fill
        var times = scan.timeEntries.bytes.array()
        if let closing = fill.takeTimeEntry() { times += closing.bytes }
        plan.report.damaged += scan.damaged
        plan.report.scannedSize = plan.report.scannedSize + ByteCount(scan.scannedSize)
        plan.report.rebuiltIndexes.append(
            RecoveryReport.RebuiltIndex(segment: segment.baseOffset, reason: reason))
        plan.indexRepairs.append(
            IndexRepair(
                paths: segment.paths, offsetsKept: 0,
                offsetEntries: scan.offsetEntries.bytes.array(), timesKept: 0,
                timeEntries: times, isReplacement: true))
        plan.sidecars.append(
            integrity.repair(
                of: segment, scan, from: 0, isSettled: wasClosedCleanly, in: fileSystem))
    }

    /// Makes the sidecar of a trusted segment whole that its writer did not come to seal.
    private func renewSidecar(
        of segment: Segment, before next: Offset, into plan: inout RecoveryPlan
    ) throws(LogError) {
        var scan = SegmentScan(
            segment, from: SegmentFill(baseOffset: segment.baseOffset),
            expecting: segment.baseOffset, indexInterval: settings.indexInterval.bytes)
        try scan.run(knownFlushed: next, fence: SegmentScan.Fence(below: next))
        plan.report.damaged += scan.damaged
        plan.report.scannedSize = plan.report.scannedSize + ByteCount(scan.scannedSize)
        plan.sidecars.append(
            integrity.repair(of: segment, scan, from: 0, isSettled: false, in: fileSystem))
    }

    /// Whether a trusted segment reaches to the next one: its file may have been cut where a batch
    /// starts, which no read would notice. Reads what lies behind the last index entry.
    /// - Returns: the largest timestamp there; none where it cannot be told.
    private func checkEnd(
        of found: (base: Offset, size: Int), from position: Int, before next: Offset,
        into plan: inout RecoveryPlan
    ) throws(LogError) -> Timestamp {
        guard next > plan.ends.start else { return .none }
        // A copying look, so that not every segment stays mapped.
        let segment = segment(found.base, size: found.size, .copied)
        var walk = try BatchWalk(segment, at: position, through: .includingUnflushed)
        var position = (try? walk.header(at: position)) == nil ? 0 : position
        var end = found.base
        var newest = Timestamp.none
        do {
            while let header = try walk.header(at: position) {
                position += header.sizeInBytes
                newest = max(newest, Timestamp(milliseconds: header.maxTimestamp))
                end = Offset(header.lastOffset ?? header.baseOffset).advanced(by: 1)
            }
        } catch {
            // Damage is found, and named, by whoever reads there.
            return .none
        }
        guard end < next else { return newest }
        if plan.published == nil || isCompacted(end..<next) {
            plan.report.gaps.append(end..<next)
        } else {
            plan.report.damaged.append(missing(end..<next, behind: segment))
        }
        return newest
    }

    private func readEpochs(
        into plan: inout RecoveryPlan, hasBatches: Bool
    ) throws(LogError) {
        let path = folder + "/" + LeaderEpochCheckpoint.fileName
        do {
            if integrity.distrustsEpochs {
                plan.report.rebuiltEpochs = true
            } else if let found = try LeaderEpochCheckpoint.load(path, in: fileSystem) {
                plan.epochs = found.history
            } else {
                plan.report.rebuiltEpochs = hasBatches
            }
        } catch {
            guard case .defect = error else { throw .checkpoint(error) }
            plan.report.rebuiltEpochs = true
        }
        plan.mustStoreEpochs = plan.report.rebuiltEpochs
        guard plan.report.rebuiltEpochs else { return }
        for found in try LogFolder(folder, in: fileSystem).segments {
            noteEpochs(try epochs(in: segment(found.base, size: found.size)), into: &plan)
        }
    }

    /// The epochs that a segment's headers show, up to the first defect.
    private func epochs(in segment: Segment) throws(LogError) -> [LeaderEpochEntry] {
        var found: [LeaderEpochEntry] = []
        var walk = try BatchWalk(segment, at: 0, through: .includingUnflushed)
        var position = 0
        while let header = try? walk.header(at: position) {
            if let epoch = LeaderEpoch(exactly: header.partitionLeaderEpoch),
                found.last.map({ $0.epoch != epoch }) ?? true
            {
                found.append(LeaderEpochEntry(epoch, from: Offset(header.baseOffset)))
            }
            position += header.sizeInBytes
        }
        return found
    }

    private func noteEpochs(_ entries: [LeaderEpochEntry], into plan: inout RecoveryPlan) {
        for entry in entries where plan.epochs.latest.map({ entry.epoch > $0.epoch }) ?? true {
            plan.epochs.append(entry.epoch, from: entry.startOffset)
            plan.mustStoreEpochs = true
        }
    }
}
