internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Decodes a request of an administrator and hands it to what answers its API.
    func serveAdministration(
        _ reader: inout WireReader, _ context: RequestContext, on loop: EventLoop
    ) throws(WireError) {
        let version = context.version
        switch context.api {
        case .describeConfigs:
            let request = try DescribeConfigsRequest(decoding: &reader, version: version)
            describeConfigs(request, context, on: loop)
        case .incrementalAlterConfigs:
            let request = try IncrementalAlterConfigsRequest(decoding: &reader, version: version)
            incrementalAlterConfigs(request, context, on: loop)
        case .alterConfigs:
            let request = try AlterConfigsRequest(decoding: &reader, version: version)
            alterConfigs(request, context, on: loop)
        case .createPartitions:
            let request = try CreatePartitionsRequest(decoding: &reader, version: version)
            createPartitions(request, context, on: loop)
        case .deleteRecords:
            let request = try DeleteRecordsRequest(decoding: &reader, version: version)
            deleteRecords(request, context, on: loop)
        case .offsetForLeaderEpoch:
            let request = try OffsetForLeaderEpochRequest(decoding: &reader, version: version)
            offsetForLeaderEpoch(request, context, on: loop)
        case .describeTopicPartitions:
            let request = try DescribeTopicPartitionsRequest(decoding: &reader, version: version)
            describeTopicPartitions(request, context, on: loop)
        case .listConfigResources:
            let request = try ListConfigResourcesRequest(decoding: &reader, version: version)
            listConfigResources(request, context, on: loop)
        case .updateFeatures:
            let request = try UpdateFeaturesRequest(decoding: &reader, version: version)
            updateFeatures(request, context, on: loop)
        case .listGroups:
            let request = try ListGroupsRequest(decoding: &reader, version: version)
            listGroups(request, context, on: loop)
        case .describeGroups:
            let request = try DescribeGroupsRequest(decoding: &reader, version: version)
            describeGroups(request, context, on: loop)
        case .deleteGroups:
            let request = try DeleteGroupsRequest(decoding: &reader, version: version)
            deleteGroups(request, context, on: loop)
        case .consumerGroupHeartbeat:
            let request = try ConsumerGroupHeartbeatRequest(decoding: &reader, version: version)
            consumerGroupHeartbeat(request, context, on: loop)
        case .consumerGroupDescribe:
            let request = try ConsumerGroupDescribeRequest(decoding: &reader, version: version)
            consumerGroupDescribe(request, context, on: loop)
        case .streamsGroupHeartbeat:
            let request = try StreamsGroupHeartbeatRequest(decoding: &reader, version: version)
            streamsGroupHeartbeat(request, context, on: loop)
        case .streamsGroupDescribe:
            let request = try StreamsGroupDescribeRequest(decoding: &reader, version: version)
            streamsGroupDescribe(request, context, on: loop)
        case .offsetDelete:
            let request = try OffsetDeleteRequest(decoding: &reader, version: version)
            offsetDelete(request, context, on: loop)
        default:
            if try serveShares(&reader, context, on: loop) { return }
            loop.answer(context.slot, .closing)
        }
    }
}
