internal import VarveBytes
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// Holds batches of producers against the rules of their topic, and makes of them what the topic
/// wants.
///
/// Each record is read once. Most batches then go to the log as they were sent, and only these are
/// made anew:
///
/// | batch | what becomes of it |
/// |---|---|
/// | of another codec than `compression.type` | its records, with that codec |
/// | whose records do not count from 0 without gaps, not compressed | its records, counted |
/// | with a wrong largest time, or the broker's mark on its time | a copy, its header put right |
///
/// Keeps its memory from batch to batch, as far as it is little.
struct BatchAdmission: ~Copyable {
    /// What a batch is held against.
    struct Grounds: Hashable {
        var records: RecordRules
        /// In bytes: as it is sent, and as it is stored.
        var sizeMax: ByteCount

        var rules: TopicRules { records.rules }
    }

    /// Memory up to this size is kept for the next batch.
    private static let keptSizeMax = 4 << 20

    private let decompressor = Decompressor(gzip: .admitted)
    private let compressor = Compressor()
    private var builder = RecordBatchBuilder()
    /// The records of a compressed batch.
    private var expanded = ByteBuffer(capacity: 64)
    /// A batch that was made anew.
    private var remade = ByteBuffer(capacity: 64)

    /// Calls `body` with the batch that is to be written.
    /// - Parameter batch: one batch of magic 2, whole.
    mutating func admit<Value>(
        _ batch: RawSpan, on grounds: Grounds,
        _ body: (RawSpan) throws(ProduceRefusal) -> Value
    ) throws(ProduceRefusal) -> Value {
        guard batch.byteCount <= grounds.sizeMax.bytes else { throw .tooLarge }
        defer { releaseMemory() }
        var header: BatchHeader
        let contents: BatchContents
        do throws(BatchDefect) {
            header = try BatchCheck.frame(batch)
            contents = try BatchCheck.records(
                batch, header: header, rules: .sent, decompressor: decompressor, scratch: &expanded)
        } catch {
            guard error.isOfOffsetDeltas, let counted = try count(batch) else {
                throw ProduceRefusal(error)
            }
            return try admitCounted(counted, on: grounds, body)
        }
        if !grounds.records.areKept(by: contents, header) {
            let refused = try complaints(about: batch, header, grounds)
            guard refused.isEmpty else { throw ProduceRefusal(refused) }
        }
        let codec = header.attributes.codec ?? .none
        if let wanted = grounds.rules.compression, wanted.codec != codec {
            try convert(batch, header, to: wanted, grounds)
            guard remade.count <= grounds.sizeMax.bytes else { throw .tooLarge }
            return try body(remade.bytes)
        }
        guard !grounds.rules.usesAppendTime,
            header.timestampType == .logAppend
                || header.maxTimestamp != contents.times?.latest.milliseconds
        else { return try body(batch) }
        try correctTimes(batch, header)
        return try body(remade.bytes)
    }

    private mutating func admitCounted<Value>(
        _ counted: borrowing ByteBuffer, on grounds: Grounds,
        _ body: (RawSpan) throws(ProduceRefusal) -> Value
    ) throws(ProduceRefusal) -> Value {
        try admit(counted.bytes, on: grounds, body)
    }

    private mutating func releaseMemory() {
        if expanded.capacity > Self.keptSizeMax { expanded = ByteBuffer(capacity: 64) }
        if remade.capacity > Self.keptSizeMax { remade = ByteBuffer(capacity: 64) }
        if builder.estimatedSize.bytes > Self.keptSizeMax { builder = RecordBatchBuilder() }
    }

    // MARK: Against the rules

    /// - Precondition: `expanded` holds the records of a compressed batch.
    private func complaints(
        about batch: RawSpan, _ header: BatchHeader, _ grounds: Grounds
    ) throws(ProduceRefusal) -> [RefusedRecord] {
        do throws(BatchDefect) {
            let view = try RecordBatchView(batch)
            guard view.isCompressed else {
                return try grounds.records.complaints(about: view.records, header)
            }
            return try grounds.records.complaints(about: view.records(in: expanded.bytes), header)
        } catch {
            throw ProduceRefusal(error)
        }
    }

