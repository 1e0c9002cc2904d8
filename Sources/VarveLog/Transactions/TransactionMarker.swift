package import VarveBytes
public import VarveRecords
package import VarveTerms

/// What the batch says that ends a producer's transaction.
public struct TransactionMarker: Hashable, Sendable {
    public var outcome: TransactionOutcome
    /// The epoch of the coordinator that decided.
    public var coordinatorEpoch: Int32

    public init(_ outcome: TransactionOutcome, coordinatorEpoch: Int32) {
        self.outcome = outcome
        self.coordinatorEpoch = coordinatorEpoch
    }

    /// Reads the marker in a control batch.
    ///
    /// - Parameter batch: the bytes of a whole batch.
    /// - Returns: nil when the batch is no marker: it holds records, a control record of another
    ///   kind, or nothing, since compaction took the marker.
    public init?(_ batch: RawSpan) {
        guard let view = try? RecordBatchView(batch), view.header.attributes.isControl,
            !view.isCompressed
        else { return nil }
        var records = view.records
        guard let record = try? records.next(), let key = record.key,
            let control = ControlRecord(key: key), let value = record.value,
            let marker = EndTransactionMarker(value: value)
        else { return nil }
        switch control.kind {
        case .commit: outcome = .commit
        case .abort: outcome = .abort
        default: return nil
        }
        coordinatorEpoch = marker.coordinatorEpoch
    }
}

extension TransactionMarker {
    /// Appends the batch that ends a transaction of `producer`; a leader stamps offset and epoch.
    package func print(
        of producer: ProducerStamp, now: Timestamp, into output: inout ByteBuffer
    ) throws(LogError) {
        var builder = RecordBatchBuilder(capacity: 128)
        do throws(BatchBuildError) {
            try builder.beginMarker(
                outcome, of: producer,
                marker: EndTransactionMarker(coordinatorEpoch: coordinatorEpoch), at: .zero,
                leaderEpoch: nil, timestamp: now)
            _ = try builder.seal()
        } catch {
            throw .refusedRecord(error)
        }
        output.append(builder.sealedBytes)
    }
}
