public import VarveBytes
import VarveTerms

extension BatchCheck {
    /// Reads every record of a batch, and proves what `rules` ask for.
    /// - Parameters:
    ///   - batch: starts with the batch; what follows it is not looked at.
    ///   - header: what `frame` or `structure` answered for it.
    ///   - scratch: takes the records of a compressed batch; its bytes are overwritten.
    ///   - budget: bounds the bytes that a compressed batch may become.
    /// - Throws: the first defect, with the index of the record where it lies in one.
    /// - Complexity: O(expanded size). Allocates only where `scratch` or a codec must grow.
    public static func records(
        _ batch: RawSpan, header: BatchHeader, rules: BatchRules, decompressor: Decompressor,
        scratch: inout ByteBuffer, budget: DecompressionBudget = .standard
    ) throws(BatchDefect) -> BatchContents {
        let view = RecordBatchView(checked: batch, header: header)
        try obeys(rules, header)
        guard view.isCompressed else {
            return try walk(view.records, view.body.byteCount, header, rules)
        }
        scratch.removeAll()
        try view.expand(with: decompressor, into: &scratch, budget: budget)
        let expanded = scratch.bytes
        if header.isLegacy { try legacyChecksums(expanded) }
        // Only now is it known how many records the bytes could hold.
        guard Int(header.recordsCount) <= expanded.byteCount / BatchLayout.recordSizeMin else {
            throw .recordsCountTooLarge(
                header.recordsCount, lastOffsetDelta: header.lastOffsetDelta,
                bytes: expanded.byteCount)
        }
        return try walk(view.records(in: expanded), expanded.byteCount, header, rules)
    }

    /// What the rules say about the header alone.
    private static func obeys(
        _ rules: BatchRules, _ header: BatchHeader
    ) throws(BatchDefect) {
        if let limit = rules.sizeMax, header.sizeInBytes > limit.bytes {
            throw .tooLarge(size: header.sizeInBytes, limit: limit.bytes)
        }
        if rules.oldFormat == .refused, header.isLegacy { throw .oldFormat(header.magic) }
        if rules.emptyBatch == .refused, header.recordsCount == 0 { throw .empty }
        if rules.offsetDeltas == .consecutive, !header.isLegacy,
            Int(header.recordsCount) != Int(header.lastOffsetDelta) + 1
        {
            throw .countMismatch(
                recordsCount: header.recordsCount, lastOffsetDelta: header.lastOffsetDelta)
        }
        if rules.controlBatch == .refused, header.attributes.isControl { throw .controlFromClient }
        if rules.appendTime == .refused, header.timestampType == .logAppend {
            throw .appendTimeFromClient
        }
        if rules.missingSequence == .refused, header.producerId >= 0, header.baseSequence < 0 {
            throw .sequenceMissing(
                producerId: header.producerId, baseSequence: header.baseSequence)
        }
    }

    /// - Parameter skims: whether plain records may go the short way; without it each takes the
    ///   long one, which says the same.
    static func walk(
        _ records: consuming RecordCursor, _ size: Int, _ header: BatchHeader, _ rules: BatchRules,
        skims: Bool = true
    ) throws(BatchDefect) -> BatchContents {
        var contents = BatchContents(
            baseOffset: header.baseOffset, recordsCount: 0, expandedSize: ByteCount(size))
        var tally = RecordTally()
        let skims = skims && !header.isLegacy && !header.attributes.isControl
        while true {
            if skims { skim(&records, &tally, header, rules) }
            guard let record = try records.next() else { break }
            let index = records.index - 1
            if let defect = defect(of: record, after: tally.lastDelta, header, rules) {
                throw .record(index: index, defect)
            }
            if index == 0, header.isLegacy { contents.baseOffset = record.offset.rawValue }
            tally.include(
                record.offsetDelta, record.timestamp.milliseconds, hasKey: record.key != nil,
                at: index)
            if header.attributes.isControl, !isControlRecord(record) {
                throw .controlRecord(index: index)
            }
        }
        contents.recordsCount = records.index
        contents.times = tally.times
        contents.firstNullKeyIndex = tally.firstNullKeyIndex
        return contents
    }

    /// Goes over records as long as they are plain and nothing is wrong with them.
    private static func skim(
        _ records: inout RecordCursor, _ tally: inout RecordTally, _ header: BatchHeader,
        _ rules: BatchRules
    ) {
        let isConsecutive = rules.offsetDeltas == .consecutive
        let isAppendTime = header.timestampType == .logAppend
        while true {
            let start = records.reader.position
            guard let record = records.nextPlain() else { return }
            let (time, wraps) = header.baseTimestamp.addingReportingOverflow(record.timestampDelta)
            let distance = Int(record.offsetDelta) - Int(tally.lastDelta)
            guard isConsecutive ? distance == 1 : distance > 0, !wraps else {
                return records.goBack(to: start)
            }
            tally.include(
                record.offsetDelta, isAppendTime ? header.maxTimestamp : time,
                hasKey: record.hasKey, at: records.index - 1)
        }
    }

    /// What the rules find wrong with a well-formed record.
    private static func defect(
        of record: borrowing RecordView, after previousDelta: Int32, _ header: BatchHeader,
        _ rules: BatchRules
    ) -> RecordDefect? {
        let delta = record.offsetDelta
        switch rules.offsetDeltas {
        case .consecutive where delta != previousDelta + 1:
            return .offsetDeltaNotConsecutive(delta, expected: previousDelta + 1)
        case .increasing where delta <= previousDelta:
            return .offsetDeltaNotIncreasing(delta, after: previousDelta)
        default: break
        }
        guard rules.wrappedTimestamps == .refused else { return nil }
        let sum = header.baseTimestamp.addingReportingOverflow(record.timestampDelta)
        guard sum.overflow else { return nil }
        return .timestampOverflow(base: header.baseTimestamp, delta: record.timestampDelta)
    }

    private static func isControlRecord(_ record: borrowing RecordView) -> Bool {
        guard let key = record.key, let control = ControlRecord(key: key) else { return false }
        guard control.kind == .abort || control.kind == .commit else { return true }
        guard let value = record.value else { return false }
        return EndTransactionMarker(value: value) != nil
    }
}

/// What is kept of the records on the way through a batch.
private struct RecordTally {
    /// The offset delta of the last one.
    private(set) var lastDelta: Int32 = -1
    private(set) var firstNullKeyIndex: Int32?
    private var earliest = Int64.max
    private var latest = Int64.min
    private var latestDelta: Int32 = -1

    /// Nil when there was no record.
    var times: BatchContents.Times? {
        guard latestDelta >= 0 else { return nil }
        return BatchContents.Times(
            earliest: Timestamp(milliseconds: earliest), latest: Timestamp(milliseconds: latest),
            latestOffsetDelta: latestDelta)
    }

    /// - Parameter time: in milliseconds, as readers see it.
    @inline(__always)
    mutating func include(_ delta: Int32, _ time: Int64, hasKey: Bool, at index: Int32) {
        if !hasKey, firstNullKeyIndex == nil { firstNullKeyIndex = index }
        earliest = min(earliest, time)
        if time > latest || latestDelta < 0 {
            latest = time
            latestDelta = delta
        }
        lastDelta = delta
    }
}
