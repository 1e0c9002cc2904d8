import VarveTerms

/// What members say, and what they are answered.
extension ConsumerGroup {
    /// A heartbeat of a member that joins or stays.
    ///
    /// - Throws: why it is refused; what was written until then stands.
    mutating func beat(
        _ request: ConsumerHeartbeat, from context: ConsumerContext, _ turn: inout ConsumerTurn
    ) throws(GroupRefusal) -> ConsumerHeartbeatAnswer {
        let memberID = try seat(request, context, &turn)
        guard let before = members[memberID] else {
            throw GroupRefusal(.unknownServerError, "Member \(memberID) was lost.")
        }
        setSession(turn.deadline(after: context.times.sessionTimeout), of: memberID)
        try updateTarget(every: context.times.assignmentInterval, &turn)
        reconcile(memberID, owning: request.owned, &turn)
        guard let member = members[memberID] else {
            throw GroupRefusal(.unknownServerError, "Member \(memberID) was lost.")
        }
        var answer = ConsumerHeartbeatAnswer(memberID: memberID, epoch: member.current.epoch)
        answer.heartbeatIntervalMs = Int32(
            clamping: pause(of: member, context, turn).wholeMilliseconds)
        if request.isFull || !member.current.hasPartitions(of: before.current) {
            answer.assignment = member.current.assigned.partitions
        }
        return answer
    }

    // MARK: Who is asking

    /// Finds or makes the member, and takes over what it says of itself.
    /// - Returns: its id.
    private mutating func seat(
        _ request: ConsumerHeartbeat, _ context: ConsumerContext, _ turn: inout ConsumerTurn
    ) throws(GroupRefusal) -> String {
        var memberID = request.memberID
        if members.count >= turn.settings.consumerGroupSizeMax, members[memberID] == nil {
            throw GroupRefusal(
                .groupMaxSizeReached,
                "The consumer group has reached its maximum capacity of "
                    + "\(turn.settings.consumerGroupSizeMax) members.")
        }
        if memberID.isEmpty { memberID = context.uniqueID.description }
        let isJoining = request.epoch == ConsumerEpoch.join
        var replaced: ConsumerMember?
        if let instance = request.instanceID {
            replaced = try predecessor(of: memberID, as: instance, request, turn)
        } else if !isJoining {
            guard let member = members[memberID] else {
                throw unknownMember(memberID)
            }
            try checkEpoch(of: request, member)
        }
        let profile = try profile(of: memberID, replaced, request, context, turn)
        if let replaced { replace(replaced, by: memberID, &turn) }
        let changed = take(profile, of: memberID, &turn)
        refreshEpoch(changed, &turn)
        return memberID
    }

    func unknownMember(_ memberID: String) -> GroupRefusal {
        GroupRefusal(.unknownMemberID, "Member \(memberID) is not a member of group \(id).")
    }

    /// Static members: who bore the instance id until now, if this one is to take the place.
    private func predecessor(
        of memberID: String, as instance: String, _ request: ConsumerHeartbeat,
        _ turn: ConsumerTurn
    ) throws(GroupRefusal) -> ConsumerMember? {
        let existing = instances[instance].flatMap { members[$0] }
        guard request.epoch == ConsumerEpoch.join else {
            guard let existing else {
                throw GroupRefusal(.unknownMemberID, "Instance id \(instance) is unknown.")
            }
            if existing.id != memberID { throw fenced(memberID, instance, by: existing.id) }
            try checkEpoch(of: request, existing)
            return nil
        }
        guard let existing, existing.id != memberID else { return nil }
        if !existing.isAway, existing.profile.classic == nil {
            throw GroupRefusal(
                .unreleasedInstanceID,
                "Static member \(memberID) with instance id \(instance) cannot join the group "
                    + "because the instance id is owned by \(existing.id) member.")
        }
        return existing
    }

    func fenced(_ memberID: String, _ instance: String, by other: String) -> GroupRefusal {
        GroupRefusal(
            .fencedInstanceID,
            "Static member \(memberID) with instance id \(instance) was fenced by member \(other).")
    }

    /// A member whose last answer was lost comes with the epoch before; it may go on if it has
    /// nothing that it should not have.
    private func checkEpoch(
        of request: ConsumerHeartbeat, _ member: ConsumerMember
    ) throws(GroupRefusal) {
        let known = member.current.epoch
        guard request.epoch != known else { return }
        if request.epoch < known, request.epoch == member.current.previousEpoch,
            let owned = request.owned, member.current.assigned.contains(owned)
        {
            return
        }
        let order = request.epoch > known ? "greater" : "smaller"
        throw GroupRefusal(
            .fencedMemberEpoch,
            "The consumer group member has a \(order) member epoch (\(request.epoch)) than the one "
                + "known by the group coordinator (\(known)). The member must abandon all its "
                + "partitions and rejoin.")
    }

    // MARK: What it says of itself

