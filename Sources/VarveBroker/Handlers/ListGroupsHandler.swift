internal import VarveGroups
internal import VarveSystem
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Tells which groups there are.
    func listGroups(
        _ request: ListGroupsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = ListGroupsResponse()
        let now = Moment(instant: context.arrival, timestamp: context.wallClock)
        withEveryCoordinator(at: now) { coordinator, _ in
            let found = coordinator.list(
                states: request.statesFilter, types: request.typesFilter)
            response.groups += found.map { group in
                .init(
                    groupId: group.group, protocolType: group.protocolType,
                    groupState: context.version >= 4 ? group.state : "",
                    groupType: context.version >= 5 ? group.kind.rawValue : "")
            }
        }
        response.groups += listShareGroups(request, context)
        response.groups.sort { $0.groupId < $1.groupId }
        answerAfterFlush(response, to: context)
    }
}
