internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

extension LogRecovery {
    /// Does what the plan says and opens the log's last segment.
    ///
    /// A crash at any point leaves a folder for which the same plan, or what is left of it, is made
    /// again: segments go from the last on, and before the bytes that precede them.
    func apply(_ plan: inout RecoveryPlan) throws(LogError) -> ActiveSegment {
        let active: ActiveSegment
        do {
            active = try perform(&plan)
        } catch {
            throw .file(error)
        }
        try recoverProducers(&plan)
        return active
    }

    /// The segments' files as they were listed; nil where the plan gives or takes names.
    private func names(after plan: RecoveryPlan) -> [SegmentFileName]? {
        plan.changesNames ? nil : seen?.names.segments
    }

    private func recoverProducers(_ plan: inout RecoveryPlan) throws(LogError) {
        var recovery = try ProducerRecovery(
            of: plan.segments, end: plan.ends.written,
            // After a clean close all of it is flushed, with or without a checkpoint's row.
            knownFlushed: wasClosedCleanly ? plan.ends.written : plan.report.knownFlushed,
            folder: folder, names: names(after: plan), in: files.fileSystem)
        recovery.distrusted = integrity.distrustedIndexes
        try recovery.run()
        plan.producers = recovery.states
        plan.snapshots = recovery.snapshots
        plan.report.removedSnapshots = recovery.damagedSnapshots
        for base in recovery.damagedIndexes {
            plan.report.rebuiltIndexes.append(
                RecoveryReport.RebuiltIndex(
                    segment: base,
                    reason: integrity.distrustedIndexes.contains(base)
                        ? "the transaction index is not what was closed"
                        : "the transaction index is none of this segment"))
        }
    }

    private func perform(_ plan: inout RecoveryPlan) throws(FileError) -> ActiveSegment {
        let fileSystem = files.fileSystem
        if wasClosedCleanly, !keepsEnds, seen?.names.has(EndsFile.fileName) ?? true {
            // Ends that another program's clean close left behind must not speak after a crash.
            var stale = EndsFile(folder: folder, last: nil, in: fileSystem)
            try stale.remove()
        }
        for name in plan.removedFiles { try fileSystem.removeFile(folder + "/" + name) }
        for base in plan.removedSegments.reversed() { try files.remove([base]) }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.tornTailKept.isPlanted { plan.isTailCut = false }
        #endif
        if plan.isTailCut, let last = plan.segments.last {
            let file = try OpenFile(last.paths.log, .readWrite, in: fileSystem)
            try file.resize(to: ByteCount(last.writtenSize))
            try file.flush()
        }
        for segment in plan.trimmed {
            let file = try OpenFile(segment.paths.log, .readWrite, in: fileSystem)
            try file.resize(to: ByteCount(segment.writtenSize))
            try file.flush()
        }
        for repair in plan.indexRepairs {
            try repair.apply(isSettled: wasClosedCleanly, in: fileSystem)
        }
        let active = plan.newSegment == nil ? plan.segments.last?.baseOffset : nil
        for repair in plan.sidecars where repair.segment.baseOffset != active {
            try repair.sealAnew(in: fileSystem)
        }
        for segment in plan.segments {
            segment.offsetIndex.forget()
            segment.timeIndex.forget()
        }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.recoveredTailNotFlushed.isPlanted { plan.unflushed = [] }
        #endif
        for bytes in plan.unflushed { try bytes.settle(in: fileSystem) }
        // The program that made some name here may have been killed before it flushed it. Of a log
        // that is new the first segment is still to be made, and its names are flushed then.
        if !wasClosedCleanly, !plan.segments.isEmpty || plan.newSegment == nil {
            try fileSystem.flushDirectory(folder)
        }
        if plan.mustStoreEpochs {
            try WholeFile.store(
                LeaderEpochCheckpoint(plan.epochs).printed(),
                at: folder + "/" + LeaderEpochCheckpoint.fileName, in: fileSystem)
        }
        let end = plan.report.endOffset
        plan.ends = LogEnds(start: plan.ends.start, flushed: end, written: end)
        try clearPoison(&plan)
        return try openActive(&plan)
    }