    private func profile(
        of memberID: String, _ replaced: ConsumerMember?, _ request: ConsumerHeartbeat,
        _ context: ConsumerContext, _ turn: ConsumerTurn
    ) throws(GroupRefusal) -> MemberProfile {
        let known = replaced?.profile ?? members[memberID]?.profile
        var profile = known ?? MemberProfile(clientID: "", clientHost: "")
        (profile.clientID, profile.clientHost) = (context.clientID, context.clientHost)
        profile.classic = nil
        if let instance = request.instanceID { profile.instanceID = instance }
        if let rack = request.rackID { profile.rackID = rack }
        if request.rebalanceTimeoutMs != -1 {
            profile.rebalanceTimeoutMs = request.rebalanceTimeoutMs
        }
        if let topics = request.subscribedTopics { profile.subscribedTopics = Set(topics) }
        if let pattern = request.subscribedPattern { profile.subscribedPattern = pattern }
        if let assignor = request.assignor { profile.assignor = assignor }
        let record = ConsumerRecord.member(memberID, profile)
        guard record.sizeMax + id.utf8.count <= turn.settings.groupRecordSizeMax.bytes else {
            throw GroupRefusal(
                .invalidRequest, "What member \(memberID) says is larger than a record may be.")
        }
        return profile
    }

    /// - Returns: whether the member wants other topics than before.
    mutating func take(
        _ profile: MemberProfile, of memberID: String, _ turn: inout ConsumerTurn
    ) -> Bool {
        let old = members[memberID]?.profile
        guard old != profile else { return false }
        write(.member(memberID, profile), &turn)
        let before = old.map(subscription(of:)) ?? []
        return (old?.subscribedTopics ?? []) != profile.subscribedTopics
            || before != subscription(of: profile)
    }

    // MARK: The group's epoch

    /// Raises the epoch if what members want has changed, or the topics have that they want.
    mutating func refreshEpoch(_ haveWishesChanged: Bool, _ turn: inout ConsumerTurn) {
        guard haveWishesChanged || catalogVersion != turn.topics.version else {
            if !hasEpochRecord { writeEpoch(epoch, metadataHash, &turn) }
            return
        }
        catalogVersion = turn.topics.version
        let hash = turn.topics.fingerprint(of: subscribedTopics)
        if haveWishesChanged || hash != metadataHash {
            writeEpoch(nextEpoch, hash, &turn)
        } else if !hasEpochRecord {
            writeEpoch(epoch, hash, &turn)
        }
    }

    /// A member is gone: the others get what it had.
    mutating func raiseEpoch(_ turn: inout ConsumerTurn) {
        catalogVersion = turn.topics.version
        writeEpoch(nextEpoch, turn.topics.fingerprint(of: subscribedTopics), &turn)
    }

    private var nextEpoch: Int32 { epoch == .max ? .max : epoch + 1 }

    private mutating func writeEpoch(
        _ epoch: Int32, _ hash: Int64, _ turn: inout ConsumerTurn
    ) {
        write(.epoch(StoredEpoch(epoch: epoch, metadataHash: hash)), &turn)
    }

    // MARK: The target

    /// Computes the target anew if the group has changed since, but not more often than the
    /// interval says: members that come at the same time are then dealt with at once.
    mutating func updateTarget(
        every interval: Duration, _ turn: inout ConsumerTurn
    ) throws(GroupRefusal) {
        guard epoch > targetEpoch else { return }
        let age = turn.now.timestamp.milliseconds(since: targetTimestamp)
        let isFirst = targetTimestamp == .none
        // A wall clock that was set back must not stop the group.
        guard isFirst || age < 0 || age >= interval.wholeMilliseconds else { return }
        let next = assignor(of: turn.settings).assign(assignorInput(turn))
        for (memberID, set) in next {
            // Twice, since what a member has is recorded with epochs.
            let size = ConsumerRecord.target(memberID, set).sizeMax
            guard size * 4 + id.utf8.count <= turn.settings.groupRecordSizeMax.bytes else {
                throw GroupRefusal(
                    .unknownServerError,
                    "The part of member \(memberID) is larger than a record may be.")
            }
        }
        for memberID in next.keys.sorted() where next[memberID] != target[memberID] {
            write(.target(memberID, next[memberID]), &turn)
        }
        let stored = StoredTargetEpoch(epoch: epoch, timestamp: turn.now.timestamp)
        write(.targetEpoch(stored), &turn)
    }

    private func assignorInput(_ turn: ConsumerTurn) -> AssignorInput {
        var input = AssignorInput()
        for member in members.values {
            var topics: [UniqueID] = []
            for name in subscription(of: member.profile).sorted() {
                guard let topic = turn.topics[name] else { continue }
                topics.append(topic.id)
                input.partitionCounts[topic.id] = topic.partitionCount
            }
            input.members.append(
                AssignorInput.Member(
                    id: member.id, instanceID: member.profile.instanceID, topics: topics,
                    assigned: target[member.id] ?? PartitionSet()))
        }
        input.members.sort { $0.id < $1.id }
        return input
    }
}
