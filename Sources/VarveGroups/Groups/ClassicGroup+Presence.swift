import VarveTerms

/// Heartbeats, leaving, and the timers that remove whoever is silent.
extension ClassicGroup {
    // MARK: Heartbeat

    mutating func heartbeat(_ claim: MemberClaim, _ turn: Turn) -> GroupError? {
        if let error = refusal(of: claim) { return error }
        if claim.generation != generation { return .illegalGeneration }
        renewSession(of: claim.memberID, turn)
        // This is how members learn that they are to join again.
        return state == .preparingRebalance ? .rebalanceInProgress : nil
    }

    // MARK: LeaveGroup

    mutating func leave(_ leaving: [LeavingMember], _ turn: inout Turn) -> [LeftMember] {
        let countBefore = members.count
        let rows = leaving.map { member in
            LeftMember(
                memberID: member.memberID, instanceID: member.instanceID,
                error: remove(member, &turn))
        }
        didLose(countBefore - members.count, &turn)
        return rows
    }

    private mutating func remove(_ member: LeavingMember, _ turn: inout Turn) -> GroupError? {
        if member.memberID.isEmpty {
            // An administrator names the instance only.
            guard let id = member.instanceID.flatMap(members.memberID(ofInstance:)) else {
                return .unknownMemberID
            }
            drop(id, &turn)
            return nil
        }
        if pendingMembers.removeValue(forKey: member.memberID) != nil { return nil }
        let claim = MemberClaim(
            group: id, memberID: member.memberID, instanceID: member.instanceID)
        if let error = refusal(of: claim) { return error }
        drop(member.memberID, &turn)
        return nil
    }

    // MARK: Timers

    /// Does what is due, and sets the alarm anew.
    mutating func runTimers(_ turn: inout Turn) {
        let now = turn.now.instant
        expireSilent(at: now, &turn)
        if let phase = joinPhase, phase.deadline <= now { endJoinPhase(phase, &turn) }
        if let deadline = syncDeadline, deadline <= now { expireUnsynced(&turn) }
        rearm()
    }

    private mutating func expireSilent(at now: Instant, _ turn: inout Turn) {
        let forgotten = pendingMembers.filter { $0.value <= now }
        for memberID in forgotten.keys { pendingMembers[memberID] = nil }
        let silent = members.values.filter { $0.silenceEnds.map { $0 <= now } ?? false }
            .sorted { $0.ordinal < $1.ordinal }
        for member in silent { drop(member.id, &turn) }
        if !silent.isEmpty || !forgotten.isEmpty { didLose(silent.count, &turn) }
    }

    private mutating func endJoinPhase(_ phase: JoinPhase, _ turn: inout Turn) {
        guard case .gathering(_, let delay, let remaining, true) = phase, remaining > .zero else {
            return finishJoining(&turn)
        }
        // Someone came in this step: wait one more, within the rebalance timeout (KIP-134).
        let next = min(turn.settings.initialRebalanceDelay, remaining)
        let until = turn.deadline(after: next)
        joinPhase = .gathering(
            until: until, delay: next, remaining: max(remaining - delay, .zero), didGrow: false)
        arm(until)
    }

    /// Members that took their place in the generation and never asked for their part hold it up.
    private mutating func expireUnsynced(_ turn: inout Turn) {
        syncDeadline = nil
        let idle = members.inOrder.filter { !$0.hasSynced }
        for member in idle { drop(member.id, &turn) }
        if !idle.isEmpty { didLose(idle.count, &turn) }
    }

    // MARK: Loading and resigning

    /// The coordinator begins to serve a group that it has read: all sessions begin now.
    mutating func begin(_ turn: inout Turn) {
        for member in members.inOrder { renewSession(of: member.id, turn) }
        if members.count > turn.settings.groupSizeMax { rebalance(&turn) }
    }

    /// Answers all who wait; the group is of no use afterwards.
    mutating func resign(_ error: GroupError, _ turn: inout Turn) {
        for member in members.inOrder {
            if let token = member.awaitingJoin {
                let answer = JoinAnswer(memberID: member.id, error: error)
                turn.answer(token, .join(answer))
            }
            if let token = member.awaitingSync {
                turn.answer(token, .sync(SyncAnswer(error: error)))
            }
            members.update(member.id) { ($0.awaitingJoin, $0.awaitingSync) = (nil, nil) }
        }
    }
}
