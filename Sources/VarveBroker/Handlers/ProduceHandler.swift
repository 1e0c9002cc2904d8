internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Writes what a producer sent, and answers once it is as safe as the answer says.
    func produce(
        _ request: ProduceRequest, _ frame: RawSpan, _ context: RequestContext,
        on loop: EventLoop
    ) {
        var pending = PendingProduce(request)
        let isMixed = request.transactionalId != nil && mixesProducers(request, frame)
        for (place, topic) in request.topicData.enumerated() {
            for (index, data) in topic.partitionData.enumerated() {
                let result =
                    isMixed
                    ? .refused(
                        .invalidProducerIdMapping,
                        saying: "Transactional records contained more than one producer ID")
                    : produce(data, of: topic, request, frame, context)
                pending.note(result, at: place, index)
            }
        }
        guard pending.waiting.isEmpty else {
            let request = request
            return afterFlush.append { loop in
                self.finish(pending, request, context, on: loop)
            }
        }
        answer(pending, request, context, on: loop)
    }

    /// Answers once what was written is flushed.
    func answer(
        _ pending: PendingProduce, _ request: ProduceRequest, _ context: RequestContext,
        on loop: EventLoop
    ) {
        guard request.acks != 0 else {
            // Nobody hears of a failure but by the end of the connection.
            let answer = pending.hasFailed ? Answer.closing : .nothing
            return loop.answer(context.slot, answer)
        }
        guard pending.waitsForFlush else {
            return answer(pending.response, to: context, on: loop)
        }
        afterFlush.append { loop in
            self.answer(pending.settled(), to: context, on: loop)
        }
    }

    private func produce(
        _ data: ProduceRequest.PartitionProduceData, of topic: ProduceRequest.TopicProduceData,
        _ request: ProduceRequest, _ frame: RawSpan, _ context: RequestContext
    ) -> PendingProduce.Result {
        guard (-1...1).contains(request.acks) else { return .refused(.invalidRequiredAcks) }
        let byID = context.version >= 13
        let found =
            byID
            ? partitions[topic.topicId, data.index] : partitions[topic.name, data.index]
        guard let partition = found else {
            let isKnown = byID && partitions.name(of: topic.topicId) == nil
            return .refused(isKnown ? .unknownTopicId : .unknownTopicOrPartition)
        }
        guard !partition.isInternal else { return .refused(.invalidTopicException) }
        guard let slice = data.records, slice.count > 0 else {
            return .refused(.invalidRecord, saying: "there are no records for the partition")
        }
        let records = frame.extracting(slice.range)
        do throws(ProduceRefusal) {
            let batch = try ProducedRecords(
                records, version: context.version, now: context.wallClock,
                rules: partition.rules)
            try partition.checkKeys(of: batch.bytes(of: records))
            let bytes = batch.bytes(of: records)
            if let home = try admit(bytes, to: partition, of: request, context) {
                let copy = bytes.array()
                return .waiting(WaitingBatch(bytes: copy, partition: partition, home: home))
            }
            return try append(bytes, to: partition, context)
        } catch {
            return .failed(error, logStart: error.startOffset(of: partition))
        }
    }

    func append(
        _ batch: RawSpan, to partition: Partition, _ context: RequestContext
    ) throws(ProduceRefusal) -> PendingProduce.Result {
        try checkFirstSequence(of: batch, in: partition, context)
        do throws(LogError) {
            let receipt = try write(batch, to: partition, now: context.wallClock)
            note(partition)
            let isAppendTime = partition.log.settings.timestamps == .log
            return .written(
                partition, receipt.offsets.lowerBound,
                appendTime: isAppendTime ? context.wallClock : nil)
        } catch {
            throw ProduceRefusal(error)
        }
    }
}

/// A produce request of which something was written that is not flushed yet.
struct PendingProduce {
    /// What became of one partition's records.
    enum Result {
        case written(Partition, Offset, appendTime: Timestamp?)
        /// It is written when its transaction is durable.
        case waiting(WaitingBatch)
        case failed(ProduceRefusal, logStart: Int64)

        static func refused(_ code: ErrorCode, saying message: String? = nil) -> Result {
            .failed(ProduceRefusal(code, message), logStart: -1)
        }
    }

    private(set) var response = ProduceResponse()
    private(set) var hasFailed = false
    private var written: [(topic: Int, index: Int, partition: Partition)] = []
    private(set) var waiting: [(topic: Int, index: Int, batch: WaitingBatch)] = []

    var waitsForFlush: Bool { !written.isEmpty }

    init(_ request: ProduceRequest) {
        response.responses = request.topicData.map { topic in
            .init(
                name: topic.name, topicId: topic.topicId,
                partitionResponses: topic.partitionData.map {
                    .init(index: $0.index, errorCode: .none, baseOffset: -1)
                })
        }
    }

    mutating func note(_ result: Result, at topic: Int, _ index: Int) {
        var answer = response.responses[topic].partitionResponses[index]
        switch result {
        case .written(let partition, let base, let appendTime):
            answer.baseOffset = base.rawValue
            answer.logAppendTimeMs = appendTime?.milliseconds ?? -1
            answer.logStartOffset = partition.log.ends.start.rawValue
            written.append((topic, index, partition))
        case .waiting(let batch): waiting.append((topic, index, batch))
        case .failed(let refusal, let logStart):
            hasFailed = true
            answer.errorCode = refusal.code
            answer.errorMessage = refusal.message
            answer.recordErrors = refusal.records.map {
                .init(batchIndex: $0.place, batchIndexErrorMessage: $0.complaint)
            }
            answer.logStartOffset = logStart
        }
        response.responses[topic].partitionResponses[index] = answer
    }

    /// What has been written so far is flushed, or that failed.
    mutating func settle() {
        response = settled()
        written = []
    }

    mutating func takeWaiting() -> [(topic: Int, index: Int, batch: WaitingBatch)] {
        defer { waiting = [] }
        return waiting
    }

    /// The response, now that the flush has returned: what it failed for is not acknowledged.
    func settled() -> ProduceResponse {
        var response = response
        for entry in written {
            guard let failure = entry.partition.flushFailure else { continue }
            let refusal = ProduceRefusal(failure)
            var answer = response.responses[entry.topic].partitionResponses[entry.index]
            answer.errorCode = refusal.code
            answer.errorMessage = refusal.message
            answer.baseOffset = -1
            answer.logAppendTimeMs = -1
            response.responses[entry.topic].partitionResponses[entry.index] = answer
        }
        return response
    }
}
