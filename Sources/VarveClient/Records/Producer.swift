public import VarveRecords
public import VarveTerms
internal import VarveWire

/// Sends records to one topic: batch by batch, several on their way at a time.
///
/// Batches of a partition arrive in their order, and where the broker gives out numbers (KIP-98)
/// each exactly once: what was sent and not acknowledged is sent again after a failure, with its
/// number. Without numbers, below `acks=all`, a failure may store a batch twice.
///
/// *Invariants*: a batch is in one of `waiting` and `sent`; both are in the order of their numbers;
/// of one leader at most five are in `sent`.
/// *Threads*: one owner.
public final class Producer {
    public let topic: String
    /// By partition.
    public private(set) var receipts: [Int32: PartitionReceipt] = [:]
    private let client: Client
    private let settings: ProducerSettings
    private let compressor = Compressor()
    private var lanes: [Lane] = []
    private var slot = 0
    private var number: (id: Int64, epoch: Int16)?
    private var waiting: [ProducedBatch] = []
    private var sent: [(batch: ProducedBatch, leader: Int32)] = []
    private var spare: [ProducedBatch] = []

    /// Finds the topic, and asks for a number for the batches.
    /// - Throws: `.refused` where there is no such topic, or not the partition.
    public init(
        _ topic: String, _ client: Client, settings: ProducerSettings = ProducerSettings()
    ) throws(ClientError) {
        (self.topic, self.client, self.settings) = (topic, client, settings)
        let layout = try client.topics([topic])
        let indexes = layout[topic: topic]?.partitions.map(\.index) ?? []
        lanes = indexes.filter { settings.partition ?? $0 == $0 }.map { Lane($0) }
        guard !lanes.isEmpty else {
            let subject = settings.partition.map { "\(TopicPartition(topic, $0))" } ?? topic
            throw .refused(.unknownTopicOrPartition, subject: subject, message: nil)
        }
        slot = Int(UInt(bitPattern: settings.firstSlot) % UInt(lanes.count))
        if settings.acknowledgement == .all { try findNumber() }
        for lane in lanes { begin(lane) }
    }

    private func findNumber() throws(ClientError) {
        let request = InitProducerIdRequest(
            transactionalId: nil, transactionTimeoutMs: client.timeoutMs)
        do throws(ClientError) {
            number = try client.patiently("producer id") { deadline throws(ClientError) in
                let answer = try client.ask(request, of: .anyone, until: deadline)
                if answer.errorCode.isPassing { return .again(answer.errorCode) }
                guard answer.errorCode == .none else {
                    throw .refused(answer.errorCode, subject: "producer id", message: nil)
                }
                return .done((answer.producerId, answer.producerEpoch))
            }
        } catch {
            // Whoever may not have numbers, or has a broker without them, does without.
            switch error {
            case .unsupported, .refused(.clusterAuthorizationFailed, _, _): return
            default: throw error
            }
        }
    }

    /// How many records were acknowledged, or sent where nothing is acknowledged.
    public var acknowledgedCount: Int { receipts.values.reduce(0) { $0 + $1.count } }

    // MARK: Records

    /// Takes a record; sends its batch once that is full, and waits while too many are on their
    /// way.
    public func append(
        key: RawSpan?, value: RawSpan?, headers: borrowing HeaderList, timestamp: Timestamp
    ) throws(ClientError) {
        while true {
            // Records without a key move on with each batch.
            let lane = lane(for: key)
            do throws(BatchBuildError) {
                let outcome = try lane.builder.append(
                    key: key, value: value, headers: headers, timestamp: timestamp)
                guard case .full = outcome else { return }
            } catch {
                throw .records(subject: topic, reason: "\(error)")
            }
            try seal(lane)
            try drive(to: .sent)
        }
    }

    private func lane(for key: RawSpan?) -> Lane {
        guard lanes.count > 1 else { return lanes[0] }
        guard let key else { return lanes[slot] }
        return lanes[KeyPartitioner.partition(of: key, among: lanes.count)]
    }

    private func begin(_ lane: Lane) {
        var batch = BatchSettings()
        batch.compression = settings.compression
        batch.sizeMax = settings.batchSize
        if let number {
            batch.producer = ProducerStamp(
                id: number.id, epoch: number.epoch, baseSequence: lane.nextSequence)
        }
        lane.builder.begin(batch)
    }

    /// Completes the batch of a partition, for `drive` to send.
    private func seal(_ lane: Lane) throws(ClientError) {
        guard !lane.builder.isEmpty else { return }
        let batch = spare.popLast() ?? ProducedBatch()
        do throws(BatchBuildError) {
            try batch.fill(from: &lane.builder, with: compressor, for: lane.partition)
        } catch {
            throw .records(subject: topic, reason: "\(error)")
        }
        lane.nextSequence = ProducerSequence.advance(lane.nextSequence, by: batch.recordCount)
        begin(lane)
        slot = (slot + 1) % lanes.count
        waiting.append(batch)
    }

