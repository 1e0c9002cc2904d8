import VarveBytes
import VarveClient
import VarveRecords
import VarveTerms
import VarveTransport
import VarveWire

/// Two brokers that keep the batches of one topic, as a leader does, with what goes wrong in
/// between.
final class ScriptedLogs {
    let network = ScriptedNetwork()
    /// What a broker does in place of an answer, the next first; nil answers.
    var troubles: [Trouble?] = []
    private(set) var leader: Int32 = 1
    private let partitionCount: Int32
    /// The batches of each partition, in order, with their base offsets stamped.
    private(set) var logs: [[[UInt8]]]
    /// The first sequence numbers that came, by partition, taken or not.
    private(set) var sequences: [[Int32]]
    var start: Int64 = 0
    /// Aborted transactions of partition 0, each with the offset of its marker.
    var aborted: [(producer: Int64, first: Int64, last: Int64)] = []

    enum Trouble {
        /// The answer is lost; a batch is stored all the same.
        case lost
        /// Nothing is stored.
        case code(ErrorCode)
        /// The other broker leads from now on.
        case moved
        /// Bytes of the batches that are sent change.
        case flipped
        /// The last batch that is sent is cut.
        case cut
    }

    init(partitions: Int32 = 1) {
        partitionCount = partitions
        logs = Array(repeating: [], count: Int(partitions))
        sequences = Array(repeating: [], count: Int(partitions))
        for endpoint in [ScriptedNetwork.first, ScriptedNetwork.second] {
            network.brokers[endpoint] = { try self.react($0, at: endpoint) }
        }
    }

    func makeClient() -> Client { Client([ScriptedNetwork.first], through: network) }

    /// The values of a partition, as texts.
    func values(of partition: Int = 0) throws -> [String] {
        var scanner = RecordScanner()
        var values: [String] = []
        for batch in logs[partition] {
            try scanner.forEachRecord(in: batch.rawSpan) { record in
                values.append(record.valueText ?? "")
            }
        }
        return values
    }

    func end(_ partition: Int = 0) -> Int64 {
        logs[partition].last.flatMap { BatchHeader($0.rawSpan)?.lastOffset }.map { $0 + 1 } ?? 0
    }

    private func react(_ asked: Asked, at endpoint: Endpoint) throws -> Reaction {
        switch asked.api {
        case .apiVersions: return .answer(ApiVersionsResponse.speaking())
        case .metadata:
            return .answer(MetadataResponse.cluster(leader: leader, partitions: partitionCount))
        case .initProducerId:
            return .answer(InitProducerIdResponse(producerId: 7, producerEpoch: 0))
        case .listOffsets:
            let request = try asked.decoded(ListOffsetsRequest.self)
            return .answer(
                ListOffsetsResponse(topics: [
                    .init(
                        name: "t",
                        partitions: request.topics[0].partitions.map {
                            .init(
                                partitionIndex: $0.partitionIndex,
                                offset: $0.timestamp == -2 ? start : end(Int($0.partitionIndex)))
                        })
                ]))
        default: break
        }
        let trouble = troubles.isEmpty ? nil : troubles.removeFirst()
        if case .moved? = trouble { leader = 3 - leader }
        let isLeader = endpoint == (leader == 1 ? ScriptedNetwork.first : ScriptedNetwork.second)
        var code = isLeader ? ErrorCode.none : .notLeaderOrFollower
        if case .code(let wanted)? = trouble { code = wanted }
        return asked.api == .produce
            ? try produce(asked, code, trouble) : try fetch(asked, code, trouble)
    }

    /// Stores a batch at the end of a partition.
    func store(_ batch: [UInt8], in partition: Int = 0) {
        var batch = batch
        let base = Offset(end(partition))
        var span = batch.mutableSpan
        var bytes = unsafe span.mutableBytes
        BatchPatch.stamp(&bytes, baseOffset: base, leaderEpoch: LeaderEpoch(0))
        logs[partition].append(batch)
    }

    private func produce(
        _ asked: Asked, _ code: ErrorCode, _ trouble: Trouble?
    ) throws -> Reaction {
        let request = try asked.decoded(ProduceRequest.self)
        let row = request.topicData[0].partitionData[0]
        let partition = Int(row.index)
        let batch = Array(asked.body[row.records!.range])
        let header = try BatchCheck.frame(batch.rawSpan)
        sequences[partition].append(header.baseSequence)
        var base: Int64 = -1
        if code == .none {
            let known = logs[partition].first {
                header.baseSequence >= 0
                    && BatchHeader($0.rawSpan)?.baseSequence == header.baseSequence
            }
            base = known.flatMap { BatchHeader($0.rawSpan)?.baseOffset } ?? end(partition)
            if known == nil { store(batch, in: partition) }
        }
        if case .lost? = trouble { return .end }
        guard request.acks != 0 else { return .silence }
        return .answer(
            ProduceResponse(responses: [
                .init(
                    name: "t",
                    partitionResponses: [
                        .init(index: row.index, errorCode: code, baseOffset: base)
                    ])
            ]))
    }

    /// Those that reach into what is fetched; nil for who does not ask for committed records.
    private func aborted(
        _ wanted: FetchRequest.FetchPartition, _ isolation: Int8
    ) -> [FetchResponse.AbortedTransaction]? {
        guard isolation == 1 else { return nil }
        return aborted.filter { wanted.partition == 0 && $0.last >= wanted.fetchOffset }
            .map { .init(producerId: $0.producer, firstOffset: $0.first) }
    }

    private func fetch(_ asked: Asked, _ code: ErrorCode, _ trouble: Trouble?) throws -> Reaction {
        let request = try asked.decoded(FetchRequest.self)
        var records: [UInt8] = []
        var rows: [FetchResponse.PartitionData] = []
        for wanted in request.topics[0].partitions {
            let first = records.count
            let log = logs[Int(wanted.partition)]
            let place = log.firstIndex {
                BatchHeader($0.rawSpan)!.lastOffset! >= wanted.fetchOffset
            }
            if code == .none, let place {
                records += log[place..<min(place + 2, log.count)].joined()
            }
            if case .flipped? = trouble { records[records.count - 1] ^= 1 }
            if case .cut? = trouble { records.removeLast() }
            let outOfRange = wanted.fetchOffset < start
            rows.append(
                .init(
                    partitionIndex: wanted.partition,
                    errorCode: outOfRange ? .offsetOutOfRange : code, highWatermark: 0,
                    abortedTransactions: aborted(wanted, request.isolationLevel),
                    records: RecordsSlice(start: first, count: records.count - first)))
        }
        if case .lost? = trouble { return .end }
        return .records(
            FetchResponse(responses: [.init(topic: "t", partitions: rows)]), records)
    }
}
