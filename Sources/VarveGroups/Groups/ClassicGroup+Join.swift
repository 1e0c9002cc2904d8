import VarveTerms

/// JoinGroup. *Source*: KIP-62, KIP-345, KIP-394, KIP-814.
extension ClassicGroup {
    mutating func join(
        _ request: JoinRequest, from context: JoinContext, token: RequestToken, _ turn: inout Turn
    ) {
        guard let error = refusal(of: request, in: turn.settings) else {
            if request.memberID.isEmpty {
                joinNew(request, from: context, token: token, &turn)
            } else {
                joinKnown(request, from: context, token: token, &turn)
            }
            return
        }
        var memberID = request.memberID
        if error == .groupMaxSizeReached {
            // Whoever finds no room is forgotten, so that it does not hold up the others.
            let countBefore = members.count
            pendingMembers[memberID] = nil
            drop(memberID, &turn)
            didLose(countBefore - members.count, &turn)
            memberID = ""
        }
        turn.answer(token, .join(JoinAnswer(memberID: memberID, error: error)))
    }

    // MARK: Refusing

    private func refusal(of request: JoinRequest, in settings: GroupSettings) -> GroupError? {
        if !hasRoom(for: request, in: settings) { return .groupMaxSizeReached }
        return supports(request) ? nil : .inconsistentGroupProtocol
    }

    /// While members join again, those who have joined are counted, so that a group above a
    /// lowered limit loses the last comers. A static member that comes back has its place.
    private func hasRoom(for request: JoinRequest, in settings: GroupSettings) -> Bool {
        let instance = request.instanceID.flatMap(members.memberID(ofInstance:))
        let memberID = request.memberID.isEmpty ? instance ?? "" : request.memberID
        return switch state {
        case .empty, .dead: true
        case .preparingRebalance:
            members[memberID]?.awaitingJoin != nil
                || members.awaitingJoinCount < settings.groupSizeMax
        case .completingRebalance, .stable:
            members[memberID] != nil || members.count < settings.groupSizeMax
        }
    }

    private func supports(_ request: JoinRequest) -> Bool {
        if state == .empty { return !request.protocolType.isEmpty && !request.protocols.isEmpty }
        return request.protocolType == protocolType && members.allSupport(anyOf: request.protocols)
    }

    // MARK: New members

    private mutating func joinNew(
        _ request: JoinRequest, from context: JoinContext, token: RequestToken, _ turn: inout Turn
    ) {
        let name = request.instanceID ?? context.clientID
        let newID = "\(name)-\(context.uniqueID.uuidText)"
        guard members[newID] == nil, pendingMembers[newID] == nil else {
            // Not random after all: let the client ask again.
            let answer = JoinAnswer(memberID: "", error: .unknownMemberID)
            return turn.answer(token, .join(answer))
        }
        if let instance = request.instanceID {
            if let oldID = members.memberID(ofInstance: instance) {
                replace(oldID, by: newID, request, token: token, &turn)
            } else {
                admit(newID, request, from: context, token: token, &turn)
            }
        } else if request.version < 4 {
            admit(newID, request, from: context, token: token, &turn)
        } else {
            reserve(newID, request, token: token, &turn)
        }
    }

    /// Gives out an id. A client that dies before it comes back with it costs the group nothing.
    private mutating func reserve(
        _ newID: String, _ request: JoinRequest, token: RequestToken, _ turn: inout Turn
    ) {
        guard pendingMembers.count < turn.settings.pendingMemberCountMax else {
            let answer = JoinAnswer(memberID: "", error: .groupMaxSizeReached)
            return turn.answer(token, .join(answer))
        }
        let deadline = turn.deadline(after: request.sessionTimeout)
        pendingMembers[newID] = deadline
        arm(deadline)
        turn.answer(token, .join(JoinAnswer(memberID: newID, error: .memberIDRequired)))
    }

    private mutating func admit(
        _ memberID: String, _ request: JoinRequest, from context: JoinContext,
        token: RequestToken, _ turn: inout Turn
    ) {
        if members.isEmpty { protocolType = request.protocolType }
        var member = GroupMember(
            id: memberID, instanceID: request.instanceID, clientID: context.clientID,
            clientHost: context.clientHost, sessionTimeout: request.sessionTimeout,
            rebalanceTimeout: request.waitMax, protocols: request.protocols)
        (member.isNew, member.awaitingJoin) = (true, token)
        let deadline = turn.deadline(after: turn.settings.newMemberJoinTimeout)
        member.deadline = deadline
        arm(deadline)
        pendingMembers[memberID] = nil
        members.insert(member)
        if case .gathering(let until, let delay, let remaining, _) = joinPhase {
            joinPhase = .gathering(
                until: until, delay: delay, remaining: remaining, didGrow: true)
        }
        rebalance(&turn)
    }

