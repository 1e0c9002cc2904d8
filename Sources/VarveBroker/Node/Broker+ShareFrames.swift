internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Decodes a request of share groups and hands it to what answers its API.
    /// - Returns: false when it is none of them.
    func serveShares(
        _ reader: inout WireReader, _ context: RequestContext, on loop: EventLoop
    ) throws(WireError) -> Bool {
        let version = context.version
        if !hasShareGroups, try refuseShares(&reader, context, on: loop) { return true }
        switch context.api {
        case .shareGroupHeartbeat:
            let request = try ShareGroupHeartbeatRequest(decoding: &reader, version: version)
            shareGroupHeartbeat(request, context, on: loop)
        case .shareGroupDescribe:
            let request = try ShareGroupDescribeRequest(decoding: &reader, version: version)
            shareGroupDescribe(request, context, on: loop)
        case .shareFetch:
            let request = try ShareFetchRequest(decoding: &reader, version: version)
            shareFetch(request, context, on: loop)
        case .shareAcknowledge:
            let request = try ShareAcknowledgeRequest(decoding: &reader, version: version)
            shareAcknowledge(request, context, on: loop)
        case .describeShareGroupOffsets:
            let request = try DescribeShareGroupOffsetsRequest(decoding: &reader, version: version)
            describeShareGroupOffsets(request, context, on: loop)
        case .alterShareGroupOffsets:
            let request = try AlterShareGroupOffsetsRequest(decoding: &reader, version: version)
            alterShareGroupOffsets(request, context, on: loop)
        case .deleteShareGroupOffsets:
            let request = try DeleteShareGroupOffsetsRequest(decoding: &reader, version: version)
            deleteShareGroupOffsets(request, context, on: loop)
        case .initializeShareGroupState:
            let request = try InitializeShareGroupStateRequest(decoding: &reader, version: version)
            initializeShareGroupState(request, context, on: loop)
        case .readShareGroupState:
            let request = try ReadShareGroupStateRequest(decoding: &reader, version: version)
            readShareGroupState(request, context, on: loop)
        case .writeShareGroupState:
            let request = try WriteShareGroupStateRequest(decoding: &reader, version: version)
            writeShareGroupState(request, context, on: loop)
        case .deleteShareGroupState:
            let request = try DeleteShareGroupStateRequest(decoding: &reader, version: version)
            deleteShareGroupState(request, context, on: loop)
        case .readShareGroupStateSummary:
            let request = try ReadShareGroupStateSummaryRequest(decoding: &reader, version: version)
            readShareGroupStateSummary(request, context, on: loop)
        default: return false
        }
        return true
    }
}
