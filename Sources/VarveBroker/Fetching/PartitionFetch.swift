internal import VarveTerms
internal import VarveWire

/// A partition as fetches name it: by its topic's id or, before version 13, by its topic's name.
struct FetchKey: Hashable, Sendable {
    /// Zero where topics go by their names.
    var topicID: UniqueID
    /// Empty where topics go by their ids.
    var topicName: String
    var partition: Int32
}

/// What a fetch wants of one partition.
struct PartitionFetch: Hashable, Sendable {
    let key: FetchKey
    /// The name of the topic; nil as long as there is none with the id. Once known it stays: so
    /// a topic that takes the place of another one of its name is not taken for it.
    var topic: String?
    var offset: Int64
    var currentLeaderEpoch: Int32
    var lastFetchedEpoch: Int32
    /// In bytes.
    var sizeMax: Int32

    init(
        _ wanted: FetchRequest.FetchPartition, of topic: FetchRequest.FetchTopic, usesIDs: Bool,
        name: String?
    ) {
        key = FetchKey(
            topicID: usesIDs ? topic.topicId : .zero, topicName: usesIDs ? "" : topic.topic,
            partition: wanted.partition)
        self.topic = name
        offset = wanted.fetchOffset
        currentLeaderEpoch = wanted.currentLeaderEpoch
        lastFetchedEpoch = wanted.lastFetchedEpoch
        sizeMax = wanted.partitionMaxBytes
    }
}

/// What there is to say of one partition.
struct FetchResult {
    let fetch: PartitionFetch
    var data: FetchResponse.PartitionData

    /// Nothing yet.
    init(_ fetch: PartitionFetch) {
        self.fetch = fetch
        data = FetchResponse.PartitionData()
        data.partitionIndex = fetch.key.partition
        data.highWatermark = -1
        data.records = RecordsSlice()
        data.abortedTransactions = nil
    }

    /// Nothing but an error.
    init(_ fetch: PartitionFetch, refusedFor code: ErrorCode) {
        self.init(fetch)
        data.errorCode = code
    }

    /// The error of what was not there when the fetch came.
    init(ofUnknown fetch: PartitionFetch, _ code: ErrorCode) {
        self.init(fetch, refusedFor: code)
        data.abortedTransactions = []
    }
}

extension FetchResponse {
    /// Puts rows together that follow each other and are of one topic, as Kafka does.
    mutating func add(_ results: [FetchResult]) {
        for result in results {
            let key = result.fetch.key
            if let last = responses.last, last.topicId == key.topicID, last.topic == key.topicName {
                responses[responses.count - 1].partitions.append(result.data)
            } else {
                responses.append(
                    .init(
                        topic: key.topicName, topicId: key.topicID, partitions: [result.data]))
            }
        }
    }
}
