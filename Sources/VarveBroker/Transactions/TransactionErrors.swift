internal import VarveTransactions
internal import VarveWire

extension TransactionError {
    /// Its number on the wire.
    ///
    /// - Parameter knowsFencing: whether the client's version knows PRODUCER_FENCED; older ones are
    ///   told of an epoch that is not valid.
    func code(knowsFencing: Bool) -> ErrorCode {
        switch self {
        case .unknownServerError: .unknownServerError
        case .coordinatorNotAvailable: .coordinatorNotAvailable
        case .unsupportedVersion: .unsupportedVersion
        case .invalidRequest: .invalidRequest
        case .invalidTransactionState: .invalidTxnState
        case .invalidProducerIDMapping: .invalidProducerIdMapping
        case .invalidTransactionTimeout: .invalidTransactionTimeout
        case .concurrentTransactions: .concurrentTransactions
        case .producerFenced: knowsFencing ? .producerFenced : .invalidProducerEpoch
        }
    }
}
