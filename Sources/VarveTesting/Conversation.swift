internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// Requests as frames, and answers read back: what the faces of this module have in common.
enum Conversation {
    /// A request behind its header.
    /// - Parameter source: what slices of records in the request refer to.
    static func frame(
        _ request: some WireMessage, version: Int16, records source: [UInt8] = []
    ) throws(TestBrokerError) -> [UInt8] {
        guard let api = type(of: request).schema.key.flatMap({ APIKey(rawValue: $0) }) else {
            throw .unreadable("\(type(of: request)) is no request")
        }
        let header = RequestHeader(
            requestApiKey: api.rawValue, requestApiVersion: version, correlationId: 1,
            clientId: "test")
        var writer = WireWriter()
        do throws(WireError) {
            let headerVersion = api.requestHeaderVersion(for: version)
            try header.encode(into: &writer, version: headerVersion)
            try request.encode(into: &writer, version: version)
        } catch {
            throw .unreadable("\(error)")
        }
        return writer.joined(with: source.rawSpan)
    }

    /// What a frame answers.
    static func answer<Response: WireMessage>(
        _ frame: [UInt8], version: Int16, as type: Response.Type = Response.self
    ) throws(TestBrokerError) -> Response {
        guard let api = type.schema.key.flatMap({ APIKey(rawValue: $0) }) else {
            throw .unreadable("\(type) is no answer")
        }
        var reader = WireReader(frame.rawSpan)
        do throws(WireError) {
            let headerVersion = api.responseHeaderVersion(for: version)
            _ = try ResponseHeader(decoding: &reader, version: headerVersion)
            return try Response(decoding: &reader, version: version)
        } catch {
            throw .unreadable("\(error)")
        }
    }

    // MARK: Topics and records

    /// The last versions that name topics.
    private static let versions = (
        metadata: Int16(9), produce: Int16(12), fetch: Int16(12), listOffsets: Int16(7)
    )

    /// Asks for a topic, which makes it.
    static func metadata(of topic: String) throws(TestBrokerError) -> [UInt8] {
        var request = MetadataRequest()
        var wanted = MetadataRequest.MetadataRequestTopic()
        wanted.name = topic
        request.topics = [wanted]
        return try frame(request, version: versions.metadata)
    }

    static func checkMetadata(_ frame: [UInt8]) throws(TestBrokerError) {
        let response = try answer(frame, version: versions.metadata, as: MetadataResponse.self)
        try check(response.topics.first?.errorCode)
    }

    static func produce(
        _ records: [TestRecord], to topic: String, _ partition: Int32, at time: Timestamp
    ) throws(TestBrokerError) -> [UInt8] {
        let batch = try batch(of: records, at: time)
        var data = ProduceRequest.PartitionProduceData()
        data.index = partition
        data.records = RecordsSlice(start: 0, count: batch.count)
        var topicData = ProduceRequest.TopicProduceData()
        topicData.name = topic
        topicData.partitionData = [data]
        var request = ProduceRequest()
        request.acks = -1
        request.timeoutMs = 30_000
        request.topicData = [topicData]
        return try frame(request, version: versions.produce, records: batch)
    }

    static func checkProduce(_ frame: [UInt8]) throws(TestBrokerError) {
        let response = try answer(frame, version: versions.produce, as: ProduceResponse.self)
        try check(response.responses.first?.partitionResponses.first?.errorCode)
    }

    private static func batch(
        of records: [TestRecord], at time: Timestamp
    ) throws(TestBrokerError) -> [UInt8] {
        var builder = RecordBatchBuilder()
        builder.begin()
        do throws(BatchBuildError) {
            for record in records {
                _ = try builder.append(
                    key: record.key?.rawSpan, value: record.value?.rawSpan, timestamp: time)
            }
            _ = try builder.seal()
        } catch {
            throw .unreadable("\(error)")
        }
        return builder.sealedBytes.array()
    }

    /// Asks where a partition begins.
    static func start(
        of topic: String, _ partition: Int32
    ) throws(TestBrokerError) -> [UInt8] {
        var wanted = ListOffsetsRequest.ListOffsetsPartition()
        wanted.partitionIndex = partition
        wanted.timestamp = -2
        var offsetsTopic = ListOffsetsRequest.ListOffsetsTopic()
        offsetsTopic.name = topic
        offsetsTopic.partitions = [wanted]
        var request = ListOffsetsRequest()
        request.topics = [offsetsTopic]
        return try frame(request, version: versions.listOffsets)
    }

    static func start(_ frame: [UInt8]) throws(TestBrokerError) -> Int64 {
        let response = try answer(
            frame, version: versions.listOffsets, as: ListOffsetsResponse.self)
        let found = response.topics.first?.partitions.first
        try check(found?.errorCode)
        return found?.offset ?? 0
    }

    static func fetch(
        _ topic: String, _ partition: Int32, from offset: Int64
    ) throws(TestBrokerError) -> [UInt8] {
        var wanted = FetchRequest.FetchPartition()
        wanted.partition = partition
        wanted.fetchOffset = offset
        wanted.partitionMaxBytes = 1 << 20
        var fetchTopic = FetchRequest.FetchTopic()
        fetchTopic.topic = topic
        fetchTopic.partitions = [wanted]
        var request = FetchRequest()
        request.topics = [fetchTopic]
        request.sessionEpoch = -1
        return try frame(request, version: versions.fetch)
    }

    /// Appends what a fetch brought, from `offset` on.
    /// - Returns: where to read on; nil when there is nothing more.
    static func take(
        _ frame: [UInt8], from offset: Int64, into records: inout [TestRecord]
    ) throws(TestBrokerError) -> Int64? {
        let response = try answer(frame, version: versions.fetch, as: FetchResponse.self)
        guard let found = response.responses.first?.partitions.first else {
            throw .unreadable("the partition is missing")
        }
        try check(found.errorCode)
        guard let slice = found.records, slice.count > 0 else { return nil }
        var scanner = RecordScanner()
        let bytes = frame.rawSpan.extracting(slice.range)
        var next = offset
        var position = 0
        do throws(BatchDefect) {
            // The last batch of an answer may be cut.
            while let header = BatchHeader(bytes, at: position),
                position + header.sizeInBytes <= bytes.byteCount
            {
                let batch = bytes.extracting(position..<position + header.sizeInBytes)
                position += header.sizeInBytes
                next = header.baseOffset + Int64(header.lastOffsetDelta) + 1
                guard !header.attributes.isControl else { continue }
                try scanner.forEachRecord(in: batch) { (record) throws(BatchDefect) in
                    guard record.offset.rawValue >= offset else { return }
                    records.append(
                        TestRecord(key: record.key?.array(), value: record.value?.array()))
                }
            }
        } catch {
            throw .unreadable("\(error)")
        }
        return next > offset ? next : nil
    }

    private static func check(_ code: ErrorCode?) throws(TestBrokerError) {
        guard let code else { throw .unreadable("the topic is missing") }
        guard code == ErrorCode.none else { throw .refused(code) }
    }
}
