internal import VarveGroups
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Deletes groups without members, with what they committed.
    func deleteGroups(
        _ request: DeleteGroupsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var names: [String] = []
        for name in request.groupsNames where !names.contains(name) { names.append(name) }
        guard !names.isEmpty else {
            return answer(DeleteGroupsResponse(), to: context, on: loop)
        }
        var pending = PendingGroupDeletion(names: names, waitingCount: 0)
        var byPartition: [Int32: [String]] = [:]
        for name in names {
            if hasShareGroup(name) {
                pending.waitingCount += 1
                deleteShareGroup(name, context, on: loop)
            } else if let partition = offsetsPartition(of: name, at: context.wallClock) {
                byPartition[partition.index, default: []].append(name)
            } else {
                pending.codes[name] = .coordinatorNotAvailable
            }
        }
        for (_, names) in byPartition.sorted(by: { $0.key < $1.key }) {
            let isAsked = withCoordinator(of: names[0], context, on: loop) {
                coordinator, token, _, effects in
                coordinator.deleteGroups(names, token: token, into: &effects)
            }
            if isAsked { pending.waitingCount += 1 }
        }
        groups.deletions.groups[context.slot] = pending
        if pending.waitingCount == 0 { finishGroupDeletion(context, on: loop) }
    }

    /// One of the coordinators has answered; no rows when it was lost.
    func send(_ rows: [GroupDeletion], to context: RequestContext, on loop: EventLoop) {
        guard var pending = groups.deletions.groups[context.slot] else { return }
        for row in rows { pending.codes[row.group] = row.error?.code ?? ErrorCode.none }
        pending.waitingCount -= 1
        groups.deletions.groups[context.slot] = pending
        if pending.waitingCount == 0 { finishGroupDeletion(context, on: loop) }
    }

    private func finishGroupDeletion(_ context: RequestContext, on loop: EventLoop) {
        guard let pending = groups.deletions.groups.removeValue(forKey: context.slot) else {
            return
        }
        var response = DeleteGroupsResponse()
        response.results = pending.names.map { name in
            .init(groupId: name, errorCode: pending.codes[name] ?? .notCoordinator)
        }
        answer(response, to: context, on: loop)
    }
}
