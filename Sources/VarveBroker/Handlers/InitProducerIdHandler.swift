internal import VarveMetadata
internal import VarveTransport
internal import VarveWire

/// Producer ids in blocks: only the end of a block is written down, so that ids are handed out
/// without a flush for each. Those that are left of a block when the node ends are never used.
struct ProducerIDBlock {
    static let size: Int64 = 1000
    private var ids: Range<Int64> = 0..<0

    init() {}
    init(from start: Int64) { ids = start..<start + Self.size }

    mutating func take() -> Int64? { ids.popFirst() }
}

extension Broker {
    /// Gives an idempotent producer its id.
    func initProducerId(
        _ request: InitProducerIdRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = InitProducerIdResponse()
        guard request.transactionalId == nil else {
            response.errorCode =
                request.transactionalId == "" ? .invalidRequest : .coordinatorNotAvailable
            response.producerEpoch = -1
            return answer(response, to: context, on: loop)
        }
        guard let id = nextProducerID(context) else {
            response.errorCode = .kafkaStorageError
            response.producerEpoch = -1
            return answer(response, to: context, on: loop)
        }
        response.producerId = id
        response.producerEpoch = 0
        // The block that the id is of may not be flushed: then a restart would give it out again.
        answerAfterMetadata(response, to: context) { response, _ in
            response.errorCode = .kafkaStorageError
            response.producerId = -1
            response.producerEpoch = -1
        }
    }

    /// The next id; nil when no block can be had.
    private func nextProducerID(_ context: RequestContext) -> Int64? {
        if let id = producerIDs.take() { return id }
        let start = image.nextProducerId
        guard start <= Int64.max - ProducerIDBlock.size else { return nil }
        let record = ProducerIdsRecord(
            brokerId: settings.nodeID, brokerEpoch: -1,
            nextProducerId: start + ProducerIDBlock.size)
        guard (try? metadata.append([.producerIds(record)], at: context.wallClock)) != nil else {
            return nil
        }
        producerIDs = ProducerIDBlock(from: start)
        return producerIDs.take()
    }
}

extension Range<Int64> {
    fileprivate mutating func popFirst() -> Int64? {
        guard !isEmpty else { return nil }
        defer { self = lowerBound + 1..<upperBound }
        return lowerBound
    }
}
