public import VarveTerms
internal import VarveWire

/// Which transactional ids are asked for. What is empty, or nil, lets all through.
public struct TransactionFilter: Hashable, Sendable {
    /// Kafka's names of states: `Ongoing`, `CompleteCommit`.
    public var states: [String] = []
    public var producers: [Int64] = []
    /// How long the transaction must be open at least. Kafka has it from 3.8 on.
    public var openFor: Duration?
    /// A regular expression that the whole id must match. Kafka has it from 4.1 on.
    public var pattern: String?

    public init() {}
}

/// A transactional id as a list of them tells it.
public struct TransactionSummary: Hashable, Sendable {
    public var id: String
    /// The broker that coordinates it.
    public var coordinator: Int32
    public var producer: Int64
    public var state: String
}

/// A transactional id with what its coordinator knows of it.
public struct TransactionLayout: Hashable, Sendable {
    public var id: String
    /// The broker that coordinates it.
    public var coordinator: Int32
    public var state: String
    public var producer: Int64
    public var producerEpoch: Int16
    /// After how long the coordinator aborts a transaction that is open.
    public var timeoutMs: Int32
    /// When the transaction began; nil while none is open.
    public var start: Timestamp?
    /// Which partitions it has written to, in their order; none while none is open.
    public var partitions: [TopicPartition]
}

/// What a partition knows of a producer with an id.
public struct ActiveProducer: Hashable, Sendable {
    public var id: Int64
    public var epoch: Int32
    /// The sequence number of its last record; nil behind a marker.
    public var lastSequence: Int32?
    public var lastTimestamp: Timestamp
    /// The epoch of the coordinator that wrote the last marker; nil where none has.
    public var coordinatorEpoch: Int32?
    /// Where its open transaction begins; nil while none is open.
    public var transactionStart: Offset?
}

/// A transaction that is open in a partition.
public struct OpenTransaction: Hashable, Sendable {
    public var partition: TopicPartition
    public var producer: ActiveProducer
    /// The offset of its first record there.
    public var start: Offset

    /// Nil where the producer has none open.
    public init?(_ producer: ActiveProducer, in partition: TopicPartition) {
        guard let start = producer.transactionStart else { return nil }
        (self.partition, self.producer, self.start) = (partition, producer, start)
    }
}

extension Client {
    /// Asks every broker for the transactional ids that it coordinates, in their order.
    public func transactions(
        _ filter: TransactionFilter = TransactionFilter()
    ) throws(ClientError) -> [TransactionSummary] {
        let request = ListTransactionsRequest(
            stateFilters: filter.states, producerIdFilters: filter.producers,
            durationFilter: filter.openFor.map(\.wholeMs) ?? -1,
            transactionalIdPattern: filter.pattern)
        return try askEveryBroker("transactions", request, \.errorCode)
            .flatMap { broker, answer in
                answer.transactionStates.map { row in
                    TransactionSummary(
                        id: row.transactionalId, coordinator: broker, producer: row.producerId,
                        state: row.transactionState)
                }
            }.sorted { $0.id < $1.id }
    }

    /// Asks the coordinator of a transactional id for what it knows of it.
    /// - Throws: `.refused` with `transactionalIdNotFound` where nobody has used the id.
    public func describe(transaction id: String) throws(ClientError) -> TransactionLayout {
        let request = DescribeTransactionsRequest(transactionalIds: [id])
        return try askCoordinator(of: .transaction(id), request) { answer, broker in
            guard let row = answer.transactionStates.first else {
                return (nil, .unknownServerError, nil)
            }
            let start = row.transactionStartTimeMs
            return (
                TransactionLayout(
                    id: row.transactionalId, coordinator: broker, state: row.transactionState,
                    producer: row.producerId, producerEpoch: row.producerEpoch,
                    timeoutMs: row.transactionTimeoutMs,
                    start: start < 0 ? nil : Timestamp(milliseconds: start),
                    partitions: row.topics.flatMap { topic in
                        topic.partitions.map { TopicPartition(topic.topic, $0) }
                    }.sorted()), row.errorCode, nil
            )
        }
    }

