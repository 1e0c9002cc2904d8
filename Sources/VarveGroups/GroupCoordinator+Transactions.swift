/// Offsets that move with a producer's transaction (KIP-98, KIP-447).
extension GroupCoordinator {
    // MARK: Reading the partition

    /// Takes one record of a transaction's batch: it waits for the marker.
    public mutating func apply(_ record: GroupRecord, ofTransactionOf producerID: Int64) {
        switch record {
        case .offset(let key, let stored?):
            // The group is there from now on: its offsets are about to come.
            if kind(of: key.group) == nil {
                groups[key.group] = ClassicGroup(id: key.group, at: stored.commitTimestamp)
            }
            pending.add(stored, for: key, of: producerID)
        case .offset(_, nil), .group, .consumer:
            // Transactions carry nothing but offsets.
            apply(record)
        }
    }

    /// A commit marker stands in the partition: the offsets of the producer's transaction count.
    public mutating func commitTransaction(of producerID: Int64) {
        for (key, pending) in pending.end(producerID) {
            self.pending.supersede(key, before: pending.order)
            keep(pending.stored, for: key)
        }
    }

    /// An abort marker stands in the partition: the offsets of the producer's transaction are
    /// forgotten.
    public mutating func abortTransaction(of producerID: Int64) { _ = pending.end(producerID) }

    // MARK: TxnOffsetCommit

    /// TxnOffsetCommit: answered at once, after the records of what is accepted; they count once
    /// the marker of the transaction is in the partition.
    ///
    /// That the producer's transaction is open, and has the partition, is the caller's to check.
    public mutating func commitOffsets(
        _ request: CommitRequest, in transaction: TransactionalProducer, token: RequestToken,
        at now: Moment, into effects: inout [GroupEffect]
    ) {
        let error = refusal(ofTransactional: request.claim)
        var records: [GroupRecord] = []
        let topics = request.topics.map { topic in
            let rows = topic.partitions.map { commit -> PartitionOutcome in
                let outcome = error ?? refusal(of: commit)
                if outcome == nil {
                    records.append(record(of: commit, topic, request, at: now.timestamp))
                }
                return PartitionOutcome(partition: commit.partition, error: outcome)
            }
            return TopicOutcomes(topic: topic.topic, topicID: topic.topicID, partitions: rows)
        }
        for record in records { apply(record, ofTransactionOf: transaction.id) }
        for list in records.lists(in: settings) {
            effects.append(.appendTransactional(list, of: transaction))
        }
        effects.append(.answer(token, .commit(CommitAnswer(topics: topics))))
    }

    private func refusal(ofTransactional claim: MemberClaim) -> GroupError? {
        if claim.group.isEmpty || isTooLong(claim.group) { return .invalidGroupID }
        if let group = consumerGroups[claim.group] {
            return group.refusal(ofTransactional: claim)
        }
        guard let group = groups[claim.group] else {
            return claim.generation < 0 ? nil : .illegalGeneration
        }
        return group.refusal(ofTransactional: claim)
    }

    // MARK: OffsetFetch

    /// As `fetchOffsets`, with partitions marked whose offset a transaction may still move: who
    /// reads on behind an offset must not read what is about to count as read (KIP-447).
    public func fetchStableOffsets(_ query: OffsetQuery) -> [TopicOffsets] {
        var topics = fetchOffsets(query)
        for (place, topic) in topics.enumerated() {
            for (row, partition) in topic.partitions.enumerated() {
                let key = OffsetKey(
                    group: query.group, topic: topic.topic, partition: partition.partition)
                guard pending.contains(key) else { continue }
                topics[place].partitions[row].isUnstable = true
                topics[place].partitions[row].stored = nil
            }
        }
        return topics
    }
}

extension ClassicGroup {
    /// Why a TxnOffsetCommit is refused. A producer that names no member is trusted: old clients
    /// cannot name one.
    func refusal(ofTransactional claim: MemberClaim) -> GroupError? {
        if claim.generation < 0, state == .empty { return nil }
        if claim.generation < 0, claim.memberID.isEmpty, claim.instanceID == nil { return nil }
        if let error = refusal(of: claim) { return error }
        return claim.generation == generation ? nil : .illegalGeneration
    }
}

/// Whose transaction carries offsets.
public struct TransactionalProducer: Hashable, Sendable {
    public var id: Int64
    public var epoch: Int16

    public init(id: Int64, epoch: Int16) { (self.id, self.epoch) = (id, epoch) }
}
