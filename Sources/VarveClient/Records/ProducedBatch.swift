internal import VarveBytes
internal import VarveRecords

/// The batch under construction for one partition.
final class Lane {
    let partition: Int32
    var builder = RecordBatchBuilder()
    /// The number of the next batch's first record.
    var nextSequence: Int32 = 0

    init(_ partition: Int32) { self.partition = partition }
}

/// A batch that is done, until it is acknowledged; its memory is used again then.
final class ProducedBatch {
    private(set) var partition: Int32 = 0
    private(set) var recordCount: Int32 = 0
    private var buffer = ByteBuffer(capacity: 0)

    /// How many bytes.
    var size: Int { buffer.count }

    /// Completes the batch of `builder`.
    func fill(
        from builder: inout RecordBatchBuilder, with compressor: Compressor, for partition: Int32
    ) throws(BatchBuildError) {
        buffer.removeAll()
        let header = try builder.finish(with: compressor, into: &buffer)
        (self.partition, recordCount) = (partition, header.recordsCount)
    }

    func lend<Failure: Error>(_ body: (RawSpan) throws(Failure) -> Void) throws(Failure) {
        try buffer.lendAll(body)
    }
}

extension ByteBuffer {
    /// Lends all bytes. A span of a buffer that is a property of a class cannot be had otherwise.
    fileprivate func lendAll<Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        try body(bytes)
    }
}
