internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// What a batch is to a cleaning, found out from what precedes and follows it.
struct BatchRole: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case records
        /// Records of an aborted transaction.
        case aborted
        /// The marker of a transaction of which there are batches, or another control record.
        case control
        /// The marker of a transaction of which nothing else is there.
        case loneMarker
    }

    var content: Content
    /// Whether the header stays when no record does.
    var keepsHeader: Bool
}

/// Makes of each batch what is to stay of it. Keeps its memory from batch to batch; touches no
/// file.
struct BatchRewriter: ~Copyable {
    let rule: RetentionRule
    let hasher: KeyHasher
    private let decompressor = Decompressor()
    private let compressor = Compressor()
    private var builder = RecordBatchBuilder()
    /// For each record of the batch whether it stays.
    private var stays: [Bool] = []

    init(_ rule: RetentionRule, _ hasher: KeyHasher) {
        self.rule = rule
        self.hasher = hasher
    }

    /// What became of a batch. Its new bytes, if it has any, are at the end of the output.
    enum Outcome: Hashable {
        /// Nothing was written: the batch is to be copied as it is.
        case verbatim
        case rewritten(BatchHeader)
        case dropped
    }

    /// What of the records of a batch is to stay.
    private struct Verdict {
        var kept = 0
        /// The delete horizon that it gets; nil when it keeps what it has.
        var horizon: Timestamp?
    }

    /// Appends what is to stay of `batch`, unless that is all of it.
    /// - Parameters:
    ///   - batch: whole, its frame checked.
    ///   - scratch: takes the records of a compressed batch; its bytes are overwritten.
    /// - Throws: a malformed record, with nothing appended.
    mutating func rewrite(
        _ batch: RawSpan, _ header: BatchHeader, as role: BatchRole, _ map: borrowing OffsetMap,
        scratch: inout ByteBuffer, into output: inout ByteBuffer, _ tally: inout CleaningTally
    ) throws(BatchDefect) -> Outcome {
        scratch.removeAll()
        var verdict = Verdict()
        switch role.content {
        case .control:
            tally.batchesVerbatim += 1
            tally.markersKept += 1
            return .verbatim
        case .aborted: tally.recordsAborted += Int64(header.recordsCount)
        case .loneMarker: verdict = judgeMarker(header, &tally)
        case .records: verdict = try judge(batch, header, map, &scratch, &tally)
        }
        guard verdict.kept > 0 else { return empty(header, role, into: &output, &tally) }
        if verdict.kept == Int(header.recordsCount), verdict.horizon == nil {
            tally.batchesVerbatim += 1
            return .verbatim
        }
        let start = output.count
        do {
            let made = try rebuild(batch, header, verdict, scratch, into: &output)
            tally.batchesRebuilt += 1
            return .rewritten(made)
        } catch {
            // Offsets that do not grow, or times too far apart, which only wild writers make: what
            // cannot be made anew stays whole, since more than must stay may.
            output.truncate(to: start)
            if case .batch(let defect) = error { throw defect }
            tally.batchesUnwieldy += 1
            return .verbatim
        }
    }

    /// Leaves the header of a batch, or nothing.
    private func empty(
        _ header: BatchHeader, _ role: BatchRole, into output: inout ByteBuffer,
        _ tally: inout CleaningTally
    ) -> Outcome {
        guard role.keepsHeader else {
            tally.batchesDropped += 1
            return .dropped
        }
        guard header.recordsCount > 0 else {
            tally.batchesVerbatim += 1
            return .verbatim
        }
        tally.batchesEmptied += 1
        return .rewritten(EmptyBatch.append(replacing: header, to: &output))
    }

    private mutating func judgeMarker(
        _ header: BatchHeader, _ tally: inout CleaningTally
    ) -> Verdict {
        let count = Int(header.recordsCount)
        let offset = Offset(header.lastOffset ?? header.baseOffset)
        // A header without its marker has nothing left that could be waited for.
        guard count > 0, !rule.mayDropMarker(at: offset, horizon: header.deleteHorizon) else {
            tally.markersDropped += Int64(min(count, 1))
            return Verdict()
        }
        tally.markersKept += 1
        stays.removeAll(keepingCapacity: true)
        stays.append(contentsOf: repeatElement(true, count: count))
        return Verdict(kept: count, horizon: rule.newHorizon(replacing: header.deleteHorizon))
    }

