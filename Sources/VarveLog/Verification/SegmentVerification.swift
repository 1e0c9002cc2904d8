internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Goes through one segment: every batch, every record, and its indexes beside them.
struct SegmentVerification: ~Copyable {
    /// What the log knows when a segment begins.
    struct Setting {
        var path: String
        /// Where the segment before ended; nil for the first.
        var expected: Offset?
        /// The epoch of the last batch before.
        var epoch: LeaderEpoch?
        /// Offsets below this one may have been compacted away; nil when that is not known.
        var compactedTo: Offset?
        /// Everything below was flushed.
        var knownFlushed: Offset
        /// Whether another segment follows.
        var isSealed: Bool
        var history: LeaderEpochHistory?
    }

    private let setting: Setting
    private var offsets: OffsetIndexCheck
    private var times: TimeIndexCheck
    private(set) var sidecar: SidecarVerification?
    /// What `BatchCheck.records` needs.
    private var decompressor: Decompressor?
    private var scratch = ByteBuffer(capacity: 4096)
    private var expected: Offset?
    private(set) var epoch: LeaderEpoch?
    /// The offset after the last whole batch.
    private(set) var endOffset: Offset
    /// Whether bytes behind the last whole batch are none.
    private(set) var isTorn = false
    /// Epochs that the checkpoint does not have, once each.
    private var contradicted: Set<LeaderEpoch> = []

    init(
        _ setting: Setting, offsets: OffsetIndexCheck, times: TimeIndexCheck,
        sidecar: SidecarVerification? = nil
    ) {
        self.setting = setting
        self.sidecar = sidecar
        self.offsets = offsets
        self.times = times
        expected = setting.expected
        epoch = setting.epoch
        endOffset = .zero
    }

    /// Reads the segment to its end.
    mutating func run(
        _ scope: inout VerificationScope, _ producers: inout ProducerVerification
    ) throws(LogError) {
        var file = try BatchFile(setting.path, .mapped, sidecar: nil, in: scope.fileSystem)
        endOffset = file.baseOffset
        expected = expected ?? file.baseOffset
        if let end = setting.expected, file.baseOffset < end {
            scope.find(.overlap(end: end), in: setting.path)
        }
        while !scope.isStopped(), let step = try file.next() {
            try take(step, of: &file, &scope, &producers)
        }
        endOffset = max(endOffset, file.endOffset)
    }

    private mutating func take(
        _ step: BatchFile.Step, of file: inout BatchFile, _ scope: inout VerificationScope,
        _ producers: inout ProducerVerification
    ) throws(LogError) {
        switch step {
        case .batch(let header, let position):
            guard let look = look(header, file, at: position) else {
                guard let copy = try file.nextAgain() else { return }
                return try take(copy, of: &file, &scope, &producers)
            }
            let whole = check(header, look, at: position, &scope)
            producers.take(header, file.batchBytes, &scope)
            scope.didTake(whole, of: setting.path)
        case .damage(let range):
            producers.didMeetDamage()
            let isLast = range.positions.upperBound.bytes == file.size.bytes
            note(range, isLast: isLast, isBlank: isLast && file.isBlank(range), &scope)
            scope.didRead(
                range.positions.upperBound.bytes - range.positions.lowerBound.bytes,
                of: setting.path)
        }
    }

    /// What the bytes of a batch say, besides its header and its checksum.
    private struct Look {
        var integrity: IntegrityDefect?
        var contents: Result<BatchContents, BatchDefect>

        var isSound: Bool {
            guard case .success = contents else { return false }
            return integrity == nil
        }
    }

    /// - Returns: nil where a copy of the batch has to decide: its file lost it meanwhile, or may
    ///   have been changed by its owner.
    private mutating func look(
        _ header: BatchHeader, _ file: borrowing BatchFile, at position: FilePosition
    ) -> Look? {
        guard file.isBatchMapped else { return look(header, file.batchBytes, at: position) }
        let bytes = file.batchBytes
        guard let look = GuardedBytes.shielding(bytes, { look(header, bytes, at: position) }),
            look.isSound
        else { return nil }
        return look
    }

    private mutating func look(
        _ header: BatchHeader, _ bytes: RawSpan, at position: FilePosition
    ) -> Look {
        let integrity = sidecar?.defect(of: bytes, at: position)
        let decompressor = decompressor ?? Decompressor()
        self.decompressor = decompressor
        do throws(BatchDefect) {
            let contents = try BatchCheck.records(
                bytes, header: header, rules: .stored, decompressor: decompressor,
                scratch: &scratch)
            return Look(integrity: integrity, contents: .success(contents))
        } catch {
            return Look(integrity: integrity, contents: .failure(error))
        }
    }