    /// Sends what is there and waits until all of it is acknowledged.
    public func settle() throws(ClientError) {
        for lane in lanes { try seal(lane) }
        try drive(to: .acknowledged)
    }

    // MARK: Sending

    private enum Goal { case sent, acknowledged }

    /// Sends what waits, again where it has to be, until nothing does.
    private func drive(to goal: Goal) throws(ClientError) {
        var retry: Retry?
        while true {
            let acknowledged = acknowledgedCount
            do throws(ClientError) {
                try sendWaiting()
                while goal == .acknowledged, let first = sent.first { try receive(first.leader) }
                return
            } catch {
                guard error.isPassingForRecords else { throw error }
                // The patience begins anew with each batch that arrived.
                var attempt = acknowledgedCount > acknowledged ? nil : retry
                takeBack()
                guard try attempt.rest(client) else { throw error }
                retry = attempt
            }
        }
    }

    /// What was sent and not acknowledged waits again; answers that still come are nobody's.
    private func takeBack() {
        waiting = sent.map(\.batch) + waiting
        sent = []
        client.close()
        client.forgetLayout()
    }

    private func sendWaiting() throws(ClientError) {
        let deadline = client.deadline()
        while let batch = waiting.first {
            let partition = TopicPartition(topic, batch.partition)
            if client.layout.brokers.isEmpty {
                try client.refresh(topics: [topic], until: deadline)
            }
            let leader: Int32
            switch client.layout.leader(of: partition) {
            case .success(let found): leader = found
            case .failure(let refusal): throw refusal.error
            }
            guard sent.count(where: { $0.leader == leader }) < ProducerSettings.batchesOnTheWayMax
            else {
                try receive(leader)
                continue
            }
            try send(batch, to: leader, until: deadline)
            waiting.removeFirst()
            if settings.acknowledgement == .none {
                acknowledge(batch, at: nil)
            } else {
                sent.append((batch, leader))
            }
        }
    }

    private func send(
        _ batch: ProducedBatch, to leader: Int32, until deadline: Instant
    ) throws(ClientError) {
        let request = ProduceRequest(
            acks: settings.acknowledgement.rawValue, timeoutMs: client.timeoutMs,
            topicData: [
                .init(
                    name: topic,
                    partitionData: [
                        .init(
                            index: batch.partition,
                            records: RecordsSlice(start: 0, count: batch.size))
                    ])
            ])
        let connection = try client.connection(to: .broker(leader), until: deadline)
        let isAnswered = settings.acknowledgement != .none
        try batch.lend { bytes throws(ClientError) in
            try connection.send(
                request, records: bytes, expecting: isAnswered ? .one : .none, until: deadline)
        }
    }

    // MARK: Answers

    /// Waits for the answer to the first batch that is on its way to this leader.
    private func receive(_ leader: Int32) throws(ClientError) {
        guard let place = sent.firstIndex(where: { $0.leader == leader }) else {
            preconditionFailure("no batch is on its way to \(leader)")
        }
        let batch = sent[place].batch
        let deadline = client.deadline()
        let connection = try client.connection(to: .broker(leader), until: deadline)
        guard connection.openCount > 0 else {
            throw .lost(connection.endpoint, .produce, .ended)
        }
        let answer = try connection.receive(ProduceRequest.self, until: deadline)
        let subject = "\(TopicPartition(topic, batch.partition))"
        guard let row = answer.responses.first?.partitionResponses.first,
            row.index == batch.partition
        else {
            throw .malformed(
                connection.endpoint, .produce, reason: "it says nothing of \(subject)")
        }
        // A number that the broker knows is a batch that it has.
        guard row.errorCode == .none || row.errorCode == .duplicateSequenceNumber else {
            throw .refused(row.errorCode, subject: subject, message: row.errorMessage)
        }
        sent.remove(at: place)
        acknowledge(batch, at: Offset(exactly: row.baseOffset))
    }

    private func acknowledge(_ batch: ProducedBatch, at base: Offset?) {
        receipts[batch.partition, default: PartitionReceipt()].add(
            Int(batch.recordCount), at: base)
        spare.append(batch)
    }
}

extension Retry? {
    /// Rests before the next attempt; the first one begins the patience.
    fileprivate mutating func rest(_ client: Client) throws(ClientError) -> Bool {
        var retry = self ?? Retry(client)
        defer { self = retry }
        return try retry.rest()
    }
}

extension ClientError {
    /// Whether sending records again may help. A topic that was just made is not known everywhere,
    /// and a broker that is away comes back: who has records to send waits longer than others.
    var isPassingForRecords: Bool {
        switch self {
        case .unreachable: true
        case .refused(.unknownTopicOrPartition, _, _): true
        default: passes(.askAgain)
        }
    }
}