    /// Asks the leaders of partitions for the producers that they know, in the order of their ids.
    /// - Throws: `.refused` for a partition that there is not.
    public func producers(
        of partitions: [TopicPartition]
    ) throws(ClientError) -> [TopicPartition: [ActiveProducer]] {
        try askLeaders(of: partitions, "producers") { wanted in
            DescribeProducersRequest(
                topics: wanted.byTopic.map { .init(name: $0, partitionIndexes: $1) })
        } _: { answer in
            answer.topics.flatMap { topic in
                topic.partitions.map { row in
                    LeaderAnswer(
                        partition: TopicPartition(topic.name, row.partitionIndex),
                        code: row.errorCode, message: row.errorMessage,
                        value: row.activeProducers.map { ActiveProducer($0) }
                            .sorted { $0.id < $1.id })
                }
            }
        }
    }

    /// Asks coordinators which of these transactions they are going to end.
    ///
    /// - Returns: what the coordinator knows, for each that it has open with that partition. What
    ///   is missing hangs: nobody will end it, and readers of committed records wait before it
    ///   (KIP-664).
    public func coordinated(
        _ open: [OpenTransaction]
    ) throws(ClientError) -> [OpenTransaction: TransactionLayout] {
        guard !open.isEmpty else { return [:] }
        var filter = TransactionFilter()
        filter.producers = Set(open.map(\.producer.id)).sorted()
        var known: [OpenTransaction: TransactionLayout] = [:]
        for summary in try transactions(filter) {
            let layout: TransactionLayout
            do throws(ClientError) {
                layout = try describe(transaction: summary.id)
            } catch {
                // It expired meanwhile.
                if case .refused(.transactionalIdNotFound, _, _) = error { continue }
                throw error
            }
            for transaction in open
            where transaction.producer.id == layout.producer
                && layout.partitions.contains(transaction.partition)
            {
                known[transaction] = layout
            }
        }
        return known
    }

    /// Has the leader of a partition end a transaction there, without its coordinator.
    ///
    /// Its records are gone for readers of committed ones, whatever becomes of the rest of the
    /// transaction: this is for those that hang.
    public func abort(_ transaction: OpenTransaction) throws(ClientError) {
        guard let epoch = Int16(exactly: transaction.producer.epoch) else {
            throw .refused(
                .invalidProducerEpoch, subject: "\(transaction.partition)", message: nil)
        }
        // A transaction that was a producer's first knows of no coordinator. An epoch of 0 is not
        // later than that of any.
        let coordinatorEpoch = max(0, transaction.producer.coordinatorEpoch ?? 0)
        let ended = try askLeaders(of: [transaction.partition], "\(transaction.partition)") {
            wanted in
            WriteTxnMarkersRequest(markers: [
                .init(
                    producerId: transaction.producer.id, producerEpoch: epoch,
                    transactionResult: false,
                    topics: wanted.byTopic.map { .init(name: $0, partitionIndexes: $1) },
                    coordinatorEpoch: coordinatorEpoch)
            ])
        } _: { answer in
            answer.markers.flatMap(\.topics).flatMap { topic in
                topic.partitions.map { row in
                    LeaderAnswer(
                        partition: TopicPartition(topic.name, row.partitionIndex),
                        code: row.errorCode, message: nil, value: ())
                }
            }
        }
        precondition(ended.count == 1, "one partition was asked for, \(ended.count) answered")
    }
}

extension ActiveProducer {
    init(_ row: DescribeProducersResponse.ProducerState) {
        id = row.producerId
        epoch = row.producerEpoch
        lastSequence = row.lastSequence < 0 ? nil : row.lastSequence
        lastTimestamp = Timestamp(milliseconds: row.lastTimestamp)
        coordinatorEpoch = row.coordinatorEpoch < 0 ? nil : row.coordinatorEpoch
        transactionStart = Offset(exactly: row.currentTxnStartOffset)
    }
}
