import VarveTerms

/// Which partitions a transaction writes to.
extension TransactionCoordinator {
    /// AddPartitionsToTxn, AddOffsetsToTxn, and what a first batch of `v2` does by itself: from the
    /// first partition on the transaction is open. Nothing may be written to the partitions before
    /// the effects are durable: a transaction that nobody knows of would never end.
    ///
    /// - Parameter version: the rules by which the client goes.
    /// - Returns: why nothing was added; nil when all of them are in the transaction.
    public mutating func add(
        _ partitions: Set<TransactionPartition>, to id: String, by claim: ProducerIdentity,
        version: TransactionVersion, at now: Moment, into effects: inout [TransactionEffect]
    ) -> TransactionError? {
        if let error = refusal(of: claim, for: id) { return error }
        guard var transaction = transactions[id] else { return .invalidProducerIDMapping }
        let isOpen = transaction.state == .ongoing
        if isOpen, partitions.isSubset(of: transaction.stored.partitions) { return nil }
        guard keeps(version) else { return .unsupportedVersion }
        transaction.step(at: now.timestamp) { stored in
            stored.state = .ongoing
            stored.partitions.formUnion(partitions)
            if !isOpen { stored.start = now.timestamp }
            stored.version = version
        }
        guard id.utf8.count + transaction.stored.sizeMax <= settings.recordSizeMax.bytes else {
            return .unknownServerError
        }
        keep(transaction, of: id, into: &effects)
        if !isOpen {
            remind(id, at: now.instant.advanced(by: transaction.remaining(at: now.timestamp)))
        }
        return nil
    }

    /// Which of some partitions are in the producer's open transaction.
    public func verify(
        _ partitions: Set<TransactionPartition>, in id: String, by claim: ProducerIdentity
    ) -> Result<Set<TransactionPartition>, TransactionError> {
        if let error = refusal(of: claim, for: id) { return .failure(error) }
        let known = transactions[id]?.stored.partitions ?? []
        return .success(partitions.intersection(known))
    }

    /// Why a producer may not add to its transaction, or look into it.
    private func refusal(of claim: ProducerIdentity, for id: String) -> TransactionError? {
        if id.isEmpty { return .invalidRequest }
        guard let transaction = transactions[id], transaction.producer.id == claim.id else {
            return .invalidProducerIDMapping
        }
        if transaction.producer.epoch != claim.epoch { return .producerFenced }
        return transaction.state.preparedOutcome == nil ? nil : .concurrentTransactions
    }
}