    /// Tells later openings that what a failed flush had left in doubt is settled: should they go
    /// on to believe the doubt, they would cut what is appended from here on.
    private func clearPoison(_ plan: inout RecoveryPlan) throws(FileError) {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.poisonNotSettled.isPlanted { return }
        #endif
        guard let published = plan.published, published.isPoisoned else { return }
        let size = Int64(plan.segments.last?.writtenSize ?? 0)
        var cleared = PublishedEnds(
            sequence: 0, bootID: bootID,
            segmentBase: plan.segments.last?.baseOffset ?? plan.report.endOffset,
            flushedSize: size, writtenSize: size, ends: plan.ends, isPoisoned: false)
        var file = EndsFile(folder: folder, last: published, in: files.fileSystem)
        try file.publishDurably(cleared)
        cleared.sequence = file.sequence
        plan.published = cleared
    }

    private func openActive(_ plan: inout RecoveryPlan) throws(FileError) -> ActiveSegment {
        if let base = plan.newSegment {
            let made = try files.make(base, expectedSize: settings.segmentSizeMax.bytes)
            let segment = segment(base, size: 0)
            // A damaged segment without a single byte may have had the same name.
            plan.segments.removeAll { $0.baseOffset >= base }
            plan.segments.append(segment)
            return ActiveSegment(
                segment: segment, files: made, fill: SegmentFill(baseOffset: base),
                sidecar: integrity.writer(
                    of: segment, now: integrity.now, in: files.fileSystem))
        }
        guard let last = plan.segments.last, var fill = plan.activeFill else {
            preconditionFailure("a plan names a segment to append to, or makes one")
        }
        // The interval between index entries is counted anew with each opening, as Kafka does.
        fill.bytesSinceIndexEntry = 0
        let opened = try files.open(last.baseOffset, among: names(after: plan) ?? [])
        let repair = plan.sidecars.last { $0.segment.baseOffset == last.baseOffset }
        let sidecar =
            try repair?.writer(in: files.fileSystem)
            ?? integrity.writer(of: last, now: integrity.now, in: files.fileSystem)
        return ActiveSegment(segment: last, files: opened, fill: fill, sidecar: sidecar)
    }
}

extension LogRecovery {
    /// Opens a segment to append to whose `writtenSize` was lowered by a truncation: cuts its file
    /// and takes its indexes back.
    func reopen(_ segment: Segment, end: Offset) throws(LogError) -> ActiveSegment {
        try wrapping { () throws(FileError) in
            let file = try OpenFile(segment.paths.log, .readWrite, in: files.fileSystem)
            try file.resize(to: ByteCount(segment.writtenSize))
            try file.flush()
        }
        segment.offsetIndex.forget()
        segment.timeIndex.forget()
        segment.sidecar?.forget()
        let covered = try integrity.coveredOffset(of: segment)
        let opening = try SegmentOpening(
            segment, below: min(end, covered ?? end), settings: settings)
        var scan = SegmentScan(
            segment, from: opening.fill, expecting: opening.expectedOffset,
            indexInterval: settings.indexInterval.bytes)
        try scan.run(knownFlushed: end, fence: SegmentScan.Fence(below: end))
        let repair = IndexRepair(
            paths: segment.paths, offsetsKept: opening.fill.offsetIndexSize,
            offsetEntries: scan.offsetEntries.bytes.array(),
            timesKept: opening.fill.timeIndexSize, timeEntries: scan.timeEntries.bytes.array())
        var fill = scan.fill
        fill.bytesSinceIndexEntry = 0
        segment.largestTimestamp = fill.largestTimestamp
        let sidecar = integrity.repair(
            of: segment, scan, from: opening.fill.size, isSettled: false, in: files.fileSystem)
        return try wrapping { () throws(FileError) in
            try repair.apply(isSettled: false, in: files.fileSystem)
            segment.offsetIndex.forget()
            segment.timeIndex.forget()
            let opened = try files.open(segment.baseOffset)
            return ActiveSegment(
                segment: segment, files: opened, fill: fill,
                sidecar: try sidecar.writer(in: files.fileSystem))
        }
    }
}
