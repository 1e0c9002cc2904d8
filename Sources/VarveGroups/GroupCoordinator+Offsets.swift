import VarveTerms

/// Offsets of groups: committing, reading, deleting, expiring.
extension GroupCoordinator {
    // MARK: OffsetCommit

    /// OffsetCommit: answered at once, after the records of what is accepted.
    public mutating func commitOffsets(
        _ request: CommitRequest, token: RequestToken, at now: Moment,
        into effects: inout [GroupEffect]
    ) {
        let error = refusal(of: request)
        if error == nil { noteCommitter(request.claim, at: now, into: &effects) }
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
        for record in records { apply(record) }
        effects.append(records, in: settings)
        effects.append(.answer(token, .commit(CommitAnswer(topics: topics))))
    }

    private func refusal(of request: CommitRequest) -> GroupError? {
        if isTooLong(request.claim.group) { return .invalidGroupID }
        if let group = consumerGroups[request.claim.group] {
            return group.refusal(of: request)
        }
        guard let group = groups[request.claim.group] else {
            // Without a generation it comes from a consumer without membership, which makes the
            // group that it names.
            if request.claim.generation < 0 { return nil }
            return request.version >= 9 ? .groupIDNotFound : .illegalGeneration
        }
        return group.refusal(ofCommit: request.claim)
    }

    func refusal(of commit: PartitionCommit) -> GroupError? {
        let length = commit.metadata?.utf16.count ?? 0
        return length > settings.offsetMetadataLengthMax ? .offsetMetadataTooLarge : nil
    }

    /// A commit keeps its member's session alive.
    private mutating func noteCommitter(
        _ claim: MemberClaim, at now: Moment, into effects: inout [GroupEffect]
    ) {
        withGroup(claim.group, at: now, into: &effects) { group, turn in
            group.renewSession(of: claim.memberID, turn)
        }
    }

    /// Why an OffsetFetch of a member is refused: it may not know yet that it has lost what it asks
    /// about. Queries that name no member are always answered.
    public func refusal(ofFetchBy claim: MemberClaim) -> GroupError? {
        guard let group = consumerGroups[claim.group] else { return nil }
        if claim.memberID.isEmpty, claim.generation < 0 { return nil }
        guard let member = group.members[claim.memberID] else { return .unknownMemberID }
        return member.current.epoch == claim.generation ? nil : .staleMemberEpoch
    }

    func record(
        of commit: PartitionCommit, _ topic: TopicCommits, _ request: CommitRequest,
        at now: Timestamp
    ) -> GroupRecord {
        let key = OffsetKey(
            group: request.claim.group, topic: topic.topic, partition: commit.partition)
        let expiry = request.retention.map { retention in
            now.milliseconds.addingReportingOverflow(retention.wholeMilliseconds)
        }
        let expires = expiry.map { $0.overflow ? .max : $0.partialValue } ?? -1
        return .offset(
            key,
            StoredOffset(
                offset: commit.offset, leaderEpoch: commit.leaderEpoch,
                metadata: commit.metadata ?? "", commitTimestamp: now,
                expireTimestamp: Timestamp(milliseconds: expires), topicID: topic.topicID))
    }

    // MARK: OffsetFetch

    /// OffsetFetch of one group: what it has committed. An unknown group has nothing.
    ///
    /// It may tell of records that are not durable yet: send it as if it stood at the end of the
    /// stream of effects.
    public func fetchOffsets(_ query: OffsetQuery) -> [TopicOffsets] {
        let kept = offsets[query.group] ?? GroupOffsets()
        guard let topics = query.topics else { return kept.allRows }
        return kept.rows(of: topics)
    }

    // MARK: OffsetDelete

    /// OffsetDelete: answered at once.
    public mutating func deleteOffsets(
        _ request: OffsetDeletion, token: RequestToken, into effects: inout [GroupEffect]
    ) {
        if let error = refusal(of: request) {
            let answer = OffsetDeletionAnswer(error: error, topics: [])
            return effects.append(.answer(token, .deleteOffsets(answer)))
        }
        var records: [GroupRecord] = []
        let topics = request.topics.map { topic in
            let isSubscribed =
                groups[request.group]?.isSubscribed(to: topic.topic)
                ?? consumerGroups[request.group]?.isSubscribed(to: topic.topic) ?? false
            let rows = topic.partitions.map { partition -> PartitionOutcome in
                guard !isSubscribed else {
                    return PartitionOutcome(
                        partition: partition, error: .groupSubscribedToTopic)
                }
                if let record = deletion(of: topic.topic, partition, in: request.group) {
                    records.append(record)
                }
                return PartitionOutcome(partition: partition, error: nil)
            }
            return TopicOutcomes(topic: topic.topic, topicID: .zero, partitions: rows)
        }
        for record in records { apply(record) }
        effects.append(records, in: settings)
        let answer = OffsetDeletionAnswer(error: nil, topics: topics)
        effects.append(.answer(token, .deleteOffsets(answer)))
    }

