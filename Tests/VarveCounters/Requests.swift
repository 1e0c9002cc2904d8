internal import VarveBytes
internal import VarveTerms
internal import VarveWire

/// Requests as clients of today send them.
enum Requests {
    static let topic = "counted"
    static let versions = (
        apiVersions: Int16(4), metadata: Int16(12), createTopics: Int16(7), produce: Int16(12),
        fetch: Int16(16), offsetCommit: Int16(9), heartbeat: Int16(1)
    )

    /// A request behind its header.
    /// - Parameter records: what its slices are of.
    static func frame(
        _ request: some WireMessage, _ version: Int16, records: [UInt8] = []
    ) throws -> [UInt8] {
        guard let number = type(of: request).schema.key, let api = APIKey(rawValue: number) else {
            preconditionFailure("\(type(of: request)) is no request")
        }
        var writer = WireWriter()
        try RequestHeader(
            requestApiKey: number, requestApiVersion: version, correlationId: 1, clientId: "count"
        ).encode(into: &writer, version: api.requestHeaderVersion(for: version))
        try request.encode(into: &writer, version: version)
        return writer.joined(with: records.rawSpan)
    }

    static func apiVersions() throws -> [UInt8] {
        var request = ApiVersionsRequest()
        (request.clientSoftwareName, request.clientSoftwareVersion) = ("count", "1")
        return try frame(request, versions.apiVersions)
    }

    static func metadata() throws -> [UInt8] {
        var request = MetadataRequest()
        var wanted = MetadataRequest.MetadataRequestTopic()
        wanted.name = topic
        request.topics = [wanted]
        return try frame(request, versions.metadata)
    }

    static func createTopic(partitions: Int32) throws -> [UInt8] {
        var made = CreateTopicsRequest.CreatableTopic()
        (made.name, made.numPartitions, made.replicationFactor) = (topic, partitions, 1)
        return try frame(
            CreateTopicsRequest(topics: [made], timeoutMs: 60_000), versions.createTopics)
    }

    /// One batch to each of some partitions, acknowledged by all replicas.
    static func produce(_ batch: [UInt8], partitions: Range<Int32> = 0..<1) throws -> [UInt8] {
        var records: [UInt8] = []
        let rows = partitions.map { partition in
            defer { records += batch }
            return ProduceRequest.PartitionProduceData(
                index: partition,
                records: RecordsSlice(start: records.count, count: batch.count))
        }
        let request = ProduceRequest(
            acks: -1, timeoutMs: 30_000, topicData: [.init(name: topic, partitionData: rows)])
        return try frame(request, versions.produce, records: records)
    }

    /// What a fetch is to its session.
    struct Session {
        var id: Int32 = 0
        /// −1 for none, 0 for one to begin.
        var epoch: Int32 = -1
    }

    /// Records of one partition.
    /// - Parameter sizeMax: in bytes; the first batch comes whole all the same.
    static func fetch(
        _ topicID: UniqueID, from offset: Int64, sizeMax: Int32 = 1, in session: Session = Session()
    ) throws -> [UInt8] {
        var wanted = FetchRequest.FetchPartition()
        (wanted.fetchOffset, wanted.partitionMaxBytes) = (offset, sizeMax)
        var request = FetchRequest()
        (request.maxWaitMs, request.minBytes, request.maxBytes) = (500, 1, 50 << 20)
        (request.sessionId, request.sessionEpoch) = (session.id, session.epoch)
        request.topics = [.init(topicId: topicID, partitions: [wanted])]
        return try frame(request, versions.fetch)
    }

    /// Commits an offset for a group without members.
    static func commitOffset() throws -> [UInt8] {
        var partition = OffsetCommitRequest.OffsetCommitRequestPartition()
        partition.committedOffset = 1
        var wanted = OffsetCommitRequest.OffsetCommitRequestTopic()
        (wanted.name, wanted.partitions) = (topic, [partition])
        var request = OffsetCommitRequest()
        (request.groupId, request.topics) = ("counters", [wanted])
        return try frame(request, versions.offsetCommit)
    }

    /// Joins a consumer group.
    static func join(_ member: String) throws -> [UInt8] {
        var request = ConsumerGroupHeartbeatRequest()
        (request.groupId, request.memberId) = ("members", member)
        (request.rebalanceTimeoutMs, request.subscribedTopicNames) = (60_000, [topic])
        request.topicPartitions = []
        return try frame(request, versions.heartbeat)
    }

    /// Says that a member is there, and nothing else.
    static func heartbeat(_ member: String, epoch: Int32) throws -> [UInt8] {
        var request = ConsumerGroupHeartbeatRequest()
        (request.groupId, request.memberId, request.memberEpoch) = ("members", member, epoch)
        return try frame(request, versions.heartbeat)
    }
}
