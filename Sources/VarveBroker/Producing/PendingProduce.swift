internal import VarveLog
internal import VarveTerms
internal import VarveWire

/// A produce request of which something was written that is not flushed yet.
///
/// A partition that is named twice is written to once, with what comes last, and answered once.
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

    /// A place in the response.
    struct Row: Hashable {
        var topic: Int
        var partition: Int
    }

    /// What is to be written: places in the request, and where it is answered.
    struct Sent: Hashable {
        var topic: Int
        var partition: Int
        var row: Row
    }

    private struct TopicKey: Hashable {
        var name: String
        var id: UniqueID
    }

    private struct PartitionKey: Hashable {
        var topic: Int
        var index: Int32
    }

    /// In the order of the request.
    private(set) var sent: [Sent] = []
    private(set) var response = ProduceResponse()
    private(set) var hasFailed = false
    private var written: [(row: Row, partition: Partition)] = []
    private(set) var waiting: [(row: Row, batch: WaitingBatch)] = []

    var waitsForFlush: Bool { !written.isEmpty }

    init(_ request: ProduceRequest) {
        var topics = PlaceTable<TopicKey>()
        var places = PlaceTable<PartitionKey>()
        for (topic, data) in request.topicData.enumerated() where !data.partitionData.isEmpty {
            let row = row(of: TopicKey(name: data.name, id: data.topicId), &topics)
            for (partition, data) in data.partitionData.enumerated() {
                let key = PartitionKey(topic: row, index: data.index)
                if let place = places.place(of: key, among: sent.count, partitionKey(of:)) {
                    sent[place].topic = topic
                    sent[place].partition = partition
                    continue
                }
                let count = response.responses[row].partitionResponses.count
                sent.append(
                    Sent(
                        topic: topic, partition: partition,
                        row: Row(topic: row, partition: count)))
                response.responses[row].partitionResponses.append(
                    .init(index: data.index, errorCode: .none, baseOffset: -1))
            }
        }
    }

    /// The topic's place in the response, where it gets one unless it has it.
    private mutating func row(
        of key: TopicKey, _ topics: inout PlaceTable<TopicKey>
    ) -> Int {
        let count = response.responses.count
        let known = topics.place(of: key, among: count) { place in
            let topic = response.responses[place]
            return TopicKey(name: topic.name, id: topic.topicId)
        }
        if let known { return known }
        response.responses.append(.init(name: key.name, topicId: key.id))
        return count
    }

    private func partitionKey(of place: Int) -> PartitionKey {
        let row = sent[place].row
        return PartitionKey(topic: row.topic, index: self[row].index)
    }

    private subscript(row: Row) -> ProduceResponse.PartitionProduceResponse {
        get { response.responses[row.topic].partitionResponses[row.partition] }
        set { response.responses[row.topic].partitionResponses[row.partition] = newValue }
    }

    mutating func note(_ result: Result, at row: Row) {
        switch result {
        case .written(let partition, let base, let appendTime):
            self[row].baseOffset = base.rawValue
            self[row].logAppendTimeMs = appendTime?.milliseconds ?? -1
            self[row].logStartOffset = partition.log.ends.start.rawValue
            written.append((row, partition))
        case .waiting(let batch): waiting.append((row, batch))
        case .failed(let refusal, let logStart):
            hasFailed = true
            self[row].errorCode = refusal.code
            self[row].errorMessage = refusal.message
            self[row].recordErrors = refusal.records.map {
                .init(batchIndex: $0.place, batchIndexErrorMessage: $0.complaint)
            }
            self[row].logStartOffset = logStart
        }
    }

    /// What has been written so far is flushed, or that failed.
    mutating func settle() {
        response = settled()
        written = []
    }

    mutating func takeWaiting() -> [(row: Row, batch: WaitingBatch)] {
        defer { waiting = [] }
        return waiting
    }

    /// The response, now that the flush has returned: what it failed for is not acknowledged.
    func settled() -> ProduceResponse {
        var settled = self
        for (row, partition) in written {
            guard let failure = partition.flushFailure else { continue }
            let refusal = ProduceRefusal(failure)
            settled[row].errorCode = refusal.code
            settled[row].errorMessage = refusal.message
            settled[row].baseOffset = -1
            settled[row].logAppendTimeMs = -1
        }
        return settled.response
    }
}
