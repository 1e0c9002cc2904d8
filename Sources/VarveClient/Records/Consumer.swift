internal import VarveBytes
internal import VarveRecords
public import VarveTerms
internal import VarveWire

/// A batch that was fetched. Its checksum is right and its header lawful; its records are not
/// looked at yet.
public struct FetchedBatch: Hashable, Sendable {
    public var partition: Int32
    /// Where it lies in what `Consumer.bytes(of:)` lends.
    public var range: Range<Int>
    /// Which of its records were asked for: it may begin before them, and go on behind.
    public var wanted: Range<Offset>
    /// Whether it holds a marker of the broker's in place of records.
    public var isControl: Bool
}

/// What one round of fetching brought.
public struct FetchedRound: Sendable {
    public var batches: [FetchedBatch] = []
    /// Offsets that were deleted before they could be read, by partition.
    public var skipped: [(partition: Int32, offsets: Range<Offset>)] = []
}

/// Fetches the records of one topic. While the caller works on one round, the next is on its way.
///
/// *Threads*: one owner.
public struct Consumer: ~Copyable {
    public let topic: String
    /// The offset that comes next, by partition, of those that are not read to their ends.
    public private(set) var positions: [Int32: Offset]
    private let client: Client
    private let ends: [Int32: Offset]
    private let isolation: Isolation
    private var frame = ByteBuffer(capacity: 64 << 10)
    /// The leaders that were asked, first to last, each with the partitions that it was asked for.
    private var asked: [(leader: Int32, partitions: [Int32])] = []
    private var retry: Retry?
    /// Whether every partition is in `asked`, or in an answer that is being looked at.
    private var isPlanned = false
    private var severalLead = false

    /// What one answer brings of one partition, and in all; one batch may be larger.
    private static let partitionSizeMax = 4 << 20
    private static let answerSizeMax = 16 << 20
    /// How long a broker waits for records to come, in milliseconds: asked of several brokers one
    /// after the other, each must not keep what others have.
    private static let waitMaxMs: Int32 = 500
    private static let waitMaxAmongSeveralMs: Int32 = 50

    /// - Parameters:
    ///   - positions: where to begin, by partition.
    ///   - ends: where to stop, before these offsets; nil goes on forever. With `.committed` an end
    ///     behind the last stable offset is waited for.
    ///   - isolation: with `.committed` batches of aborted transactions are left out.
    public init(
        _ topic: String, _ client: Client, from positions: [Int32: Offset],
        until ends: [Int32: Offset]?, isolation: Isolation = .uncommitted
    ) {
        (self.topic, self.client, self.isolation) = (topic, client, isolation)
        let last = Offset(Int64.max)
        self.ends = ends ?? positions.mapValues { _ in last }
        let bounds = self.ends
        self.positions = positions.filter { $0.value < bounds[$0.key] ?? .zero }
    }

    /// Whether every partition is read to its end.
    public var isDone: Bool { positions.isEmpty }

    /// The bytes of a batch of the last round.
    @_lifetime(borrow self)
    public borrowing func bytes(of batch: FetchedBatch) -> RawSpan {
        frame.bytes.extracting(batch.range)
    }

    /// Waits for records: for about half a second.
    /// - Precondition: it is not done.
    public mutating func next() throws(ClientError) -> FetchedRound {
        precondition(!isDone, "everything is read")
        while true {
            do throws(ClientError) {
                let round = try round()
                retry = nil
                return round
            } catch {
                asked = []
                client.close()
                client.forgetLayout()
                var attempt = retry ?? Retry(client)
                guard error.isPassingForRecords, try attempt.rest() else { throw error }
                retry = attempt
            }
        }
    }

    // MARK: Asking

    private mutating func round() throws(ClientError) -> FetchedRound {
        let deadline = client.deadline()
        if asked.isEmpty || !isPlanned { try askAll(until: deadline) }
        let (leader, partitions) = asked.removeFirst()
        let connection = try client.connection(to: .broker(leader), until: deadline)
        guard connection.openCount > 0 else { throw .lost(connection.endpoint, .fetch, .ended) }
        let answer = try connection.receive(FetchRequest.self, into: &frame, until: deadline)
        guard answer.errorCode == .none else {
            throw .refused(answer.errorCode, subject: topic, message: nil)
        }
        var round = FetchedRound()
        for row in answer.responses.flatMap(\.partitions)
        where partitions.contains(row.partitionIndex) {
            try take(row, into: &round)
        }
        let rest = partitions.filter { positions[$0] != nil }
        if isPlanned, !rest.isEmpty { try ask(leader, rest, until: deadline) }
        return round
    }

