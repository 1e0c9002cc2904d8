internal import VarveTransport
internal import VarveWire

/// What clients are told of share groups while `share.version` is 0.
extension Broker {
    /// Refuses a request of a client about share groups.
    /// - Returns: false when it is another one; those that brokers send to each other go on.
    func refuseShares(
        _ reader: inout WireReader, _ context: RequestContext, on loop: EventLoop
    ) throws(WireError) -> Bool {
        let version = context.version
        let code = ErrorCode.unsupportedVersion
        switch context.api {
        case .shareGroupHeartbeat:
            var response = ShareGroupHeartbeatResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        case .shareGroupDescribe:
            let request = try ShareGroupDescribeRequest(decoding: &reader, version: version)
            var response = ShareGroupDescribeResponse()
            response.groups = request.groupIds.map { id in
                var row = ShareGroupDescribeResponse.DescribedGroup()
                (row.groupId, row.errorCode) = (id, code)
                return row
            }
            answer(response, to: context, on: loop)
        case .shareFetch:
            var response = ShareFetchResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        case .shareAcknowledge:
            var response = ShareAcknowledgeResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        case .describeShareGroupOffsets:
            let request = try DescribeShareGroupOffsetsRequest(decoding: &reader, version: version)
            var response = DescribeShareGroupOffsetsResponse()
            response.groups = request.groups.map { group in
                var row = DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseGroup()
                (row.groupId, row.errorCode) = (group.groupId, code)
                return row
            }
            answer(response, to: context, on: loop)
        case .alterShareGroupOffsets:
            var response = AlterShareGroupOffsetsResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        case .deleteShareGroupOffsets:
            var response = DeleteShareGroupOffsetsResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        default: return false
        }
        return true
    }
}
