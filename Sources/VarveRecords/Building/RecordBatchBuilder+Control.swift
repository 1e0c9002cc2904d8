import VarveBytes
public import VarveTerms

/// How a transaction ended.
public enum TransactionOutcome: Hashable, Sendable {
    case commit, abort
}

extension RecordBatchBuilder {
    /// Starts the batch that ends a producer's transaction and gives it its one record: `seal` or
    /// `finish` completes it.
    /// - Parameters:
    ///   - producer: whose transaction it is; markers carry no sequence number.
    ///   - marker: the epoch of the coordinator that decided.
    public mutating func beginMarker(
        _ outcome: TransactionOutcome, of producer: ProducerStamp, marker: EndTransactionMarker,
        at baseOffset: Offset, leaderEpoch: LeaderEpoch?, timestamp: Timestamp
    ) throws(BatchBuildError) {
        var settings = BatchSettings()
        settings.baseOffset = baseOffset
        settings.leaderEpoch = leaderEpoch
        settings.kind = .transactionMarker
        settings.producer = ProducerStamp(
            id: producer.id, epoch: producer.epoch, baseSequence: nil)
        begin(settings)
        let control = ControlRecord(outcome == .commit ? .commit : .abort)
        let delta = try checkedDelta(nil)
        let fieldsSize = Self.size(ofField: 4) + Self.size(ofField: 6)
        guard try open(timestamp, delta: delta, headerCount: 0, fieldsSize: fieldsSize) else {
            preconditionFailure("the first record of a batch always fits")
        }
        frame.appendVarint(4)
        control.append(to: &frame)
        frame.appendVarint(6)
        marker.append(to: &frame)
        frame.appendVarint(0)
    }
}
