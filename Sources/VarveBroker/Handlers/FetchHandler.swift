public import VarveLog
internal import VarveTerms
public import VarveTransport
internal import VarveWire

extension PinnedBatches: LentBytes {
    public func lend(_ body: (RawSpan) -> Void) { body(bytes) }
}

extension Broker {
    /// Answers with what there is, or waits for more as long as the client allows.
    func fetch(_ request: FetchRequest, _ context: RequestContext, on loop: EventLoop) {
        let limit = context.arrival.advanced(by: .milliseconds(max(0, Int64(request.maxWaitMs))))
        let answer = gather(request, context)
        guard !answer.isReady(for: request), limit > context.arrival else {
            return self.answer(
                answer.response, lending: answer.records, to: context, on: loop)
        }
        fetches.add(request, context, until: limit, in: self)
    }

    /// Reads what the request asks for, as much as it allows.
    func gather(_ request: FetchRequest, _ context: RequestContext) -> FetchAnswer {
        var answer = FetchAnswer(request)
        for topic in request.topics {
            var result = FetchResponse.FetchableTopicResponse()
            result.topic = topic.topic
            result.topicId = topic.topicId
            result.partitions.reserveCapacity(topic.partitions.count)
            for wanted in topic.partitions {
                result.partitions.append(read(wanted, of: topic, request, context, into: &answer))
            }
            answer.response.responses.append(result)
        }
        return answer
    }

    /// The partition that a request means.
    func partition(
        _ index: Int32, of topic: FetchRequest.FetchTopic, _ context: RequestContext
    ) -> Partition? {
        context.version >= 13 ? partitions[topic.topicId, index] : partitions[topic.topic, index]
    }

    private func read(
        _ wanted: FetchRequest.FetchPartition, of topic: FetchRequest.FetchTopic,
        _ request: FetchRequest, _ context: RequestContext, into answer: inout FetchAnswer
    ) -> FetchResponse.PartitionData {
        var data = FetchResponse.PartitionData()
        data.partitionIndex = wanted.partition
        data.highWatermark = -1
        data.records = RecordsSlice()
        data.abortedTransactions = request.isolationLevel == 1 ? [] : nil
        guard let partition = partition(wanted.partition, of: topic, context) else {
            let isUnknownID =
                context.version >= 13 && partitions.name(of: topic.topicId) == nil
            data.errorCode = isUnknownID ? .unknownTopicId : .unknownTopicOrPartition
            data.abortedTransactions = data.abortedTransactions ?? []
            return data
        }
        if let code = partition.refusal(ofEpoch: wanted.currentLeaderEpoch) {
            data.errorCode = code
            answer.hasError = true
            return data
        }
        guard request.replicaId < 0, request.replicaState.replicaId < 0 else {
            // It says that it has the partition, and nobody but this node does.
            data.errorCode = .notLeaderOrFollower
            answer.hasError = true
            return data
        }
        guard wanted.lastFetchedEpoch <= partition.leaderEpoch else {
            data.errorCode = .offsetOutOfRange
            answer.hasError = true
            return data
        }
        if let diverging = partition.divergence(wanted) {
            data.divergingEpoch = diverging
            answer.hasError = true
            return data
        }
        guard let offset = Offset(exactly: wanted.fetchOffset) else {
            data.errorCode = .offsetOutOfRange
            answer.hasError = true
            return data
        }
        let size = answer.room(for: wanted)
        do throws(LogError) {
            try read(partition, from: offset, size, request, into: &data, &answer)
        } catch {
            answer.hasError = true
            data.errorCode = ProduceRefusal(error).fetchCode
        }
        return data
    }

    private func read(
        _ partition: Partition, from offset: Offset, _ size: Int, _ request: FetchRequest,
        into data: inout FetchResponse.PartitionData, _ answer: inout FetchAnswer
    ) throws(LogError) {
        let isolation: ReadIsolation = request.isolationLevel == 1 ? .committed : .uncommitted
        let reader = partition.reader
        let ends = (high: partition.highWatermark, start: reader.startOffset)
        if offset < ends.start || offset > ends.high {
            data.errorCode = .offsetOutOfRange
            answer.hasError = true
            return
        }
        data.highWatermark = ends.high.rawValue
        data.lastStableOffset = reader.lastStableOffset().rawValue
        data.logStartOffset = ends.start.rawValue
        // The first batch comes whole, whatever the limits: but only into an empty answer.
        guard size > 0 || answer.size == 0 else { return }
        let outcome = try reader.read(
            from: offset, sizeMax: ByteCount(max(1, size)), isolation: isolation)
        switch outcome {
        case .batches(let batches):
            guard answer.size == 0 || batches.size.bytes <= size else { return }
            data.records = answer.add(batches)
            if isolation == .committed {
                data.abortedTransactions = batches.abortedTransactions.map {
                    .init(producerId: $0.producerId, firstOffset: $0.firstOffset.rawValue)
                }
            }
        case .atEnd: break
        case .outOfRange:
            data.errorCode = .offsetOutOfRange
            answer.hasError = true
        }
    }
}

extension ProduceRefusal {
    /// The same trouble, as a consumer is told of it.
    fileprivate var fetchCode: ErrorCode { code == .invalidRecord ? .corruptMessage : code }
}

/// An answer to a fetch while it is put together.
struct FetchAnswer {
    var response = FetchResponse()
    private(set) var records: [any LentBytes] = []
    /// Bytes of records so far.
    private(set) var size = 0
    /// Whether a partition has something to say that ends the wait.
    var hasError = false
    private let sizeMax: Int

    init(_ request: FetchRequest) {
        sizeMax = max(0, Int(request.maxBytes))
        response.responses.reserveCapacity(request.topics.count)
    }

    /// How many bytes a partition may take.
    func room(for wanted: FetchRequest.FetchPartition) -> Int {
        min(max(0, Int(wanted.partitionMaxBytes)), sizeMax - size)
    }

    mutating func add(_ batches: PinnedBatches) -> RecordsSlice {
        records.append(batches)
        size += batches.size.bytes
        return RecordsSlice(start: records.count - 1, count: batches.size.bytes)
    }

    /// Whether it can be sent now.
    func isReady(for request: FetchRequest) -> Bool {
        hasError || size >= min(Int(request.minBytes), Int(request.maxBytes))
            || request.topics.isEmpty
    }
}

extension Partition {
    /// Why a client with this leader epoch is refused; nil when it is not.
    func refusal(ofEpoch epoch: Int32) -> ErrorCode? {
        guard epoch >= 0 else { return nil }
        if epoch < leaderEpoch { return .fencedLeaderEpoch }
        return epoch > leaderEpoch ? .unknownLeaderEpoch : nil
    }

    /// Where the log and that of the fetching client part; nil when they agree.
    func divergence(_ wanted: FetchRequest.FetchPartition) -> FetchResponse.EpochEndOffset? {
        guard wanted.lastFetchedEpoch >= 0,
            let epoch = LeaderEpoch(exactly: wanted.lastFetchedEpoch),
            let offset = Offset(exactly: wanted.fetchOffset),
            case .diverges(let end) = log.standing(ofFollowerAt: offset, epoch: epoch)
        else { return nil }
        return .init(epoch: end.epoch.rawValue, endOffset: end.endOffset.rawValue)
    }
}
