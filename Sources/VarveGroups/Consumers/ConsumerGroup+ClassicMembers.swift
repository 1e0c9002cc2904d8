import VarveTerms

/// Members that speak the classic protocol in a consumer group: to them each step of the
/// reconciliation is a rebalance, in which the coordinator leads and assigns.
///
/// *Source*: KIP-848, "online migration".
extension ConsumerGroup {
    // MARK: JoinGroup

    /// A classic member joins, or joins anew to learn its next part.
    mutating func join(
        _ request: JoinRequest, from context: JoinContext, _ turn: inout ConsumerTurn
    ) -> JoinAnswer {
        let isNew = request.memberID.isEmpty
        let memberID = isNew ? context.uniqueID.description : request.memberID
        if members.count >= turn.settings.consumerGroupSizeMax, members[memberID] == nil {
            return JoinAnswer(memberID: request.memberID, error: .groupMaxSizeReached)
        }
        guard let first = request.protocols.first,
            let subscription = ConsumerProtocol.subscription(first.metadata),
            supports(request, besides: memberID)
        else { return JoinAnswer(memberID: request.memberID, error: .inconsistentGroupProtocol) }
        if isNew, request.instanceID == nil, request.version >= 4 {
            return JoinAnswer(memberID: memberID, error: .memberIDRequired)
        }
        do throws(GroupRefusal) {
            try seat(request, as: memberID, subscription, context, &turn)
            setSession(turn.deadline(after: request.sessionTimeout), of: memberID)
            try updateTarget(every: turn.settings.consumerTimes.assignmentInterval, &turn)
        } catch {
            return JoinAnswer(memberID: request.memberID, error: error.error)
        }
        reconcile(memberID, owning: turn.topics.partitions(subscription.owned), &turn)
        setDuty(turn.deadline(after: request.waitMax), of: memberID)
        var answer = JoinAnswer(memberID: memberID)
        answer.generation = members[memberID]?.current.epoch ?? -1
        (answer.protocolType, answer.protocolName) = (ConsumerSubscription.protocolType, first.name)
        return answer
    }

    private func supports(_ request: JoinRequest, besides memberID: String) -> Bool {
        guard request.protocolType == ConsumerSubscription.protocolType else { return false }
        var common = Set(request.protocols.map(\.name))
        for member in members.values where member.id != memberID {
            guard let classic = member.profile.classic else { continue }
            common.formIntersection(classic.protocols.map(\.name))
        }
        return !common.isEmpty
    }

    private mutating func seat(
        _ request: JoinRequest, as memberID: String, _ subscription: ConsumerProtocol.Subscription,
        _ context: JoinContext, _ turn: inout ConsumerTurn
    ) throws(GroupRefusal) {
        var replaced: ConsumerMember?
        if let instance = request.instanceID {
            let existing = instances[instance].flatMap { members[$0] }
            if request.memberID.isEmpty {
                replaced = existing
            } else if existing == nil {
                throw GroupRefusal(.unknownMemberID, "Instance id \(instance) is unknown.")
            } else if let existing, existing.id != memberID {
                throw fenced(memberID, instance, by: existing.id)
            }
        }
        let known = replaced?.profile ?? members[memberID]?.profile
        var profile = known ?? MemberProfile(clientID: "", clientHost: "")
        (profile.clientID, profile.clientHost) = (context.clientID, context.clientHost)
        profile.instanceID = request.instanceID ?? profile.instanceID
        profile.rebalanceTimeoutMs = Int32(clamping: request.waitMax.wholeMilliseconds)
        profile.subscribedTopics = Set(subscription.topics)
        (profile.subscribedPattern, profile.assignor) = ("", nil)
        profile.classic = ClassicMembership(
            sessionTimeoutMs: Int32(clamping: request.sessionTimeout.wholeMilliseconds),
            protocols: request.protocols)
        let size = ConsumerRecord.member(memberID, profile).sizeMax + id.utf8.count
        guard size <= turn.settings.groupRecordSizeMax.bytes else {
            throw GroupRefusal(.invalidRequest, "What the member says is too large.")
        }
        if let replaced { replace(replaced, by: memberID, &turn) }
        let changed = take(profile, of: memberID, &turn)
        refreshEpoch(changed, &turn)
    }

