/// Why a request about a transaction is refused.
///
/// The cases bear the names of Kafka's error codes; the numbers stand in the wire protocol only,
/// so whoever encodes answers maps them in one exhaustive switch.
/// *Source*: Kafka's protocol, the codes −1 to 105.
public enum TransactionError: Error, Hashable, Sendable, CaseIterable {
    /// UNKNOWN_SERVER_ERROR: the transaction's record would be larger than a record may be.
    case unknownServerError
    /// COORDINATOR_NOT_AVAILABLE: no producer id can be had now.
    case coordinatorNotAvailable
    /// UNSUPPORTED_VERSION: the rules by which the client goes are not in force.
    case unsupportedVersion
    /// INVALID_REQUEST
    case invalidRequest
    /// INVALID_TXN_STATE: there is nothing to end, or it ended the other way.
    case invalidTransactionState
    /// INVALID_PRODUCER_ID_MAPPING: the transactional id is not known, or is another producer's.
    case invalidProducerIDMapping
    /// INVALID_TRANSACTION_TIMEOUT
    case invalidTransactionTimeout
    /// CONCURRENT_TRANSACTIONS: the one before is not wholly ended; ask again.
    case concurrentTransactions
    /// PRODUCER_FENCED: a newer incarnation of the producer is at work.
    case producerFenced
}
