internal import VarveLog
internal import VarveRecords
internal import VarveTerms
internal import VarveTransactions
internal import VarveWire

/// Whether something may be written to a partition as part of a transaction.
enum TransactionAdmission {
    /// The transaction is known to have the partition, whatever crashes.
    case atOnce
    /// It has it once this partition of `__transaction_state` is flushed.
    case after(Partition)
    case refused(AdmissionRefusal)
}

/// Why a transaction does not have a partition.
enum AdmissionRefusal {
    /// The partition was never added, or the transaction is over.
    case notInTransaction
    case error(TransactionError)
    case noCoordinator
}

extension Broker {
    /// Looks whether the open transaction of a producer has a partition, or adds it.
    ///
    /// Nobody else could end a transaction that its coordinator does not know of, and what lies
    /// behind it would never be shown to those who read committed records. So the coordinator is
    /// asked before the first batch of each transaction; from then on the log itself knows
    /// (KIP-890).
    ///
    /// - Parameter adds: whether writing adds the partition.
    func admit(
        _ producer: ProducerIdentity, of id: String, to partition: Partition, adds: Bool,
        at now: Timestamp
    ) -> TransactionAdmission {
        if let known = partition.log.producer(producer.id), known.epoch == producer.epoch,
            known.transactionStart != nil
        {
            return .atOnce
        }
        let place = partition.place
        let decided = decide(on: id, at: now) {
            coordinator, now, effects -> Result<Set<TransactionPartition>, TransactionError> in
            guard adds else { return coordinator.verify([place], in: id, by: producer) }
            let error = coordinator.add(
                [place], to: id, by: producer, version: .v2, at: now, into: &effects)
            return error.map { .failure($0) } ?? .success([place])
        }
        guard let decided else { return .refused(.noCoordinator) }
        switch decided.answer {
        case .failure(let error): return .refused(.error(error))
        case .success(let known):
            guard known.contains(place) else { return .refused(.notInTransaction) }
            // Records of this turn are not flushed: those that put it there may be among them.
            return decided.home.isDirty ? .after(decided.home) : .atOnce
        }
    }
}
