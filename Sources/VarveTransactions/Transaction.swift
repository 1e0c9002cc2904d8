import VarveTerms

/// One transactional id, as its coordinator knows it.
struct Transaction {
    /// What the last record says.
    private(set) var stored: StoredTransaction
    /// The epoch that the producer had before its last rise, for requests that are sent again; −1:
    /// none. It is not in the log: after a crash such a request is refused.
    var lastEpoch: Int16 = -1
    /// When an open transaction is aborted, or markers are tried again.
    var due: Instant?

    init(_ stored: StoredTransaction) { self.stored = stored }

    var producer: ProducerIdentity { stored.producer }
    var state: TransactionState { stored.state }

    /// Takes a step.
    mutating func step(at now: Timestamp, _ change: (inout StoredTransaction) -> Void) {
        let before = stored.producer.id
        change(&stored)
        stored.previousProducerID = before
        stored.lastUpdate = now
    }

    /// How long the open transaction may still last.
    func remaining(at now: Timestamp) -> Duration {
        let spent = max(0, now.milliseconds(since: stored.start))
        return .milliseconds(max(0, Int64(stored.timeoutMs) - spent))
    }

    /// The markers that end it now that it is decided.
    func markers(of id: String, coordinatorEpoch: Int32) -> TransactionMarkers? {
        state.preparedOutcome.map { outcome in
            TransactionMarkers(
                transactionalID: id, producer: producer, outcome: outcome,
                coordinatorEpoch: coordinatorEpoch, version: stored.version,
                partitions: stored.partitions.sorted())
        }
    }
}
