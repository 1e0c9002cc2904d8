internal import VarveGroups
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Tells who is in groups.
    func describeGroups(
        _ request: DescribeGroupsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = DescribeGroupsResponse()
        for name in request.groups {
            response.groups.append(
                describe(name, request.includeAuthorizedOperations, context, on: loop))
        }
        answerAfterFlush(response, to: context)
    }

    private func describe(
        _ name: String, _ includesOperations: Bool, _ context: RequestContext,
        on loop: EventLoop
    ) -> DescribeGroupsResponse.DescribedGroup {
        var row = DescribeGroupsResponse.DescribedGroup()
        row.groupId = name
        var found: GroupDescription?
        var unused: RequestToken?
        var isOther = false
        let isAsked = withCoordinator(of: name, context, on: loop) { coordinator, token, _, _ in
            found = coordinator.describe(name)
            isOther = coordinator.kind(of: name) == .consumer
            unused = token
        }
        // Groups are described at once: nothing comes later.
        if let unused { _ = groups.context(of: unused) }
        guard isAsked else {
            row.errorCode = .coordinatorNotAvailable
            return row
        }
        guard let found else {
            row.groupState = "Dead"
            if context.version >= 6 {
                row.errorCode = .groupIdNotFound
                row.errorMessage =
                    isOther || hasShareGroup(name)
                    ? "Group \(name) is not a classic group." : "Group \(name) not found."
            }
            return row
        }
        row.groupState = found.state.name
        row.protocolType = found.protocolType
        row.protocolData = found.protocolName
        row.members = found.members.map { member in
            .init(
                memberId: member.memberID,
                groupInstanceId: context.version >= 4 ? member.instanceID : nil,
                clientId: member.clientID, clientHost: member.clientHost,
                memberMetadata: member.metadata, memberAssignment: member.assignment)
        }
        if includesOperations { row.authorizedOperations = AuthorizedOperations.group }
        return row
    }
}