    // MARK: SyncGroup

    func sync(_ request: SyncRequest, _ turn: ConsumerTurn) -> SyncAnswer {
        let memberID = request.claim.memberID
        if let error = refusal(of: request.claim) { return SyncAnswer(error: error) }
        guard let member = members[memberID], let first = member.profile.classic?.protocols.first
        else { return SyncAnswer(error: .unknownMemberID) }
        guard
            request.protocolType ?? ConsumerSubscription.protocolType
                == ConsumerSubscription.protocolType,
            request.protocolName ?? first.name == first.name
        else { return SyncAnswer(error: .inconsistentGroupProtocol) }
        if member.current.epoch < targetEpoch, member.current.state != .unrevoked {
            return SyncAnswer(error: .rebalanceInProgress)
        }
        var answer = SyncAnswer()
        (answer.protocolType, answer.protocolName) = (request.protocolType, request.protocolName)
        answer.assignment = ConsumerProtocol.encode(
            turn.topics.names(of: member.current.assigned.partitions),
            version: ConsumerProtocol.subscription(first.metadata)?.version ?? 0)
        return answer
    }

    /// The member has done what it was told, and is heard of.
    mutating func didSync(_ memberID: String, _ turn: ConsumerTurn) {
        setDuty(nil, of: memberID)
        renewClassicSession(of: memberID, turn)
    }

    private mutating func renewClassicSession(of memberID: String, _ turn: ConsumerTurn) {
        guard let classic = members[memberID]?.profile.classic else { return }
        let session = Duration.milliseconds(max(classic.sessionTimeoutMs, 0))
        setSession(turn.deadline(after: session), of: memberID)
    }

    /// Why a request of the classic protocol is refused.
    private func refusal(of claim: MemberClaim) -> GroupError? {
        if let instance = claim.instanceID {
            guard let known = instances[instance] else { return .unknownMemberID }
            if known != claim.memberID { return .fencedInstanceID }
        }
        guard let member = members[claim.memberID], member.profile.classic != nil else {
            return .unknownMemberID
        }
        return member.current.epoch == claim.generation ? nil : .illegalGeneration
    }

    // MARK: Heartbeat

    /// A classic heartbeat; it learns by `rebalanceInProgress` that there is something for it.
    mutating func heartbeat(_ claim: MemberClaim, _ turn: ConsumerTurn) -> GroupError? {
        if let error = refusal(of: claim) { return error }
        guard let member = members[claim.memberID] else { return .unknownMemberID }
        renewClassicSession(of: member.id, turn)
        let mustJoin =
            member.current.epoch < targetEpoch || member.current.state == .unrevoked
            || (member.current.state == .unreleased && canGetMore(member))
        guard mustJoin else { return nil }
        if member.dutyEnds == nil {
            let limit = Duration.milliseconds(max(member.profile.rebalanceTimeoutMs, 0))
            setDuty(turn.deadline(after: limit), of: member.id)
        }
        return .rebalanceInProgress
    }

    /// Whether something of its target, that it lacks, is free now.
    private func canGetMore(_ member: ConsumerMember) -> Bool {
        (target[member.id] ?? PartitionSet()).topics.contains { topic, partitions in
            partitions.contains {
                member.current.assigned[topic, $0] == nil && owners[topic]?[$0] == nil
            }
        }
    }
}

extension TopicCatalog {
    /// Those of the named topics that there are.
    func partitions(_ named: [String: [Int32]]) -> PartitionSet {
        PartitionSet(
            named.compactMap { name, partitions in self[name].map { ($0.id, partitions) } })
    }

    func names(of set: PartitionSet) -> [String: [Int32]] {
        var named: [String: [Int32]] = [:]
        for (topic, partitions) in set.topics {
            if let name = name(of: topic) { named[name] = partitions.sorted() }
        }
        return named
    }
}
