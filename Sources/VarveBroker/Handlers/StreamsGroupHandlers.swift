internal import VarveTransport
internal import VarveWire

/// Streams groups (KIP-1071): the feature `streams.version` is 0, and a broker refuses what belongs
/// to a feature that is not enabled.
extension Broker {
    func streamsGroupHeartbeat(
        _ request: StreamsGroupHeartbeatRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = StreamsGroupHeartbeatResponse()
        response.errorCode = .unsupportedVersion
        answer(response, to: context, on: loop)
    }

    func streamsGroupDescribe(
        _ request: StreamsGroupDescribeRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = StreamsGroupDescribeResponse()
        response.groups = request.groupIds.map { id in
            var row = StreamsGroupDescribeResponse.DescribedGroup()
            (row.groupId, row.errorCode) = (id, .unsupportedVersion)
            return row
        }
        answer(response, to: context, on: loop)
    }
}
