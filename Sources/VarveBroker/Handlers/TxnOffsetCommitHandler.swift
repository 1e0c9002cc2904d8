internal import VarveGroups
internal import VarveMetadata
internal import VarveTerms
internal import VarveTransactions
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Keeps offsets that count once a producer's transaction is committed.
    func txnOffsetCommit(
        _ request: TxnOffsetCommitRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = TxnOffsetCommitResponse()
        var topics: [TopicCommits] = []
        for topic in request.topics {
            let image = image[topic: topic.name]
            var commits = TopicCommits(
                topic: topic.name, topicID: image?.id ?? .zero, partitions: [])
            var rows = TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic()
            rows.name = topic.name
            for wanted in topic.partitions {
                let isThere = image?.partitions.indices.contains(Int(wanted.partitionIndex))
                rows.partitions.append(
                    .init(
                        partitionIndex: wanted.partitionIndex,
                        errorCode: isThere == true ? .none : .unknownTopicOrPartition))
                guard isThere == true else { continue }
                commits.partitions.append(
                    PartitionCommit(
                        partition: wanted.partitionIndex, offset: wanted.committedOffset,
                        leaderEpoch: wanted.committedLeaderEpoch,
                        metadata: wanted.committedMetadata))
            }
            response.topics.append(rows)
            if !commits.partitions.isEmpty { topics.append(commits) }
        }
        guard !topics.isEmpty else { return answer(response, to: context, on: loop) }
        transactions.commits[context.slot] = response
        if let code = admit(request, topics, context, on: loop) {
            refuseTransactionalCommit(context, code, on: loop)
        }
    }

    /// Looks whether the transaction has the group's partition, and goes on to the group.
    /// - Returns: why not; nil when the answer comes from there.
    private func admit(
        _ request: TxnOffsetCommitRequest, _ topics: [TopicCommits], _ context: RequestContext,
        on loop: EventLoop
    ) -> ErrorCode? {
        guard !request.groupId.isEmpty else { return .invalidGroupId }
        guard !request.transactionalId.isEmpty else { return .invalidRequest }
        guard let offsets = offsetsPartition(of: request.groupId, at: context.wallClock) else {
            return .coordinatorNotAvailable
        }
        let commit = CommitRequest(
            version: context.version,
            claim: MemberClaim(
                group: request.groupId, memberID: request.memberId,
                instanceID: request.groupInstanceId, generation: request.generationId),
            topics: topics)
        let producer = ProducerIdentity(id: request.producerId, epoch: request.producerEpoch)
        let admission = admit(
            producer, of: request.transactionalId, to: offsets, adds: context.version >= 5,
            at: context.wallClock)
        switch admission {
        case .refused(let refusal): return refusal.code(ofCommitIn: context.version)
        case .atOnce: commitOffsets(commit, in: producer, context, on: loop)
        case .after(let home):
            afterFlush.append { loop in
                guard home.flushFailure == nil else {
                    self.giveUp(home)
                    return self.refuseTransactionalCommit(context, .notCoordinator, on: loop)
                }
                self.commitOffsets(commit, in: producer, context, on: loop)
            }
        }
        return nil
    }

    private func commitOffsets(
        _ commit: CommitRequest, in producer: ProducerIdentity, _ context: RequestContext,
        on loop: EventLoop
    ) {
        guard !hasShareGroup(commit.claim.group) else {
            return refuseTransactionalCommit(context, .groupIdNotFound, on: loop)
        }
        let transaction = TransactionalProducer(id: producer.id, epoch: producer.epoch)
        let isAsked = withCoordinator(of: commit.claim.group, context, on: loop) {
            coordinator, token, now, effects in
            coordinator.commitOffsets(
                commit, in: transaction, token: token, at: now, into: &effects)
        }
        if !isAsked { refuseTransactionalCommit(context, .coordinatorNotAvailable, on: loop) }
    }

    /// Sends what the group answered: rows of unknown partitions have their error already.
    func sendTransactional(
        _ answer: CommitAnswer, to context: RequestContext, on loop: EventLoop
    ) {
        var codes: [TransactionPartition: ErrorCode] = [:]
        for topic in answer.topics {
            for row in topic.partitions {
                codes[TransactionPartition(topic.topic, row.partition)] = row.error?.code
            }
        }
        answerTransactionalCommit(context, on: loop) { codes[$0] ?? .none }
    }

    /// Turns a TxnOffsetCommit down before the group saw it, or after its coordinator was lost.
    func refuseTransactionalCommit(
        _ context: RequestContext, _ code: ErrorCode, on loop: EventLoop
    ) {
        answerTransactionalCommit(context, on: loop) { _ in code }
    }

    private func answerTransactionalCommit(
        _ context: RequestContext, on loop: EventLoop,
        _ code: (TransactionPartition) -> ErrorCode
    ) {
        var response =
            transactions.commits.removeValue(forKey: context.slot) ?? TxnOffsetCommitResponse()
        for (place, topic) in response.topics.enumerated() {
            for (row, partition) in topic.partitions.enumerated()
            where partition.errorCode == .none {
                response.topics[place].partitions[row].errorCode = code(
                    TransactionPartition(topic.name, partition.partitionIndex))
            }
        }
        answer(response, to: context, on: loop)
    }
}

extension AdmissionRefusal {
    /// What a producer is told that commits offsets.
    fileprivate func code(ofCommitIn version: Int16) -> ErrorCode {
        switch self {
        case .notInTransaction: version < 4 ? .invalidTxnState : .transactionAbortable
        case .noCoordinator: .coordinatorNotAvailable
        case .error(.concurrentTransactions):
            // Older producers know no reason to try again in it.
            version < 5 ? .coordinatorLoadInProgress : .concurrentTransactions
        case .error(let error): error.code(knowsFencing: false)
        }
    }
}