    private mutating func judge(
        _ batch: RawSpan, _ header: BatchHeader, _ map: borrowing OffsetMap,
        _ scratch: inout ByteBuffer, _ tally: inout CleaningTally
    ) throws(BatchDefect) -> Verdict {
        let view = try RecordBatchView(batch)
        stays.removeAll(keepingCapacity: true)
        if view.isCompressed {
            try view.expand(with: decompressor, into: &scratch, budget: .standard)
            return try judge(view.records(in: scratch.bytes), header, map, &tally)
        }
        return try judge(view.records, header, map, &tally)
    }

    private mutating func judge(
        _ records: consuming RecordCursor, _ header: BatchHeader, _ map: borrowing OffsetMap,
        _ tally: inout CleaningTally
    ) throws(BatchDefect) -> Verdict {
        var records = records
        var verdict = Verdict()
        var counted = CleaningTally()
        var (holdsTombstone, holdsLater) = (false, false)
        while let record = try records.next() {
            let hasKey = record.key != nil
            let isTombstone = hasKey && record.value == nil
            var latest: Offset?
            if let key = record.key, record.offset < rule.mapEnd {
                latest = map.latest(of: hasher.digest(of: key))
            }
            let fate = rule.fate(
                at: record.offset, hasKey: hasKey, hasValue: record.value != nil, latest: latest,
                horizon: header.deleteHorizon)
            counted.count(fate, isTombstone: isTombstone)
            stays.append(fate == .kept)
            guard fate == .kept else { continue }
            verdict.kept += 1
            if isTombstone {
                holdsTombstone = true
                holdsLater = holdsLater || record.offset >= rule.mapEnd
            }
        }
        // The horizon is the batch's. It is not set as long as one of its tombstones still has
        // older records of its key before it: readers must have the time to see that one, too.
        if holdsTombstone, !holdsLater {
            verdict.horizon = rule.newHorizon(replacing: header.deleteHorizon)
        }
        tally.add(counted)
        return verdict
    }

    private enum RebuildFailure: Error {
        case batch(BatchDefect)
        case build(BatchBuildError)
    }

    private mutating func rebuild(
        _ batch: RawSpan, _ header: BatchHeader, _ verdict: Verdict,
        _ expanded: borrowing ByteBuffer, into output: inout ByteBuffer
    ) throws(RebuildFailure) -> BatchHeader {
        var settings = BatchSettings(of: header)
        if let horizon = verdict.horizon { settings.deleteHorizon = horizon }
        builder.begin(settings)
        do throws(BatchDefect) {
            let view = try RecordBatchView(batch)
            if view.isCompressed {
                try Self.copy(view.records(in: expanded.bytes), stays, to: &builder)
            } else {
                try Self.copy(view.records, stays, to: &builder)
            }
        } catch {
            throw .batch(error)
        }
        guard Int(builder.count) == verdict.kept else { throw .build(.empty) }
        builder.cover(throughOffsetDelta: header.lastOffsetDelta)
        do throws(BatchBuildError) {
            return try builder.finish(with: compressor, into: &output)
        } catch {
            throw .build(error)
        }
    }

    /// Copies the records that stay, up to the first that cannot be.
    private static func copy(
        _ records: consuming RecordCursor, _ stays: [Bool], to builder: inout RecordBatchBuilder
    ) throws(BatchDefect) {
        var records = records
        var slot = 0
        while let record = try records.next() {
            defer { slot += 1 }
            guard stays[slot] else { continue }
            guard (try? builder.append(copying: record, offsetDelta: record.offsetDelta)) != nil
            else { return }
        }
    }
}

extension CleaningTally {
    fileprivate mutating func add(_ records: CleaningTally) {
        recordsKept += records.recordsKept
        recordsSuperseded += records.recordsSuperseded
        recordsKeyless += records.recordsKeyless
        tombstonesKept += records.tombstonesKept
        tombstonesExpired += records.tombstonesExpired
    }
}
