import VarveTerms

/// InitProducerId: who the producer of a transactional id is.
extension TransactionCoordinator {
    /// What becomes of an InitProducerId.
    ///
    /// | state | no claim | the producer's epoch | the one before it | any other |
    /// |---|---|---|---|---|
    /// | unknown id | begin | begin | begin | begin |
    /// | Empty, CompleteCommit, CompleteAbort | raise | raise | keep | fenced |
    /// | the same, no epoch left | renew | renew | keep | fenced |
    /// | Ongoing | abort | abort | fenced | fenced |
    /// | PrepareCommit, PrepareAbort | concurrent | concurrent | concurrent | concurrent |
    ///
    /// A claim of another producer id is fenced in every state, but for one: an id that has been
    /// exhausted and was given up for this one may ask again for the answer.
    enum Initialization: Hashable {
        case begin
        case raise
        case keep
        case renew
        case abort
        case refuse(TransactionError)
    }

    /// Gives a transactional id's producer its next epoch, and fences off every one before it.
    ///
    /// An open transaction is aborted first: the answer is `concurrentTransactions` until that is
    /// done, and the caller asks again.
    ///
    /// - Parameters:
    ///   - timeoutMs: how long a transaction may stay open.
    ///   - claim: which producer asks, when it says so (KIP-360).
    ///   - freshProducerID: takes a producer id that nobody had; nil when none can be had. It is
    ///     called once at most.
    public mutating func initializeProducer(
        of id: String, timeoutMs: Int32, claim: ProducerIdentity? = nil, at now: Moment,
        freshProducerID: () -> Int64?, into effects: inout [TransactionEffect]
    ) -> Result<ProducerIdentity, TransactionError> {
        guard isLawful(id), claim.map({ $0.id >= 0 && $0.epoch >= 0 }) ?? true else {
            return .failure(.invalidRequest)
        }
        guard timeoutMs > 0, timeoutMs <= settings.timeoutMsMax else {
            return .failure(.invalidTransactionTimeout)
        }
        let initialization = initialization(of: transactions[id], claim: claim)
        switch initialization {
        case .refuse(let error): return .failure(error)
        case .abort:
            fence(id, at: now, into: &effects)
            return .failure(.concurrentTransactions)
        case .begin, .raise, .keep, .renew: break
        }
        var producer = transactions[id]?.producer ?? ProducerIdentity(id: -1, epoch: -1)
        var lastEpoch = claim == nil ? -1 : producer.epoch
        switch initialization {
        case .raise: producer = producer.raised
        case .keep: lastEpoch = transactions[id]?.lastEpoch ?? -1
        case .begin, .renew:
            guard let fresh = freshProducerID() else { return .failure(.coordinatorNotAvailable) }
            producer = ProducerIdentity(id: fresh, epoch: 0)
        case .abort, .refuse: break
        }
        var transaction =
            transactions[id]
            ?? Transaction(
                StoredTransaction(
                    producer: producer, timeoutMs: timeoutMs, lastUpdate: now.timestamp))
        transaction.lastEpoch = lastEpoch
        transaction.due = nil
        transaction.step(at: now.timestamp) { stored in
            stored.producer = producer
            stored.timeoutMs = timeoutMs
            stored.state = .empty
            stored.partitions = []
            stored.start = .none
        }
        keep(transaction, of: id, into: &effects)
        return .success(producer)
    }

    func initialization(
        of transaction: Transaction?, claim: ProducerIdentity?
    ) -> Initialization {
        guard let transaction, transaction.producer.epoch >= 0 else { return .begin }
        let producer = transaction.producer
        if let claim, claim.id != producer.id {
            let isOfThePast =
                claim.id == transaction.stored.previousProducerID && claim.isExhausted
            guard isOfThePast else { return .refuse(.producerFenced) }
        }
        switch transaction.state {
        case .prepareCommit, .prepareAbort: return .refuse(.concurrentTransactions)
        case .ongoing:
            // Kafka aborts whatever the claim's epoch is, and so lets a fenced producer abort the
            // transaction of the one that fenced it.
            return claim.map { $0 == producer } ?? true ? .abort : .refuse(.producerFenced)
        case .empty, .completeCommit, .completeAbort:
            if claim.map({ $0.epoch == producer.epoch }) ?? true {
                return producer.isExhausted ? .renew : .raise
            }
            return claim?.epoch == transaction.lastEpoch ? .keep : .refuse(.producerFenced)
        }
    }

    /// Aborts an open transaction whose producer is silent, or is followed by another: it is
    /// fenced off by the epoch that the markers carry.
    mutating func fence(
        _ id: String, at now: Moment, into effects: inout [TransactionEffect]
    ) {
        guard var transaction = transactions[id], transaction.state == .ongoing else { return }
        // A producer that was merely slow may go on by asking for its epoch, where the rules let
        // it see that its transaction ended (KIP-588, KIP-890).
        transaction.lastEpoch =
            transaction.stored.version.raisesEpochs ? transaction.producer.epoch : -1
        transaction.due = nil
        transaction.step(at: now.timestamp) { stored in
            stored.producer = stored.producer.raised
            stored.state = .prepareAbort
        }
        keep(transaction, of: id, into: &effects)
        if let markers = transaction.markers(of: id, coordinatorEpoch: epoch) {
            effects.append(.writeMarkers(markers))
        }
    }
}
