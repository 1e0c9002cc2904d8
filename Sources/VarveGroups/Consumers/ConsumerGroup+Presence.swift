import VarveTerms

/// Leaving, and the timers that remove whoever is silent.
extension ConsumerGroup {
    /// A member says that it goes.
    mutating func leave(
        _ request: ConsumerHeartbeat, _ turn: inout ConsumerTurn
    ) throws(GroupRefusal) -> ConsumerHeartbeatAnswer {
        let member = try leaving(request)
        if request.instanceID != nil, request.epoch == ConsumerEpoch.awayStatic {
            // Its place stays until its session ends: the instance comes back.
            var away = member.current
            (away.epoch, away.pendingRevocation) = (ConsumerEpoch.awayStatic, EpochPartitions())
            away.state = .stable
            write(.current(member.id, away), &turn)
            setDuty(nil, of: member.id)
        } else {
            fence(member.id, &turn)
        }
        return ConsumerHeartbeatAnswer(memberID: request.memberID, epoch: request.epoch)
    }

    private func leaving(
        _ request: ConsumerHeartbeat
    ) throws(GroupRefusal) -> ConsumerMember {
        guard let instance = request.instanceID else {
            guard let member = members[request.memberID] else {
                throw unknownMember(request.memberID)
            }
            return member
        }
        guard let member = instances[instance].flatMap({ members[$0] }) else {
            throw GroupRefusal(.unknownMemberID, "Instance id \(instance) is unknown.")
        }
        if member.id != request.memberID { throw fenced(request.memberID, instance, by: member.id) }
        return member
    }

    /// LeaveGroup, and what administrators remove.
    mutating func leave(
        _ leaving: [LeavingMember], _ turn: inout ConsumerTurn
    ) -> [LeftMember] {
        var gone: Set<String> = []
        let rows = leaving.map { one -> LeftMember in
            let error = refusal(of: one, &gone)
            return LeftMember(memberID: one.memberID, instanceID: one.instanceID, error: error)
        }
        guard !gone.isEmpty else { return rows }
        for memberID in gone.sorted() { erase(memberID, &turn) }
        raiseEpoch(&turn)
        return rows
    }

    private func refusal(of one: LeavingMember, _ gone: inout Set<String>) -> GroupError? {
        var memberID = one.memberID
        if let instance = one.instanceID {
            guard let known = instances[instance] else { return .unknownMemberID }
            if !memberID.isEmpty, memberID != known { return .fencedInstanceID }
            memberID = known
        }
        guard members[memberID] != nil, gone.insert(memberID).inserted else {
            return .unknownMemberID
        }
        return nil
    }

    /// Removes a member, and has what it had given to the others.
    mutating func fence(_ memberID: String, _ turn: inout ConsumerTurn) {
        erase(memberID, &turn)
        raiseEpoch(&turn)
    }

    private mutating func erase(_ memberID: String, _ turn: inout ConsumerTurn) {
        write(.current(memberID, nil), &turn)
        write(.target(memberID, nil), &turn)
        write(.member(memberID, nil), &turn)
    }

    /// A process takes over from one that bore the same instance id, and gets what it had.
    mutating func replace(
        _ old: ConsumerMember, by memberID: String, _ turn: inout ConsumerTurn
    ) {
        let target = target[old.id] ?? PartitionSet()
        erase(old.id, &turn)
        var current = old.current
        (current.epoch, current.previousEpoch) = (0, 0)
        (current.state, current.pendingRevocation) = (.stable, EpochPartitions())
        write(.member(memberID, old.profile), &turn)
        write(.target(memberID, target), &turn)
        write(.current(memberID, current), &turn)
    }

    // MARK: Timers

    /// Removes whoever was silent too long, or did not hand back in time, and sets the alarm anew.
    mutating func runTimers(_ turn: inout ConsumerTurn) {
        let now = turn.now.instant
        let due = members.values.filter { $0.nextDeadline.map { $0 <= now } ?? false }
        for memberID in due.map(\.id).sorted() { erase(memberID, &turn) }
        if !due.isEmpty { raiseEpoch(&turn) }
        rearm()
    }

    /// The coordinator begins to serve a group that it has read: all sessions begin now.
    mutating func begin(_ turn: ConsumerTurn) {
        let times = turn.settings.consumerTimes
        for member in members.values {
            let session = member.profile.classic.map {
                Duration.milliseconds(max($0.sessionTimeoutMs, 0))
            }
            setSession(turn.deadline(after: session ?? times.sessionTimeout), of: member.id)
            guard member.current.state == .unrevoked, member.profile.classic == nil else {
                continue
            }
            let limit = Duration.milliseconds(max(member.profile.rebalanceTimeoutMs, 0))
            setDuty(turn.deadline(after: limit), of: member.id)
        }
    }
}
