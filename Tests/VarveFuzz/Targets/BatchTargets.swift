internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Record batches: the three depths of checks, the views, and control records.
enum BatchTargets {
    static let all: [FuzzTarget] = [header, check, records, views, control]

    /// Small enough that a bomb of a few hundred bytes meets it.
    static let budget = DecompressionBudget(sizeMax: .mib(1), ratioMax: 1100, floor: .kib(256))

    /// Expanded records, and again while the buffer grows, twice; and the largest window that a
    /// zstd frame may ask for, of which no more is touched than comes out.
    private static let recordLimits = FuzzLimits(heapBase: .mib(135), heapPerByte: 64)

    /// Peek and header answer for any position, and agree.
    private static let header = FuzzTarget("batch-header", seeds: .batches) {
        input throws(FuzzFailure) in
        for position in [-1, 0, 1, input.byteCount - 61, input.byteCount, Int.max] {
            let peek = BatchPeek(input, at: position)
            guard let header = BatchHeader(input, at: position) else { continue }
            try expect(
                peek?.sizeInBytes == header.sizeInBytes && peek?.baseOffset == header.baseOffset
                    && peek?.magic == header.magic, "peek and header differ at \(position)")
            if let last = header.lastOffset {
                try expect(last >= header.baseOffset, "ends at \(last), before it starts")
            }
            // Entries of magic 0 and 1 have fewer fields than a header holds.
            if header.isLegacy { continue }
            var copy = ByteBuffer()
            copy.appendZeros(BatchLayout.headerSize)
            var bytes = copy.mutableBytes
            header.store(into: &bytes)
            try expect(
                copy.bytes.isEqual(to: input.extracting(position..<position + copy.count)),
                "the header is stored otherwise than it stood")
        }
        return BatchHeader(input) == nil ? .refused : .accepted
    }

    /// Structure and frame, from memory and as of a mapping.
    private static let check = FuzzTarget("batch-check", seeds: .batches, repair: Stamps.batches) {
        input throws(FuzzFailure) in
        let structure = try? BatchCheck.structure(input)
        let frame = try? BatchCheck.frame(input)
        let mapped = try? BatchCheck.frame(mapped: input)
        try expect(frame == mapped, "a mapped batch is judged otherwise")
        guard let frame else { return .refused }
        try expect(frame == structure, "a whole batch has no lawful structure")
        try expect(
            frame.sizeInBytes <= input.byteCount, "a batch of \(frame.sizeInBytes) bytes")
        return .accepted
    }

    /// Every record under both rules; what an append takes is fit to be stored.
    private static let records = FuzzTarget(
        "batch-records", seeds: .batches, limits: recordLimits, repair: Stamps.batches
    ) { input throws(FuzzFailure) in
        guard let header = try? BatchCheck.structure(input) else { return .refused }
        let stored = contents(of: input, header, .stored)
        let appended = contents(of: input, header, .appended)
        guard let stored else {
            try expect(appended == nil, "a batch may be appended but not stored")
            return .refused
        }
        try expect(appended == nil || appended == stored, "the rules read other contents")
        try expect(
            header.isLegacy || stored.recordsCount == header.recordsCount,
            "\(stored.recordsCount) records")
        let seen = walk(input)
        try expect(
            seen?.count == Int(stored.recordsCount),
            "the check sees \(stored.recordsCount) records, a reader \(seen?.count ?? -1)")
        return .accepted
    }

    private static func contents(
        of input: RawSpan, _ header: BatchHeader, _ rules: BatchRules
    ) -> BatchContents? {
        var scratch = ByteBuffer(capacity: 64)
        return try? BatchCheck.records(
            input, header: header, rules: rules, decompressor: Decompressor(), scratch: &scratch,
            budget: budget)
    }

    /// The offsets that a reader sees; nil when it meets a defect.
    private static func walk(_ input: RawSpan) -> [Offset]? {
        var scanner = RecordScanner(budget: budget)
        var offsets: [Offset] = []
        do throws(BatchDefect) {
            try scanner.forEachRecord(in: input) { offsets.append($0.offset) }
            return offsets
        } catch {
            return nil
        }
    }

    /// Views and cursors over batches that nothing was proven of but their structure.
    private static let views = FuzzTarget(
        "record-views", seeds: .batches, limits: recordLimits, repair: Stamps.batches
    ) { input throws(FuzzFailure) in
        var scanner = RecordScanner(budget: budget)
        var fault: String?
        do throws(BatchDefect) {
            let end = try BatchCheck.structure(input).lastOffset ?? -1
            try scanner.forEachRecord(in: input) { record in
                fault = fault ?? Self.fault(of: record, end: end)
            }
        } catch {
            if let fault { throw FuzzFailure(fault) }
            return .refused
        }
        if let fault { throw FuzzFailure(fault) }
        return .accepted
    }

    private static func fault(of record: borrowing RecordView, end: Int64) -> String? {
        if record.offset.rawValue > end { return "offset \(record.offset) past \(end)" }
        let key = record.key?.byteCount ?? 0
        let value = record.value?.byteCount ?? 0
        var headers = record.headers
        var (count, size) = (0, 0)
        while let header = headers.next() {
            count += 1
            size += header.key.byteCount + (header.value?.byteCount ?? 0)
        }
        if count != record.headerCount { return "\(count) headers of \(record.headerCount)" }
        if key + value + size > record.body.byteCount { return "fields longer than their record" }
        if record.sizeInBytes < record.body.byteCount { return "\(record.sizeInBytes) bytes" }
        _ = (record.sequence, record.timestamp, record.storedTimestamp, record.attributes)
        return nil
    }

    /// The key and the value of a control record.
    private static let control = FuzzTarget("control-record", seeds: .controlRecords) {
        input throws(FuzzFailure) in
        let marker = EndTransactionMarker(value: input)
        guard let record = ControlRecord(key: input) else { return .refused }
        try expect(
            ControlRecord.Kind(number: record.kind.number) == record.kind, "\(record.kind)")
        try expect(marker == nil || input.byteCount >= 6, "a marker of too few bytes")
        return .accepted
    }
}
