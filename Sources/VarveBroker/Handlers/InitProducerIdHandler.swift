internal import VarveMetadata
internal import VarveTerms
internal import VarveTransactions
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
    /// Gives a producer its id and epoch: an idempotent one, or that of a transactional id.
    func initProducerId(
        _ request: InitProducerIdRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        guard let id = request.transactionalId else {
            return initIdempotentProducer(context, on: loop)
        }
        var response = InitProducerIdResponse()
        response.producerEpoch = -1
        // Id and epoch come together, or not at all.
        let hasClaim = request.producerId != -1
        guard hasClaim == (request.producerEpoch != -1), !id.isEmpty else {
            response.errorCode = .invalidRequest
            return answer(response, to: context, on: loop)
        }
        let claim = ProducerIdentity(id: request.producerId, epoch: request.producerEpoch)
        let decided = decide(on: id, at: context.wallClock) { coordinator, now, effects in
            coordinator.initializeProducer(
                of: id, timeoutMs: request.transactionTimeoutMs, claim: hasClaim ? claim : nil,
                at: now, freshProducerID: { self.durableProducerID(at: context.wallClock) },
                into: &effects)
        }
        guard let decided else {
            response.errorCode = .coordinatorNotAvailable
            return answer(response, to: context, on: loop)
        }
        switch decided.answer {
        case .success(let producer):
            response.producerId = producer.id
            response.producerEpoch = producer.epoch
        case .failure(let error):
            response.errorCode = error.code(knowsFencing: context.version >= 4)
        }
        answer(response, to: context, after: decided.home) { response in
            response.errorCode = .notCoordinator
            (response.producerId, response.producerEpoch) = (-1, -1)
        }
    }

    private func initIdempotentProducer(_ context: RequestContext, on loop: EventLoop) {
        var response = InitProducerIdResponse()
        guard let id = nextProducerID(at: context.wallClock) else {
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

    /// The next id, of a block that is durable: whoever writes the id down at once must not do so
    /// before the metadata.
    func durableProducerID(at now: Timestamp) -> Int64? {
        guard let id = nextProducerID(at: now), (try? metadata.flush()) != nil else { return nil }
        return id
    }

    /// The next id; nil when no block can be had.
    private func nextProducerID(at now: Timestamp) -> Int64? {
        if let id = producerIDs.take() { return id }
        let start = image.nextProducerId
        guard start <= Int64.max - ProducerIDBlock.size else { return nil }
        let record = ProducerIdsRecord(
            brokerId: settings.nodeID, brokerEpoch: -1,
            nextProducerId: start + ProducerIDBlock.size)
        guard (try? metadata.append([.producerIds(record)], at: now)) != nil else { return nil }
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
