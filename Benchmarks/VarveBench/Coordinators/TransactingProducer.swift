internal import VarveBytes
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// A producer whose every operation is a transaction of one record.
struct TransactingProducer: CrewMember {
    /// What a transaction consists of.
    enum Way: Sendable {
        /// Produce, which adds its partition by itself, and EndTxn: clients since `v2` (KIP-890).
        case implicit
        /// AddPartitionsToTxn, Produce and EndTxn: clients before.
        case added
        /// As `implicit`, with the offset that the record was made from.
        case withOffset
    }

    private enum Step { case initialize, add, produce, commitOffset, end }

    private static let versions = (
        initialize: Int16(4), add: Int16(3), produce: (implicit: Int16(12), added: Int16(11)),
        commitOffset: Int16(5), end: (implicit: Int16(5), added: Int16(4))
    )

    private let id: String
    private let way: Way
    private let topic: String
    private let partition: Int32
    private let value: [UInt8]
    private var step = Step.initialize
    private var producer = ProducerStamp(id: -1, epoch: -1, baseSequence: 0)
    private var sequence: Int32 = 0
    private(set) var committed: UInt64 = 0

    init(_ number: Int, _ way: Way, topic: String, partition: Int, value: [UInt8]) {
        id = "producer-\(number)"
        self.way = way
        self.topic = topic
        self.partition = Int32(partition)
        self.value = value
    }

    // MARK: Steps

    mutating func begin() throws -> [UInt8] {
        if producer.id < 0 {
            step = .initialize
            let request = InitProducerIdRequest(
                transactionalId: id, transactionTimeoutMs: 60_000)
            return try RequestFrame.make(request, version: Self.versions.initialize)
        }
        return try beginTransaction()
    }

    private mutating func beginTransaction() throws -> [UInt8] {
        guard way == .added else { return try produce() }
        step = .add
        var request = AddPartitionsToTxnRequest()
        request.v3AndBelowTransactionalId = id
        (request.v3AndBelowProducerId, request.v3AndBelowProducerEpoch) = (
            producer.id, producer.epoch
        )
        request.v3AndBelowTopics = [.init(name: topic, partitions: [partition])]
        return try RequestFrame.make(request, version: Self.versions.add)
    }

    mutating func goOn(with answer: [UInt8]) throws -> [UInt8]? {
        switch step {
        case .initialize:
            let response = try RequestFrame.answer(
                answer, version: Self.versions.initialize, as: InitProducerIdResponse.self)
            try RequestFrame.check(response.errorCode, of: "InitProducerId")
            take(response.producerId, response.producerEpoch)
            return try beginTransaction()
        case .add:
            let response = try RequestFrame.answer(
                answer, version: Self.versions.add, as: AddPartitionsToTxnResponse.self)
            let row = response.resultsByTopicV3AndBelow.first?.resultsByPartition.first
            try RequestFrame.check(row?.partitionErrorCode, of: "AddPartitionsToTxn")
            return try produce()
        case .produce:
            let response = try RequestFrame.answer(
                answer, version: produceVersion, as: ProduceResponse.self)
            try RequestFrame.check(
                response.responses.first?.partitionResponses.first?.errorCode, of: "Produce")
            return way == .withOffset ? try commitOffset() : try end()
        case .commitOffset:
            let response = try RequestFrame.answer(
                answer, version: Self.versions.commitOffset, as: TxnOffsetCommitResponse.self)
            try RequestFrame.check(
                response.topics.first?.partitions.first?.errorCode, of: "TxnOffsetCommit")
            return try end()
        case .end:
            let response = try RequestFrame.answer(
                answer, version: endVersion, as: EndTxnResponse.self)
            try RequestFrame.check(response.errorCode, of: "EndTxn")
            if way != .added { take(response.producerId, response.producerEpoch) }
            committed += 1
            return nil
        }
    }

    private mutating func take(_ id: Int64, _ epoch: Int16) {
        (producer.id, producer.epoch, sequence) = (id, epoch, 0)
    }

    // MARK: Requests

    private var produceVersion: Int16 {
        way == .added ? Self.versions.produce.added : Self.versions.produce.implicit
    }

    private var endVersion: Int16 {
        way == .added ? Self.versions.end.added : Self.versions.end.implicit
    }

    private mutating func produce() throws -> [UInt8] {
        step = .produce
        var settings = BatchSettings()
        settings.kind = .transactional
        settings.producer = ProducerStamp(
            id: producer.id, epoch: producer.epoch, baseSequence: sequence)
        sequence += 1
        var builder = RecordBatchBuilder(capacity: value.count + 128)
        builder.begin(settings)
        _ = try builder.append(
            key: nil, value: value.rawSpan, timestamp: Timestamp(milliseconds: 1_700_000_000_000))
        _ = try builder.seal()
        let batch = builder.sealedBytes.array()
        var request = ProduceRequest()
        request.transactionalId = id
        (request.acks, request.timeoutMs) = (-1, 30_000)
        request.topicData = [
            .init(
                name: topic,
                partitionData: [
                    .init(index: partition, records: RecordsSlice(start: 0, count: batch.count))
                ])
        ]
        return try RequestFrame.make(request, version: produceVersion, records: batch)
    }

    private mutating func commitOffset() throws -> [UInt8] {
        step = .commitOffset
        var request = TxnOffsetCommitRequest()
        (request.transactionalId, request.groupId) = (id, "group-of-\(id)")
        (request.producerId, request.producerEpoch) = (producer.id, producer.epoch)
        request.topics = [
            .init(
                name: topic,
                partitions: [.init(partitionIndex: 0, committedOffset: Int64(committed))])
        ]
        return try RequestFrame.make(request, version: Self.versions.commitOffset)
    }

    private mutating func end() throws -> [UInt8] {
        step = .end
        let request = EndTxnRequest(
            transactionalId: id, producerId: producer.id, producerEpoch: producer.epoch,
            committed: true)
        return try RequestFrame.make(request, version: endVersion)
    }
}
