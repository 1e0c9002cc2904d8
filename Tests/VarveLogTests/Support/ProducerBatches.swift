import VarveBytes
import VarveLog
import VarveRecords
import VarveTerms

extension LogFixture {
    /// A batch as a producer with an id sends it.
    static func produced(
        _ id: Int64, epoch: Int16 = 0, sequence: Int32, count: Int = 1,
        isTransactional: Bool = false, timestamp: Int64 = 1_000, prefix: String = "p"
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.producer = ProducerStamp(id: id, epoch: epoch, baseSequence: sequence)
        settings.kind = isTransactional ? .transactional : .plain
        builder.begin(settings)
        for number in 0..<count {
            let place = ProducerSequence.advance(sequence, by: Int32(number))
            let value = Array("\(prefix)\(id)/\(epoch)-\(place)".utf8)
            _ = try builder.append(
                key: nil, value: value.rawSpan, timestamp: Timestamp(milliseconds: timestamp))
        }
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    /// The batch that ends a producer's transaction.
    static func marker(
        _ outcome: TransactionOutcome, of id: Int64, epoch: Int16 = 0, coordinatorEpoch: Int32 = 0,
        timestamp: Int64 = 2_000
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        try builder.beginMarker(
            outcome, of: ProducerStamp(id: id, epoch: epoch, baseSequence: nil),
            marker: EndTransactionMarker(coordinatorEpoch: coordinatorEpoch), at: .zero,
            leaderEpoch: nil, timestamp: Timestamp(milliseconds: timestamp))
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }
}

extension ProducerStates {
    /// Takes the first batch of `bytes` as if it stood at `offset`.
    @discardableResult
    mutating func take(_ bytes: [UInt8], at offset: Int64) -> CompletedTransaction? {
        let header = LogFixture.header(bytes, at: offset)
        return take(header, bytes.rawSpan)
    }
}

extension LogFixture {
    /// The header of the first batch of `bytes`, as if it stood at `offset`.
    static func header(_ bytes: [UInt8], at offset: Int64) -> BatchHeader {
        guard var header = BatchHeader(bytes.rawSpan) else { preconditionFailure("no batch") }
        header.baseOffset = offset
        return header
    }
}
