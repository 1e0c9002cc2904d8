import VarveTerms

/// What members ask for.
extension GroupCoordinator {
    /// JoinGroup: answered at once, or when the rebalance ends.
    public mutating func join(
        _ request: JoinRequest, from context: JoinContext, token: RequestToken, at now: Moment,
        into effects: inout [GroupEffect]
    ) {
        if let error = refusal(of: request) ?? refusal(of: request, from: context) {
            let answer = JoinAnswer(memberID: request.memberID, error: error)
            return effects.append(.answer(token, .join(answer)))
        }
        if let consumers = consumerGroups[request.group] {
            guard consumers.members.isEmpty else {
                let answer = withConsumerGroup(request.group, at: now, into: &effects) {
                    $0.join(request, from: context, &$1)
                }
                let lost = JoinAnswer(memberID: request.memberID, error: .unknownMemberID)
                return effects.append(.answer(token, .join(answer ?? lost)))
            }
            // All its members have left: it gives its place to a classic group.
            consumerGroups[request.group] = nil
            alarms.set(nil, for: request.group)
            effects.append(consumers.tombstones, in: settings)
        }
        if groups[request.group] == nil {
            // A group is recorded as soon as it is there, as Kafka does.
            let group = ClassicGroup(id: request.group, at: now.timestamp)
            groups[group.id] = group
            effects.append(.append([.group(group.id, group.record { _ in [] })]))
        }
        withGroup(request.group, at: now, into: &effects) { group, turn in
            group.join(request, from: context, token: token, &turn)
        }
    }

    private func refusal(of request: JoinRequest) -> GroupError? {
        if request.group.isEmpty || isTooLong(request.group) { return .invalidGroupID }
        let session = request.sessionTimeout
        guard session >= settings.sessionTimeoutMin, session <= settings.sessionTimeoutMax else {
            return .invalidSessionTimeout
        }
        let size = request.protocols.reduce(0) { $0 + $1.name.utf8.count + $1.metadata.count }
        guard request.protocols.count <= settings.protocolCountMax,
            size <= settings.groupRecordSizeMax.bytes,
            Set(request.protocols.map(\.name)).count == request.protocols.count
        else { return .invalidRequest }
        let isMade = consumerGroups[request.group]?.members.isEmpty ?? true
        if groups[request.group] == nil, isMade, !request.memberID.isEmpty {
            return .unknownMemberID
        }
        return nil
    }

    /// Names that no record could hold must not come in: they would fail later, for all members.
    private func refusal(of request: JoinRequest, from context: JoinContext) -> GroupError? {
        let newID = (request.instanceID ?? context.clientID).utf8.count + "-".utf8.count + 36
        let isTooLong =
            newID > GroupSettings.nameSizeMax || isTooLong(context.clientID)
            || isTooLong(context.clientHost) || isTooLong(request.protocolType)
            || request.protocols.contains { self.isTooLong($0.name) }
        return isTooLong ? .invalidRequest : nil
    }

    func isTooLong(_ name: String) -> Bool { name.utf8.count > GroupSettings.nameSizeMax }

    /// SyncGroup: answered at once, or when the leader brings the assignment.
    public mutating func sync(
        _ request: SyncRequest, token: RequestToken, at now: Moment,
        into effects: inout [GroupEffect]
    ) {
        let id = request.claim.group
        let synced = withConsumerGroup(id, at: now, into: &effects) { group, turn in
            let answer = group.sync(request, turn)
            if answer.error == nil { group.didSync(request.claim.memberID, turn) }
            return answer
        }
        if let synced { return effects.append(.answer(token, .sync(synced))) }
        let isKnown: Void? = withGroup(id, at: now, into: &effects) { group, turn in
            group.sync(request, token: token, &turn)
        }
        if isKnown == nil {
            let error: GroupError = id.isEmpty ? .invalidGroupID : .unknownMemberID
            effects.append(.answer(token, .sync(SyncAnswer(error: error))))
        }
    }

    /// Heartbeat: answered at once.
    public mutating func heartbeat(
        _ claim: MemberClaim, token: RequestToken, at now: Moment,
        into effects: inout [GroupEffect]
    ) {
        let outcome =
            withGroup(claim.group, at: now, into: &effects) { $0.heartbeat(claim, $1) }
            ?? withConsumerGroup(claim.group, at: now, into: &effects) { $0.heartbeat(claim, $1) }
        let unknown: GroupError = claim.group.isEmpty ? .invalidGroupID : .unknownMemberID
        effects.append(.answer(token, .heartbeat(outcome ?? unknown)))
    }

    /// LeaveGroup: answered at once.
    public mutating func leave(
        _ request: LeaveRequest, token: RequestToken, at now: Moment,
        into effects: inout [GroupEffect]
    ) {
        if request.group.isEmpty {
            let answer = LeaveAnswer(error: .invalidGroupID, members: [])
            return effects.append(.answer(token, .leave(answer)))
        }
        let rows =
            withGroup(request.group, at: now, into: &effects) { group, turn in
                group.leave(request.members, &turn)
            }
            ?? withConsumerGroup(request.group, at: now, into: &effects) { group, turn in
                group.leave(request.members, &turn)
            }
        let unknown = request.members.map {
            LeftMember(
                memberID: $0.memberID, instanceID: $0.instanceID, error: .unknownMemberID)
        }
        downgradeIfDue(request.group, at: now, into: &effects)
        let answer = LeaveAnswer(error: nil, members: rows ?? unknown)
        effects.append(.answer(token, .leave(answer)))
    }
}
