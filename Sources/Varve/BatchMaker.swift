internal import Synchronization
internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// Makes and checks batches in the thread of whoever appends them, before any lock is taken.
enum BatchMaker {
    /// Batches that were made of records.
    struct Batches: ~Copyable {
        var buffer: ByteBuffer
        /// How many offsets they cover.
        var count: Int64

        var bytes: RawSpan {
            @_lifetime(borrow self)
            get { buffer.bytes }
        }
    }

    private static let codecs = CodecPool()

    /// Builds and compresses batches of about `settings.batchSize`.
    static func batches(
        of records: [Record], settings: SharedSettings, now: Timestamp
    ) throws(LogError) -> Batches {
        var batches = Batches(buffer: ByteBuffer(capacity: 4096), count: Int64(records.count))
        var builder = RecordBatchBuilder()
        var batch = settings.batchSettings
        batch.compression = settings.compression
        builder.begin(batch)
        for record in records {
            let size = record.batchSizeBound
            let limit = settings.log.batchSizeMax
            guard size <= limit.bytes else { throw .tooLarge(size: ByteCount(size), limit: limit) }
            if case .appended = try append(record, now, to: &builder) { continue }
            try finish(&builder, into: &batches.buffer)
            builder.begin(batch)
            _ = try append(record, now, to: &builder)
        }
        if !builder.isEmpty { try finish(&builder, into: &batches.buffer) }
        return batches
    }

    private static func append(
        _ record: Record, _ now: Timestamp, to builder: inout RecordBatchBuilder
    ) throws(LogError) -> BatchAppendOutcome {
        do {
            return try builder.append(record, now: now)
        } catch {
            throw .refusedRecord(error)
        }
    }

    private static func finish(
        _ builder: inout RecordBatchBuilder, into buffer: inout ByteBuffer
    ) throws(LogError) {
        do throws(BatchBuildError) {
            try codecs.withCompressor { compressor throws(BatchBuildError) in
                _ = try builder.finish(with: compressor, into: &buffer)
            }
        } catch {
            throw .refusedRecord(error)
        }
    }

    /// What a check learnt of batches from outside.
    struct Checked {
        /// How many offsets they cover.
        var count: Int64 = 0
        /// Whether some carry a producer id, so that their sequences are to be checked.
        var carriesProducers = false
    }

    /// Checks batches from outside, but for their sequences.
    static func check(
        _ batches: RawSpan, _ depth: AppendCheck, settings: SharedSettings
    ) throws(LogError) -> Checked {
        var inspection = BatchInspection()
        var checked = Checked()
        var position = 0
        while position < batches.byteCount {
            let header = try inspection.check(
                batches, at: position, depth, sizeMax: settings.log.batchSizeMax)
            checked.count += Int64(header.lastOffsetDelta) + 1
            if header.producerId >= 0 { checked.carriesProducers = true }
            position += header.sizeInBytes
        }
        return checked
    }
}
