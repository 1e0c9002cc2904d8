internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// Whether a producer may write a batch of a transaction.
enum TransactionalBatches {
    /// Refuses batches of transactions: no coordinator knows any, so nobody could end them, and
    /// what lies behind them would never be shown to those who read committed records.
    ///
    /// - Parameter transactionalID: what the request names.
    static func check(_ batch: RawSpan, of transactionalID: String?) throws(ProduceRefusal) {
        guard let header = BatchHeader(batch), header.magic == 2,
            header.attributes.isTransactional
        else { return }
        guard let transactionalID else {
            throw ProduceRefusal(.transactionalIdAuthorizationFailed)
        }
        throw ProduceRefusal(
            transactionalID.isEmpty ? .invalidRequest : .invalidProducerIdMapping)
    }
}
