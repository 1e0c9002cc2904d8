internal import VarveBytes
internal import VarveSystem
internal import VarveTerms
public import VarveTransport
internal import VarveWire

extension Broker {
    public func received(_ frame: RawSpan, in slot: AnswerSlot, on loop: EventLoop) {
        var reader = WireReader(frame)
        do throws(WireError) {
            let header = try RequestHeader(decoding: &reader)
            // Kafka, too, has no answer for an API or a version that it does not know.
            guard let api = header.api, ServedAPIs.take(api, header.requestApiVersion) else {
                return loop.answer(slot, .closing)
            }
            let peer = peers[slot.connection]
            let context = RequestContext(
                slot: slot, api: api, version: header.requestApiVersion,
                correlationID: header.correlationId, clientID: header.clientId,
                clientHost: peer?.host ?? "", listener: peer?.listener ?? 0,
                arrival: clock.now(), wallClock: clock.wallClock())
            if metadata.isStopped { mendMetadata() }
            try serve(&reader, frame, context, on: loop)
        } catch {
            // What cannot be read cannot be answered: its layout is not known.
            loop.answer(slot, .closing)
        }
    }

    /// Decodes the request and hands it to what answers its API.
    private func serve(
        _ reader: inout WireReader, _ frame: RawSpan, _ context: RequestContext,
        on loop: EventLoop
    ) throws(WireError) {
        let version = context.version
        switch context.api {
        case .apiVersions: try apiVersions(&reader, context, on: loop)
        case .metadata:
            metadata(try MetadataRequest(decoding: &reader, version: version), context, on: loop)
        case .produce:
            let request = try ProduceRequest(decoding: &reader, version: version)
            produce(request, frame, context, on: loop)
        case .fetch:
            fetch(try FetchRequest(decoding: &reader, version: version), context, on: loop)
        case .listOffsets:
            let request = try ListOffsetsRequest(decoding: &reader, version: version)
            listOffsets(request, context, on: loop)
        case .createTopics:
            let request = try CreateTopicsRequest(decoding: &reader, version: version)
            createTopics(request, context, on: loop)
        case .deleteTopics:
            let request = try DeleteTopicsRequest(decoding: &reader, version: version)
            deleteTopics(request, context, on: loop)
        case .describeCluster:
            let request = try DescribeClusterRequest(decoding: &reader, version: version)
            describeCluster(request, context, on: loop)
        case .findCoordinator:
            let request = try FindCoordinatorRequest(decoding: &reader, version: version)
            findCoordinator(request, context, on: loop)
        case .joinGroup:
            joinGroup(try JoinGroupRequest(decoding: &reader, version: version), context, on: loop)
        case .syncGroup:
            syncGroup(try SyncGroupRequest(decoding: &reader, version: version), context, on: loop)
        case .heartbeat:
            heartbeat(try HeartbeatRequest(decoding: &reader, version: version), context, on: loop)
        case .leaveGroup:
            let request = try LeaveGroupRequest(decoding: &reader, version: version)
            leaveGroup(request, context, on: loop)
        case .offsetCommit:
            let request = try OffsetCommitRequest(decoding: &reader, version: version)
            offsetCommit(request, context, on: loop)
        case .offsetFetch:
            let request = try OffsetFetchRequest(decoding: &reader, version: version)
            offsetFetch(request, context, on: loop)
        default:
            let isServed = try serveTransactions(&reader, context, on: loop)
            if !isServed { try serveAdministration(&reader, context, on: loop) }
        }
    }

    // MARK: Answers

    /// Answers with a message.
    func answer(_ response: some WireMessage, to context: RequestContext, on loop: EventLoop) {
        answer(response, lending: [], to: context, on: loop)
    }

    /// Answers with a message into which records are put, in the order of its splices.
    func answer(
        _ response: some WireMessage, lending records: [any LentBytes],
        to context: RequestContext, on loop: EventLoop
    ) {
        var writer = WireWriter(capacity: 256)
        do throws(WireError) {
            let headerVersion = context.api.responseHeaderVersion(for: context.version)
            try ResponseHeader(correlationId: context.correlationID)
                .encode(into: &writer, version: headerVersion)
            try response.encode(into: &writer, version: context.version)
        } catch {
            // A handler made a message that this version cannot tell.
            assertionFailure("\(error)")
            return loop.answer(context.slot, .closing)
        }
        guard !writer.splices.isEmpty else {
            return loop.answer(context.slot, copying: writer.buffer.bytes)
        }
        loop.answer(context.slot, EncodedAnswer(writer).answer(lending: records))
    }
}