    // MARK: Made anew

    /// Puts the records of a batch into `remade` with another codec.
    /// - Precondition: `expanded` holds the records of a compressed batch.
    private mutating func convert(
        _ batch: RawSpan, _ header: BatchHeader, to wanted: Compression, _ grounds: Grounds
    ) throws(ProduceRefusal) {
        var settings = BatchSettings(of: header)
        settings.compression = wanted
        // Only a cleaning knows when tombstones may go.
        settings.deleteHorizon = nil
        settings.time =
            grounds.rules.usesAppendTime
            ? .logAppend(Timestamp(milliseconds: grounds.records.now)) : .create
        builder.begin(settings)
        do {
            try Self.copy(RecordBatchView(batch), expanded, to: &builder)
            remade.removeAll()
            try builder.finish(with: compressor, into: &remade)
        } catch let defect as BatchDefect {
            throw ProduceRefusal(defect)
        } catch {
            throw ProduceRefusal(.invalidRecord, "\(error)")
        }
    }

    private static func copy(
        _ view: RecordBatchView, _ expanded: borrowing ByteBuffer,
        to builder: inout RecordBatchBuilder
    ) throws {
        if view.isCompressed {
            try copy(view.records(in: expanded.bytes), to: &builder)
        } else {
            try copy(view.records, to: &builder)
        }
    }

    /// Copies records one after the other, counted from 0.
    private static func copy(
        _ records: consuming RecordCursor, to builder: inout RecordBatchBuilder
    ) throws {
        var records = records
        while let record = try records.next() { _ = try builder.append(copying: record) }
    }

    /// The records of a batch that is not compressed, counted from 0; nil when it is not such one,
    /// or more is wrong with it.
    private mutating func count(_ batch: RawSpan) throws(ProduceRefusal) -> ByteBuffer? {
        guard let header = BatchHeader(batch), !header.attributes.isCompressed else { return nil }
        // Offset deltas of any size may be read from a batch that covers all offsets.
        var open = ByteBuffer(capacity: batch.byteCount)
        open.append(batch)
        var bytes = open.mutableBytes
        bytes.store(Int32.max, at: BatchLayout.lastOffsetDelta.start)
        var settings = BatchSettings(of: header)
        settings.deleteHorizon = nil
        builder.begin(settings)
        var counted = ByteBuffer(capacity: batch.byteCount)
        do {
            try Self.copy(RecordBatchView(open.bytes).records, to: &builder)
            try builder.finish(with: compressor, into: &counted)
        } catch {
            return nil
        }
        return counted
    }

    /// Copies a batch to `remade` with the largest time of its records, each of which has its own.
    /// - Precondition: `expanded` holds the records of a compressed batch.
    private mutating func correctTimes(
        _ batch: RawSpan, _ header: BatchHeader
    ) throws(ProduceRefusal) {
        let latest: Timestamp
        do throws(BatchDefect) {
            let view = try RecordBatchView(batch)
            latest =
                try view.isCompressed
                ? Self.latest(of: view.records(in: expanded.bytes)) : Self.latest(of: view.records)
        } catch {
            throw ProduceRefusal(error)
        }
        remade.removeAll()
        remade.append(batch)
        var bytes = remade.mutableBytes
        BatchPatch.setTimestamps(&bytes, type: .create, maxTimestamp: latest)
    }

    private static func latest(
        of records: consuming RecordCursor
    ) throws(BatchDefect) -> Timestamp {
        var records = records
        var latest = Timestamp.none
        while let record = try records.next() { latest = max(latest, record.storedTimestamp) }
        return latest
    }
}

extension BatchRules {
    /// What a producer may send. Its size and its times are looked at elsewhere.
    fileprivate static var sent: BatchRules {
        var rules = BatchRules.appended
        rules.appendTime = .allowed
        rules.sizeMax = nil
        return rules
    }
}

extension BatchDefect {
    /// Whether records only do not count from 0 without gaps.
    fileprivate var isOfOffsetDeltas: Bool {
        guard case .record(_, let defect) = self else { return false }
        switch defect {
        case .offsetDeltaNotConsecutive, .offsetDeltaOutside: return true
        default: return false
        }
    }
}
