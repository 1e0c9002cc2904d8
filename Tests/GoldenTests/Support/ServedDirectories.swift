import Testing
import VarveBroker
import VarveBytes
import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport
import VarveWire

/// Data directories that a broker in memory serves, and a client that asks it.
final class ServedDirectories {
    let broker: Broker
    private let network = MemoryNetwork()
    private let loop: EventLoop
    private let client: FrameClient

    /// Begins to serve `/d` of each kind: what the properties name, on `disk`.
    init(_ disk: SimulatedDisk, _ properties: [String: String]) throws {
        var configs = StaticConfigs()
        try configs.add(properties)
        let settings = try BrokerSettings(configs)
        let listener = try network.listen(on: Endpoint(host: "127.0.0.1", port: 9092))[0]
        broker = try Broker(
            settings, endpoints: settings.advertised, in: GoldenSet.surroundings(disk))
        loop = try EventLoop(network: network, clock: disk.clock, service: broker)
        try loop.serve(listener)
        client = FrameClient(try network.connect(to: listener.address))
    }

    /// What the broker answers; the frame is where records are.
    func ask<Response: WireMessage>(
        _ api: APIKey, _ version: Int16, _ request: some WireMessage, _ type: Response.Type
    ) throws -> (answer: Response, frame: [UInt8]) {
        var writer = WireWriter()
        var header = RequestHeader()
        header.requestApiKey = api.rawValue
        header.requestApiVersion = version
        try header.encode(into: &writer, version: api.requestHeaderVersion(for: version))
        try request.encode(into: &writer, version: version)
        let count = client.frames.count
        client.send(frame: writer.buffer.bytes.array())
        for _ in 0..<10_000 where client.frames.count == count {
            client.turn()
            loop.turn(.notAtAll)
        }
        let frame = try #require(client.frames.dropFirst(count).first, "no answer to \(api)")
        var reader = WireReader(frame.rawSpan)
        _ = try ResponseHeader(
            decoding: &reader, version: api.responseHeaderVersion(for: version))
        return (try Response(decoding: &reader, version: version), frame)
    }

    // MARK: Questions

    func topics() throws -> [String: MetadataResponse.MetadataResponseTopic] {
        var request = MetadataRequest()
        request.topics = nil
        let answer = try ask(.metadata, 12, request, MetadataResponse.self).answer
        return Dictionary(uniqueKeysWithValues: answer.topics.map { ($0.name ?? "", $0) })
    }

    func offset(
        _ name: LogName, at time: Int64, isolation: Int8 = 0
    ) throws -> ListOffsetsResponse.ListOffsetsPartitionResponse {
        var request = ListOffsetsRequest()
        request.replicaId = -1
        request.isolationLevel = isolation
        request.topics = [
            .init(
                name: name.topic,
                partitions: [
                    .init(
                        partitionIndex: name.partition, currentLeaderEpoch: -1, timestamp: time)
                ])
        ]
        let answer = try ask(.listOffsets, 9, request, ListOffsetsResponse.self).answer
        return try #require(answer.topics.first?.partitions.first)
    }

    func committed(_ group: String) throws -> [String: Int64] {
        var request = OffsetFetchRequest()
        request.groupId = group
        request.topics = nil
        let answer = try ask(.offsetFetch, 7, request, OffsetFetchResponse.self).answer
        #expect(answer.errorCode == .none)
        var offsets: [String: Int64] = [:]
        for topic in answer.topics {
            for partition in topic.partitions {
                offsets["\(topic.name)-\(partition.partitionIndex)"] = partition.committedOffset
            }
        }
        return offsets
    }

    /// What was set for a topic itself.
    func configs(ofTopic topic: String) throws -> [String: String] {
        var request = DescribeConfigsRequest()
        request.resources = [
            .init(resourceType: 2, resourceName: topic, configurationKeys: nil)
        ]
        let answer = try ask(.describeConfigs, 4, request, DescribeConfigsResponse.self).answer
        let own = (answer.results.first?.configs ?? []).filter { $0.configSource == 1 }
        return Dictionary(uniqueKeysWithValues: own.map { ($0.name, $0.value ?? "") })
    }

    /// Everything that a consumer of the partition is given.
    func deliver(_ name: LogName, committed: Bool) throws -> ExpectedAnswers.Delivered {
        var deliveries = Deliveries()
        var next = try offset(name, at: -2).offset
        while true {
            let (part, frame) = try fetch(name, from: next, isolation: committed ? 1 : 0)
            guard let records = part.records, records.count > 0 else { return deliveries.answer }
            let from = next
            next = try Self.take(
                Array(frame[records.range]), from: from,
                hiding: committed ? part.abortedTransactions ?? [] : [], into: &deliveries)
            if next == from { return deliveries.answer }
        }
    }

    private func fetch(
        _ name: LogName, from offset: Int64, isolation: Int8
    ) throws -> (FetchResponse.PartitionData, [UInt8]) {
        var request = FetchRequest()
        request.isolationLevel = isolation
        request.minBytes = 0
        var partition = FetchRequest.FetchPartition()
        partition.partition = name.partition
        partition.fetchOffset = offset
        partition.partitionMaxBytes = 1 << 20
        request.topics = [.init(topic: name.topic, partitions: [partition])]
        let (answer, frame) = try ask(.fetch, 11, request, FetchResponse.self)
        let part = try #require(answer.responses.first?.partitions.first, "\(name)")
        #expect(part.errorCode == .none, "\(name) from \(offset)")
        return (part, frame)
    }

    /// Reads batches as a consumer does, which hides what was given up.
    private static func take(
        _ bytes: [UInt8], from start: Int64, hiding: [FetchResponse.AbortedTransaction],
        into deliveries: inout Deliveries
    ) throws -> Int64 {
        var scanner = RecordScanner()
        var aborted = hiding.sorted { $0.firstOffset < $1.firstOffset }[...]
        var open: Set<Int64> = []
        var next = start
        var position = 0
        while let header = try? BatchCheck.frame(bytes.rawSpan, at: position) {
            let batch = bytes.rawSpan.extracting(position..<position + header.sizeInBytes)
            position += header.sizeInBytes
            let last = try #require(header.lastOffset)
            next = max(next, last + 1)
            while let first = aborted.first, first.firstOffset <= last {
                open.insert(first.producerId)
                aborted.removeFirst()
            }
            if header.attributes.isControl {
                open.remove(header.producerId)
                continue
            }
            let isHidden = header.attributes.isTransactional && open.contains(header.producerId)
            try scanner.forEachRecord(in: batch) { record in
                guard !isHidden, record.offset.rawValue >= start else { return }
                deliveries.take(
                    record.offset, key: record.key?.array(), value: record.value?.array())
            }
        }
        return next
    }
}
