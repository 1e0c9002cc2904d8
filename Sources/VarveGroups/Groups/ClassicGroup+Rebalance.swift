import VarveTerms

/// The way from one generation to the next.
extension ClassicGroup {
    /// Someone came, went or changed: begin a rebalance, or see whether the one under way ends.
    mutating func rebalance(_ turn: inout Turn) {
        if state == .preparingRebalance {
            finishJoiningIfAll(&turn)
        } else {
            prepareRebalance(&turn)
        }
    }

    private mutating func prepareRebalance(_ turn: inout Turn) {
        // Whoever waits for an assignment will not get one in this generation.
        if state == .completingRebalance { abandonAssignment(.rebalanceInProgress, &turn) }
        syncDeadline = nil
        let wasEmpty = state == .empty
        enter(.preparingRebalance, at: turn.now.timestamp)
        guard wasEmpty else {
            awaitRejoins(turn)
            finishJoiningIfAll(&turn)
            return
        }
        let delay = turn.settings.initialRebalanceDelay
        let until = turn.deadline(after: delay)
        joinPhase = .gathering(
            until: until, delay: delay, remaining: max(members.rebalanceTimeout - delay, .zero),
            didGrow: false)
        arm(until)
    }

    private mutating func awaitRejoins(_ turn: Turn) {
        let until = turn.deadline(after: members.rebalanceTimeout)
        joinPhase = .rejoining(until: until)
        arm(until)
    }

    /// Ends the wait when nobody is missing; a group that gathers its first members goes on until
    /// its time is over.
    mutating func finishJoiningIfAll(_ turn: inout Turn) {
        guard case .rejoining = joinPhase, haveAllJoined else { return }
        finishJoining(&turn)
    }

    /// Makes the next generation of whoever has joined. Dynamic members that have not are removed;
    /// static ones stay until their session ends (KIP-345).
    mutating func finishJoining(_ turn: inout Turn) {
        for member in members.inOrder where member.awaitingJoin == nil {
            if member.instanceID == nil { drop(member.id, &turn) }
        }
        guard members.electJoinedLeader() || members.isEmpty else {
            // Only static members that are away: a generation without a leader would be stuck.
            awaitRejoins(turn)
            return
        }
        generation = generation == .max ? 1 : generation + 1
        syncDeadline = nil
        protocolName = members.electedProtocol
        if members.isEmpty {
            enter(.empty, at: turn.now.timestamp)
            noteSubscriptions()
            turn.append([.group(id, record { _ in [] })])
        } else {
            enter(.completingRebalance, at: turn.now.timestamp)
            noteSubscriptions()
            announceGeneration(&turn)
        }
    }

    private mutating func announceGeneration(_ turn: inout Turn) {
        let roster = members.inOrder
        for member in roster {
            if let token = member.awaitingJoin {
                turn.answer(token, .join(joined(member.id, skipAssignment: false)))
            }
            members.update(member.id) { member in
                (member.awaitingJoin, member.isNew, member.hasSynced) = (nil, false, false)
            }
            renewSession(of: member.id, turn)
        }
        let until = turn.deadline(after: members.rebalanceTimeout)
        syncDeadline = until
        arm(until)
    }

    /// The answer that puts a member into the present generation; the leader's names all members.
    func joined(_ memberID: String, skipAssignment: Bool) -> JoinAnswer {
        var answer = JoinAnswer(memberID: memberID)
        answer.generation = generation
        (answer.protocolType, answer.protocolName) = (protocolType, protocolName)
        answer.leader = members.leader ?? ""
        answer.skipAssignment = skipAssignment
        guard memberID == members.leader else { return answer }
        answer.members = members.inOrder.map { member in
            JoinedMember(
                memberID: member.id, instanceID: member.instanceID,
                metadata: member.metadata(for: protocolName))
        }
        return answer
    }

    /// Takes the members' parts away and tells those who wait for one why.
    mutating func abandonAssignment(_ error: GroupError, _ turn: inout Turn) {
        for member in members.inOrder {
            members.update(member.id) { member in
                (member.assignment, member.awaitingSync) = ([], nil)
            }
            guard let token = member.awaitingSync else { continue }
            turn.answer(token, .sync(SyncAnswer(error: error)))
            renewSession(of: member.id, turn)
        }
    }

    /// Removes a member, whatever it waits for. What this means for the group is the caller's.
    mutating func drop(_ memberID: String, _ turn: inout Turn) {
        guard let member = members.remove(memberID) else { return }
        if let token = member.awaitingJoin {
            turn.answer(token, .join(JoinAnswer(memberID: "", error: .unknownMemberID)))
        }
        if let token = member.awaitingSync {
            turn.answer(token, .sync(SyncAnswer(error: .unknownMemberID)))
        }
    }

    /// So many members left or were given up. Ids that nobody joined with are not worth a
    /// rebalance, but one that waited for them may end.
    mutating func didLose(_ count: Int, _ turn: inout Turn) {
        if count == 0 {
            finishJoiningIfAll(&turn)
        } else if state != .empty {
            rebalance(&turn)
        }
    }
}