    /// - Returns: the header, of a wrapper of magic 0 or 1 with what is known inside only.
    private mutating func check(
        _ header: BatchHeader, _ look: Look, at position: FilePosition,
        _ scope: inout VerificationScope
    ) -> BatchHeader {
        let positions = position..<position.advanced(by: header.sizeInBytes)
        if let defect = look.integrity {
            let base = Offset(exactly: header.baseOffset) ?? endOffset
            let end = header.lastOffset.flatMap { Offset(exactly: $0)?.advanced(byExactly: 1) }
            scope.find(
                .brokenBatch(.integrity(defect)), in: setting.path, at: positions,
                offsets: base..<max(base, end ?? base))
        }
        var header = header
        if case .success(let contents) = look.contents { header = header.completed(by: contents) }
        let base = Offset(header.baseOffset)
        let end = Offset(header.lastOffset ?? header.baseOffset).advanced(byExactly: 1) ?? base
        checkOrder(base..<end, positions, &scope)
        checkEpoch(header, base..<end, positions, &scope)
        switch look.contents {
        case .success(let contents):
            guard let latest = contents.times?.latest, latest.milliseconds > header.maxTimestamp
            else { break }
            scope.find(
                .note(
                    "a record has timestamp \(latest), the batch says at most "
                        + "\(header.maxTimestamp)"),
                in: setting.path, at: positions, offsets: base..<end)
        case .failure(let defect):
            scope.find(.brokenRecords(defect), in: setting.path, at: positions, offsets: base..<end)
        }
        offsets.take(header, at: position.bytes)
        times.take(header)
        expected = end
        return header
    }

    private func checkOrder(
        _ batch: Range<Offset>, _ positions: Range<FilePosition>,
        _ scope: inout VerificationScope
    ) {
        guard let expected, batch.lowerBound != expected else { return }
        guard batch.lowerBound > expected else {
            scope.find(
                .offsetOrder(expected: expected, found: batch.lowerBound), in: setting.path,
                at: positions, offsets: batch)
            return
        }
        reportMissing(expected..<batch.lowerBound, before: positions.lowerBound, &scope)
    }

    /// Offsets without a batch: lost, unless compaction may have taken them.
    private func reportMissing(
        _ missing: Range<Offset>, before position: FilePosition, _ scope: inout VerificationScope
    ) {
        let positions = position..<position
        guard let compactedTo = setting.compactedTo else {
            return scope.find(.gap, in: setting.path, at: positions, offsets: missing)
        }
        if missing.upperBound > compactedTo {
            scope.find(.missingOffsets, in: setting.path, at: positions, offsets: missing)
        }
    }

    private mutating func checkEpoch(
        _ header: BatchHeader, _ batch: Range<Offset>, _ positions: Range<FilePosition>,
        _ scope: inout VerificationScope
    ) {
        guard let found = LeaderEpoch(exactly: header.partitionLeaderEpoch) else {
            if header.partitionLeaderEpoch != -1 {
                scope.find(
                    .epochUnlawful(header.partitionLeaderEpoch), in: setting.path, at: positions,
                    offsets: batch)
            }
            return
        }
        if let epoch, found < epoch {
            scope.find(
                .epochOrder(found, after: epoch), in: setting.path, at: positions, offsets: batch)
        } else {
            epoch = found
        }
        guard let history = setting.history else { return }
        // Where a log starts later than its first segment, its epochs do too.
        if let first = history.entries.first, batch.lowerBound < first.startOffset { return }
        let stated = history.epoch(at: batch.lowerBound)
        if stated != found, contradicted.insert(found).inserted {
            scope.find(
                .epochCheckpoint(batch: found, checkpoint: stated), in: setting.path,
                at: positions, offsets: batch)
        }
    }

    private mutating func note(
        _ range: CorruptRange, isLast: Bool, isBlank: Bool, _ scope: inout VerificationScope
    ) {
        offsets.skip(range.positions.lowerBound.bytes..<range.positions.upperBound.bytes)
        times.skip()
        let isTail = isLast && !setting.isSealed && range.offsets.lowerBound >= setting.knownFlushed
        isTorn = isTorn || isTail
        if isTail, isBlank { return scope.find(.writtenAhead, in: range.path, at: range.positions) }
        scope.find(
            isTail ? .tornTail(range.defect) : .brokenBatch(range.defect), in: range.path,
            at: range.positions,
            offsets: range.offsets.isEmpty ? nil : range.offsets)
        expected = range.offsets.upperBound
    }

    /// Reports what the batches say of the indexes.
    consuming func finish(
        _ indexes: SegmentIndexes, _ scope: inout VerificationScope
    ) {
        offsets.finish()
        let isClosed = times.finish()
        indexes.report(offsets.firstWrong, offsets.wrong, in: .offsets, &scope)
        indexes.report(times.firstWrong, times.wrong, in: .times, &scope)
        if !isClosed, setting.isSealed, times.firstWrong == nil, indexes.hasTimes {
            scope.find(
                .indexIncomplete("the entry with the segment's largest timestamp is missing"),
                in: indexes.paths.timeIndex)
        }
    }
}