    private mutating func askAll(until deadline: Instant) throws(ClientError) {
        let layout = try client.refresh(topics: [topic], until: deadline)
        var byLeader: [Int32: [Int32]] = [:]
        for partition in positions.keys.sorted() {
            switch layout.leader(of: TopicPartition(topic, partition)) {
            case .success(let leader): byLeader[leader, default: []].append(partition)
            case .failure(let refusal): throw refusal.error
            }
        }
        severalLead = byLeader.count > 1
        isPlanned = true
        for (leader, partitions) in byLeader.sorted(by: { $0.key < $1.key }) {
            try ask(leader, partitions, until: deadline)
        }
    }

    private mutating func ask(
        _ leader: Int32, _ partitions: [Int32], until deadline: Instant
    ) throws(ClientError) {
        var rows: [FetchRequest.FetchPartition] = []
        for partition in partitions {
            guard let position = positions[partition] else { continue }
            rows.append(
                .init(
                    partition: partition, fetchOffset: position.rawValue,
                    partitionMaxBytes: Int32(Self.partitionSizeMax)))
        }
        let request = FetchRequest(
            maxWaitMs: severalLead ? Self.waitMaxAmongSeveralMs : Self.waitMaxMs, minBytes: 1,
            maxBytes: Int32(Self.answerSizeMax), isolationLevel: isolation.rawValue,
            topics: [.init(topic: topic, partitions: rows)])
        let connection = try client.connection(to: .broker(leader), until: deadline)
        try connection.send(request, until: deadline)
        // The first of them is the one that has not been answered for the longest.
        asked.append((leader, partitions))
    }

    // MARK: Answers

    private mutating func take(
        _ row: FetchResponse.PartitionData, into round: inout FetchedRound
    ) throws(ClientError) {
        let partition = row.partitionIndex
        guard let position = positions[partition] else { return }
        switch row.errorCode {
        case .none: break
        case .offsetOutOfRange: return try skip(partition, from: position, into: &round)
        default:
            throw .refused(
                row.errorCode, subject: "\(TopicPartition(topic, partition))", message: nil)
        }
        guard let records = row.records, records.count > 0 else { return }
        var aborted = AbortedBatches(
            isolation == .committed ? row.abortedTransactions ?? [] : [])
        let cut: Cut
        do throws(BatchDefect) {
            cut = try Self.cut(
                frame.bytes, records.range, of: partition, from: position,
                until: ends[partition] ?? .zero, without: &aborted)
        } catch {
            throw .records(
                subject: "\(TopicPartition(topic, partition))",
                reason: "a batch behind offset \(position) is damaged: \(error)")
        }
        // At least one batch is whole, whatever its size; the last one may be cut.
        guard cut.position != position else {
            throw .records(
                subject: "\(TopicPartition(topic, partition))",
                reason: "nothing behind offset \(position) is whole")
        }
        round.batches += cut.batches
        positions[partition] = cut.position
    }

    private struct Cut {
        var batches: [FetchedBatch] = []
        /// The offset that comes next; nil at the end.
        var position: Offset?
    }

    /// Goes through the batches in `range`, up to the first that is not whole.
    private static func cut(
        _ bytes: RawSpan, _ range: Range<Int>, of partition: Int32, from position: Offset,
        until end: Offset, without aborted: inout AbortedBatches
    ) throws(BatchDefect) -> Cut {
        let bytes = bytes.extracting(0..<range.upperBound)
        var cut = Cut(position: position)
        var start = range.lowerBound
        while let position = cut.position {
            guard let claimed = BatchHeader(bytes, at: start),
                claimed.sizeInBytes <= range.upperBound - start
            else { break }
            let header = try BatchCheck.frame(bytes, at: start)
            guard let last = header.lastOffset,
                let next = Offset(exactly: last)?.advanced(byExactly: 1)
            else { throw .baseOffsetNegative(header.baseOffset) }
            let place = start..<start + header.sizeInBytes
            let isHidden = try aborted.hides(header, last: last, bytes.extracting(place))
            if next > position {
                if !isHidden {
                    cut.batches.append(
                        FetchedBatch(
                            partition: partition, range: place,
                            wanted: position..<max(position, min(end, next)),
                            isControl: header.attributes.isControl))
                }
                cut.position = next < end ? next : nil
            }
            start = place.upperBound
        }
        return cut
    }

    /// What is asked for was deleted: goes on at the first record that is left.
    private mutating func skip(
        _ partition: Int32, from position: Offset, into round: inout FetchedRound
    ) throws(ClientError) {
        // Answers that are still to come would be taken for those to this question.
        asked = []
        client.close()
        let place = TopicPartition(topic, partition)
        let found = try client.offsets(of: [place], .start)
        guard let start = found[place] ?? nil, start > position else {
            throw .refused(.offsetOutOfRange, subject: "\(place)", message: nil)
        }
        round.skipped.append((partition, position..<start))
        positions[partition] = start < ends[partition] ?? .zero ? start : nil
        isPlanned = false
    }
}