    private func refusal(of request: OffsetDeletion) -> GroupError? {
        if request.group.isEmpty { return .invalidGroupID }
        if consumerGroups[request.group] != nil { return nil }
        guard let group = groups[request.group] else { return .groupIDNotFound }
        return group.state == .empty || group.usesConsumerProtocol ? nil : .nonEmptyGroup
    }

    private func deletion(of topic: String, _ partition: Int32, in group: String) -> GroupRecord? {
        guard offsets[group]?[topic, partition] != nil else { return nil }
        return .offset(OffsetKey(group: group, topic: topic, partition: partition), nil)
    }

    /// Topics are gone: their offsets go with them, in every group.
    public mutating func deleteTopics(_ names: Set<String>, into effects: inout [GroupEffect]) {
        let records: [GroupRecord] =
            offsets.keys.sorted().flatMap { id in
                (offsets[id] ?? GroupOffsets()).keys(of: names, in: id).map { .offset($0, nil) }
            } + pending.keys { names.contains($0.topic) }.map { .offset($0, nil) }
        for record in records { apply(record) }
        effects.append(records, in: settings)
    }

    // MARK: Retention

    /// Deletes offsets that are too old, then groups that have neither members nor offsets.
    mutating func expireOffsets(at now: Moment, into effects: inout [GroupEffect]) {
        for id in groups.keys.sorted() {
            guard let group = groups[id] else { continue }
            var records = expired(in: group, at: now.timestamp)
            for record in records { apply(record) }
            if group.isIdle, offsets[id] == nil, !pending.contains(group: id) {
                records += forget(id)
            }
            effects.append(records, in: settings)
        }
        for id in consumerGroups.keys.sorted() {
            guard let group = consumerGroups[id] else { continue }
            var records = expired(in: group, at: now.timestamp)
            for record in records { apply(record) }
            if group.members.isEmpty, offsets[id] == nil, !pending.contains(group: id) {
                records += forget(id)
            }
            effects.append(records, in: settings)
        }
    }

    /// Offsets of topics that nobody in the group wants grow old from their commit on.
    private func expired(in group: ConsumerGroup, at now: Timestamp) -> [GroupRecord] {
        guard let kept = offsets[group.id] else { return [] }
        let retention = settings.offsetsRetention.wholeMilliseconds
        let idle = kept.topics.keys.filter { !group.isSubscribed(to: $0) }
        return kept.keys(of: idle, in: group.id).compactMap { key in
            guard let stored = kept[key.topic, key.partition] else { return nil }
            let isOver =
                stored.expireTimestamp == .none
                ? now.milliseconds(since: stored.commitTimestamp) >= retention
                : stored.expireTimestamp <= now
            return isOver ? .offset(key, nil) : nil
        }
    }

    private func expired(in group: ClassicGroup, at now: Timestamp) -> [GroupRecord] {
        guard let kept = offsets[group.id] else { return [] }
        let retention = settings.offsetsRetention.wholeMilliseconds
        return kept.keys(of: kept.topics.keys, in: group.id).compactMap { key in
            // An offset that a transaction is about to replace is in use.
            guard let stored = kept[key.topic, key.partition], !pending.contains(key),
                let start = group.retentionStart(of: stored, in: key.topic)
            else { return nil }
            let isOver =
                stored.expireTimestamp == .none
                ? now.milliseconds(since: start) >= retention : stored.expireTimestamp <= now
            return isOver ? .offset(key, nil) : nil
        }
    }
}

extension ClassicGroup {
    /// Why an OffsetCommit is refused.
    func refusal(ofCommit claim: MemberClaim) -> GroupError? {
        if claim.generation < 0, state == .empty { return nil }
        if claim.generation < 0, claim.memberID.isEmpty, claim.instanceID == nil {
            // A consumer without membership must not move the offsets of members.
            return .unknownMemberID
        }
        if let error = refusal(of: claim) { return error }
        if claim.generation != generation { return .illegalGeneration }
        // In PreparingRebalance members commit what they have read before they join again; here
        // the partitions may be another's already.
        return state == .completingRebalance ? .rebalanceInProgress : nil
    }

    /// Since when an offset grows old; nil while it does not (KIP-211).
    func retentionStart(of stored: StoredOffset, in topic: String) -> Timestamp? {
        if isSubscribed(to: topic) { return nil }
        guard protocolType != nil else { return stored.commitTimestamp }
        if state == .empty {
            return stateTimestamp == .none ? stored.commitTimestamp : stateTimestamp
        }
        guard state == .stable, usesConsumerProtocol, subscribedTopics != nil else { return nil }
        return stored.commitTimestamp
    }
}