    // MARK: Known members

    private mutating func joinKnown(
        _ request: JoinRequest, from context: JoinContext, token: RequestToken, _ turn: inout Turn
    ) {
        let memberID = request.memberID
        if pendingMembers[memberID] != nil, request.instanceID == nil {
            return admit(memberID, request, from: context, token: token, &turn)
        }
        let claim = MemberClaim(
            group: id, memberID: memberID, instanceID: request.instanceID)
        if let error = refusal(of: claim) {
            let answer = JoinAnswer(memberID: memberID, error: error)
            return turn.answer(token, .join(answer))
        }
        let isUnchanged = members[memberID]?.protocols == request.protocols
        switch state {
        case .preparingRebalance:
            rejoin(memberID, request, token: token, &turn)
        case .completingRebalance where isUnchanged, .stable where isUnchanged:
            // A leader that joins a stable group anew wants another assignment; anybody else, and
            // everybody before the assignment, has only missed the answer.
            if state == .stable, memberID == members.leader {
                rejoin(memberID, request, token: token, &turn)
            } else {
                turn.answer(token, .join(joined(memberID, skipAssignment: false)))
            }
        case .completingRebalance, .stable:
            rejoin(memberID, request, token: token, &turn)
        case .empty, .dead:
            preconditionFailure("group \(id) has member \(memberID) while \(state)")
        }
    }

    private mutating func rejoin(
        _ memberID: String, _ request: JoinRequest, token: RequestToken, _ turn: inout Turn
    ) {
        takeJoin(memberID, request, token: token, &turn)
        rebalance(&turn)
    }

    /// Notes a member's request; an earlier one that still waits is answered, since its client
    /// has given it up.
    private mutating func takeJoin(
        _ memberID: String, _ request: JoinRequest, token: RequestToken, _ turn: inout Turn
    ) {
        if let given = members[memberID]?.awaitingJoin {
            let answer = JoinAnswer(memberID: memberID, error: .rebalanceInProgress)
            turn.answer(given, .join(answer))
        }
        members.update(memberID) { member in
            member.protocols = request.protocols
            member.sessionTimeout = request.sessionTimeout
            member.rebalanceTimeout = request.waitMax
            member.awaitingJoin = token
        }
    }

    // MARK: Static members

    /// A process takes over from one that bore the same instance id; that one is fenced. A stable
    /// group stays as it is, if its protocol does. Kafka goes on to show the first process's client
    /// id and host, and so does this.
    private mutating func replace(
        _ oldID: String, by newID: String, _ request: JoinRequest, token: RequestToken,
        _ turn: inout Turn
    ) {
        let leaderBefore = members.leader
        fence(oldID, &turn)
        members.rename(oldID, to: newID)
        takeJoin(newID, request, token: token, &turn)
        renewSession(of: newID, turn)
        guard state == .stable, members.electedProtocol == protocolName else {
            return rebalance(&turn)
        }
        members.update(newID) { $0.awaitingJoin = nil }
        turn.append([.group(id, record(assignment: \.assignment))])
        var answer = joined(newID, skipAssignment: newID == members.leader)
        if request.version < 9 {
            // Such a client knows no skipped assignment: it must not learn that it leads.
            (answer.leader, answer.members) = (leaderBefore ?? "", [])
            answer.skipAssignment = false
        }
        turn.answer(token, .join(answer))
    }

    private mutating func fence(_ memberID: String, _ turn: inout Turn) {
        guard let member = members[memberID] else { return }
        if let token = member.awaitingJoin {
            let answer = JoinAnswer(memberID: memberID, error: .fencedInstanceID)
            turn.answer(token, .join(answer))
        }
        if let token = member.awaitingSync {
            turn.answer(token, .sync(SyncAnswer(error: .fencedInstanceID)))
        }
        members.update(memberID) { ($0.awaitingJoin, $0.awaitingSync) = (nil, nil) }
    }
}

extension JoinRequest {
    /// How long the member may take to join again.
    var waitMax: Duration { rebalanceTimeout < .zero ? sessionTimeout : rebalanceTimeout }
}

extension UniqueID {
    /// As RFC 9562 writes it, with the bits that say "version 4, random".
    var uuidText: String {
        let high = self.high & 0xffff_ffff_ffff_0fff | 0x4000
        let low = self.low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        let digits = Self.hexadecimal(high) + Self.hexadecimal(low)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(place) { text += "-" }
            text.append(digit)
        }
        return text
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
