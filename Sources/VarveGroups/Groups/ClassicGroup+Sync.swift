import VarveTerms

/// SyncGroup. *Source*: KIP-62, KIP-559.
extension ClassicGroup {
    mutating func sync(_ request: SyncRequest, token: RequestToken, _ turn: inout Turn) {
        if let error = refusal(of: request) {
            return turn.answer(token, .sync(SyncAnswer(error: error)))
        }
        let memberID = request.claim.memberID
        if state == .completingRebalance {
            awaitAssignment(memberID, token: token, &turn)
            if memberID == members.leader { assign(request.assignments, &turn) }
        } else {
            noteSynced(memberID)
            turn.answer(token, .sync(synced(memberID)))
        }
    }

    private func refusal(of request: SyncRequest) -> GroupError? {
        if let error = refusal(of: request.claim) { return error }
        if request.claim.generation != generation { return .illegalGeneration }
        if request.version >= 5, request.protocolType == nil || request.protocolName == nil {
            return .inconsistentGroupProtocol
        }
        if let type = request.protocolType, type != protocolType ?? type {
            return .inconsistentGroupProtocol
        }
        if let name = request.protocolName, name != protocolName ?? name {
            return .inconsistentGroupProtocol
        }
        return state == .preparingRebalance ? .rebalanceInProgress : nil
    }

    private mutating func awaitAssignment(
        _ memberID: String, token: RequestToken, _ turn: inout Turn
    ) {
        if let given = members[memberID]?.awaitingSync {
            // Its client has sent another request instead.
            turn.answer(given, .sync(SyncAnswer(error: .rebalanceInProgress)))
        }
        members.update(memberID) { $0.awaitingSync = token }
        noteSynced(memberID)
    }

    private mutating func noteSynced(_ memberID: String) {
        members.update(memberID) { $0.hasSynced = true }
        if members.unsyncedCount == 0 { syncDeadline = nil }
    }

    /// The leader's assignment: recorded, then given to all who wait for it. Members that it
    /// leaves out get an empty part, and names of strangers are ignored.
    private mutating func assign(_ assignments: [MemberAssignment], _ turn: inout Turn) {
        let parts = Dictionary(
            assignments.map { ($0.memberID, $0.assignment) }, uniquingKeysWith: { $1 })
        let stored = GroupRecord.group(id, record { parts[$0.id] ?? [] })
        guard stored.sizeMax <= turn.settings.groupRecordSizeMax.bytes else {
            abandonAssignment(.unknownServerError, &turn)
            return rebalance(&turn)
        }
        turn.append([stored])
        enter(.stable, at: turn.now.timestamp)
        for member in members.inOrder {
            members.update(member.id) { $0.assignment = parts[member.id] ?? [] }
            guard let token = member.awaitingSync else { continue }
            members.update(member.id) { $0.awaitingSync = nil }
            turn.answer(token, .sync(synced(member.id)))
            renewSession(of: member.id, turn)
        }
    }

    private func synced(_ memberID: String) -> SyncAnswer {
        var answer = SyncAnswer()
        (answer.protocolType, answer.protocolName) = (protocolType, protocolName)
        answer.assignment = members[memberID]?.assignment ?? []
        return answer
    }
}
