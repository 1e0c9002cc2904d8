public import VarveTerms

/// What administrators ask for. It may tell of records that are not durable yet: send it as if it
/// stood at the end of the stream of effects.
extension TransactionCoordinator {
    /// DescribeTransactions of one id; nil when it is not known.
    public func describe(_ id: String) -> StoredTransaction? { transactions[id]?.stored }

    /// ListTransactions, ordered by id.
    ///
    /// - Parameters:
    ///   - states: names of states; empty lets all through, and unknown ones match nothing.
    ///   - producerIDs: empty lets all through.
    ///   - age: how long ago the transaction must have begun at least; nil lets all through. One
    ///     that never began counts as old.
    public func list(
        states: Set<String> = [], producerIDs: Set<Int64> = [], olderThan age: Duration? = nil,
        at now: Timestamp, where isWanted: (String) -> Bool = { _ in true }
    ) -> [TransactionRecord] {
        transactions.filter { id, transaction in
            let stored = transaction.stored
            if !states.isEmpty, !states.contains(stored.state.name) { return false }
            if !producerIDs.isEmpty, !producerIDs.contains(stored.producer.id) { return false }
            if let age, now.milliseconds(since: stored.start) <= age.wholeMilliseconds {
                return false
            }
            return isWanted(id)
        }
        .map { TransactionRecord($0.key, $0.value.stored) }
        .sorted { $0.transactionalID < $1.transactionalID }
    }
}
