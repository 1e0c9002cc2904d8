public import VarveRecords
import VarveTerms

/// EndTxn, and the markers that carry it out.
extension TransactionCoordinator {
    /// What becomes of an EndTxn.
    ///
    /// | state | commit | abort |
    /// |---|---|---|
    /// | Empty | invalid | invalid; `v2`: end |
    /// | Ongoing | end | end |
    /// | PrepareCommit | concurrent | invalid |
    /// | PrepareAbort | invalid | concurrent |
    /// | CompleteCommit | done; `v2`: only if sent again | invalid; `v2`: end, unless sent again |
    /// | CompleteAbort | invalid | done; `v2`: end, unless sent again |
    ///
    /// Under `v2` each end raises the epoch: a request that carries the epoch before was sent
    /// again, and one that carries the present epoch means the transaction after that, which may
    /// have no partitions yet.
    enum Ending: Hashable {
        /// Decide it.
        case end
        /// It was decided that way before; say so again.
        case done
        case refuse(TransactionError)
    }

    /// Decides a transaction. The answer leaves when the effects are durable up to the markers:
    /// from then on the outcome stands, whatever crashes.
    ///
    /// - Parameters:
    ///   - version: the rules by which the client goes.
    ///   - freshProducerID: as in `initializeProducer`.
    /// - Returns: as whom the producer goes on.
    public mutating func end(
        _ outcome: TransactionOutcome, of id: String, by claim: ProducerIdentity,
        version: TransactionVersion, at now: Moment, freshProducerID: () -> Int64?,
        into effects: inout [TransactionEffect]
    ) -> Result<ProducerIdentity, TransactionError> {
        guard !id.isEmpty else { return .failure(.invalidRequest) }
        guard var transaction = transactions[id] else {
            return .failure(.invalidProducerIDMapping)
        }
        switch ending(of: transaction, outcome, by: claim, version) {
        case .refuse(let error): return .failure(error)
        case .done: return .success(transaction.producer)
        case .end: break
        }
        guard keeps(version) else { return .failure(.unsupportedVersion) }
        var next: Int64 = -1
        if version.raisesEpochs, transaction.producer.isExhausted {
            guard let fresh = freshProducerID() else { return .failure(.coordinatorNotAvailable) }
            next = fresh
        }
        let wasOpen = transaction.state == .ongoing
        if version.raisesEpochs { transaction.lastEpoch = transaction.producer.epoch }
        transaction.due = nil
        transaction.step(at: now.timestamp) { stored in
            stored.state = .preparing(outcome)
            stored.version = version
            stored.nextProducerID = next
            if version.raisesEpochs { stored.producer = stored.producer.raised }
            if !wasOpen { stored.start = now.timestamp }
        }
        keep(transaction, of: id, into: &effects)
        if let markers = transaction.markers(of: id, coordinatorEpoch: epoch) {
            effects.append(.writeMarkers(markers))
        }
        return .success(transaction.successor)
    }

    func ending(
        of transaction: Transaction, _ outcome: TransactionOutcome, by claim: ProducerIdentity,
        _ version: TransactionVersion
    ) -> Ending {
        let producer = transaction.producer
        guard version.raisesEpochs else {
            guard producer.id == claim.id else { return .refuse(.invalidProducerIDMapping) }
            guard producer.epoch == claim.epoch else { return .refuse(.producerFenced) }
            return plainEnding(in: transaction.state, outcome)
        }
        let isRenewed =
            transaction.stored.previousProducerID == claim.id && producer.id != claim.id
            && claim.epoch == ProducerIdentity.lastEpoch && producer.epoch == 0
        guard producer.id == claim.id || isRenewed else {
            return .refuse(.invalidProducerIDMapping)
        }
        let isRaised = claim.epoch < .max && claim.raised == producer
        let isPresent = claim == producer
        switch transaction.state {
        case .empty, .ongoing:
            guard isPresent else { return .refuse(.producerFenced) }
        case .prepareCommit, .prepareAbort:
            guard isRaised else { return .refuse(.producerFenced) }
        case .completeCommit, .completeAbort:
            guard isPresent || isRaised || isRenewed else { return .refuse(.producerFenced) }
            guard isPresent else { return plainEnding(in: transaction.state, outcome) }
            return outcome == .abort ? .end : .refuse(.invalidTransactionState)
        }
        if transaction.state == .empty, outcome == .abort { return .end }
        return plainEnding(in: transaction.state, outcome)
    }

    /// As the table says for requests that do not raise epochs.
    private func plainEnding(in state: TransactionState, _ outcome: TransactionOutcome) -> Ending {
        switch (state, outcome) {
        case (.ongoing, _): .end
        case (.prepareCommit, .commit), (.prepareAbort, .abort):
            .refuse(.concurrentTransactions)
        case (.completeCommit, .commit), (.completeAbort, .abort): .done
        case (.empty, _), (.prepareCommit, .abort), (.prepareAbort, .commit),
            (.completeCommit, .abort), (.completeAbort, .commit):
            .refuse(.invalidTransactionState)
        }
    }

    // MARK: Markers

    /// All markers are written and durable: the transaction is complete, and its producer may
    /// begin the next. The record that says so needs no flush of its own: without it the markers
    /// are written once more, which changes nothing.
    public mutating func didWriteMarkers(
        _ markers: TransactionMarkers, at now: Moment, into effects: inout [TransactionEffect]
    ) {
        guard var transaction = transaction(awaiting: markers) else { return }
        let successor = transaction.successor
        transaction.due = nil
        transaction.step(at: now.timestamp) { stored in
            stored.state = markers.outcome == .commit ? .completeCommit : .completeAbort
            stored.partitions = []
            stored.producer = successor
            stored.nextProducerID = -1
        }
        keep(transaction, of: markers.transactionalID, into: &effects)
    }

    /// Some marker could not be written, or not be made durable: all of them come again.
    public mutating func didFailToWriteMarkers(_ markers: TransactionMarkers, at now: Moment) {
        guard transaction(awaiting: markers) != nil else { return }
        remind(
            markers.transactionalID, at: now.instant.advanced(by: settings.markerRetryInterval))
    }

    private func transaction(awaiting markers: TransactionMarkers) -> Transaction? {
        guard let transaction = transactions[markers.transactionalID],
            transaction.producer == markers.producer,
            transaction.state.preparedOutcome == markers.outcome
        else { return nil }
        return transaction
    }
}

extension Transaction {
    /// As whom the producer goes on once the markers are written.
    var successor: ProducerIdentity {
        stored.nextProducerID < 0
            ? producer : ProducerIdentity(id: stored.nextProducerID, epoch: 0)
    }
}
