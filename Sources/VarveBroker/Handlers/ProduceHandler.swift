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
        for sent in pending.sent {
            let topic = request.topicData[sent.topic]
            let data = topic.partitionData[sent.partition]
            let result =
                isMixed
                ? .refused(
                    .invalidProducerIdMapping,
                    saying: "Transactional records contained more than one producer ID")
                : produce(data, of: topic, request, frame, context)
            pending.note(result, at: sent.row)
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
            ? partition(topic.topicId, data.index) : partition(topic.name, data.index)
        guard let partition = found else {
            let name = byID ? partitions.name(of: topic.topicId) : topic.name
            return .refused(name.map { absence(of: $0, data.index) } ?? .unknownTopicId)
        }
        guard !partition.isInternal else { return .refused(.invalidTopicException) }
        guard let slice = data.records, slice.count > 0 else {
            return .refused(.invalidRecord, saying: "there are no records for the partition")
        }
        let records = frame.extracting(slice.range)
        do throws(ProduceRefusal) {
            let batch = try ProducedRecords(records, version: context.version)
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

    /// Holds a batch against the rules of its topic, and writes what is made of it.
    func append(
        _ batch: RawSpan, to partition: Partition, _ context: RequestContext
    ) throws(ProduceRefusal) -> PendingProduce.Result {
        try checkFirstSequence(of: batch, in: partition, context)
        return try admission.admit(
            batch, on: partition.grounds(at: context.wallClock)
        ) { admitted throws(ProduceRefusal) in try write(admitted, to: partition, context) }
    }

    private func write(
        _ batch: RawSpan, to partition: Partition, _ context: RequestContext
    ) throws(ProduceRefusal) -> PendingProduce.Result {
        do throws(LogError) {
            // Its checksum and its records were looked at, or made, at the admission.
            let receipt = try write(batch, to: partition, checking: .header, now: context.wallClock)
            note(partition)
            beginWritingOut(batch.byteCount, of: partition)
            let isAppendTime = partition.log.settings.timestamps == .log
            return .written(
                partition, receipt.offsets.lowerBound,
                appendTime: isAppendTime ? context.wallClock : nil)
        } catch {
            throw ProduceRefusal(error)
        }
    }
}

extension Partition {
    /// What batches of producers are held against.
    fileprivate func grounds(at now: Timestamp) -> BatchAdmission.Grounds {
        BatchAdmission.Grounds(
            records: RecordRules(
                rules: rules, topic: topic, partition: index, now: now.milliseconds),
            sizeMax: log.settings.batchSizeMax)
    }
}
