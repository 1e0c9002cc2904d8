import Testing
import VarveBytes
import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport
import VarveWire

@testable import VarveBroker

/// A broker on a disk and a network in memory, with a clock that a test moves.
final class UpkeepScene {
    let clock: SimulatedClock
    let disk: SimulatedDisk
    let network = MemoryNetwork()
    let diagnostics = HeardDiagnostics()
    let broker: Broker
    let loop: EventLoop
    let address: SocketAddress
    private var client: FrameClient
    private var correlation: Int32 = 0

    /// - Parameter disk: a disk that an earlier scene left; nil for a new one.
    init(
        _ properties: [String: String] = [:], on disk: SimulatedDisk? = nil,
        clock: SimulatedClock = SimulatedClock()
    ) throws {
        self.clock = clock
        self.disk = disk ?? SimulatedDisk(clock: clock)
        var configs = StaticConfigs()
        try configs.add(["log.dirs": "/d", "group.initial.rebalance.delay.ms": "0"])
        try configs.add(properties)
        let settings = try BrokerSettings(configs)
        let surroundings = Surroundings(
            fileSystem: self.disk, clock: clock, randomness: SeededRandomness(seed: 5),
            processID: 1, bootID: UniqueID(high: 1, low: 1))
        let listener = try network.listen(on: Endpoint(host: "localhost", port: 9092))[0]
        broker = try Broker(
            settings, endpoints: settings.advertised, in: surroundings, telling: diagnostics)
        loop = try EventLoop(network: network, clock: clock, service: broker)
        try loop.serve(listener)
        address = listener.address
        client = FrameClient(try network.connect(to: address))
    }

    // MARK: Time

    /// Takes turns until nothing is due.
    func settle() {
        for _ in 0..<100_000 {
            client.turn()
            loop.turn(.notAtAll)
            client.turn()
            guard let due = broker.nextDeadline, due <= clock.now() else { return }
        }
        Issue.record("the broker is never done")
    }

    /// Lets time pass, with a turn whenever something is due.
    /// - Returns: how many turns that were.
    @discardableResult
    func pass(_ duration: Duration) -> Int {
        let end = clock.now().advanced(by: duration)
        var turns = 0
        settle()
        while let due = broker.nextDeadline, due <= end {
            clock.advance(by: max(.zero, due.duration(since: clock.now())))
            loop.turn(.notAtAll)
            turns += 1
        }
        clock.advance(by: end.duration(since: clock.now()))
        return turns
    }

    // MARK: Requests

    /// Sends a request and waits for the answer.
    func ask<Response: WireMessage>(
        _ request: some WireMessage, version: Int16, lending records: [UInt8] = [],
        _ response: Response.Type = Response.self
    ) throws -> Response {
        let frame = try answer(to: request, version: version, lending: records)
        return try Self.decode(frame, version: version)
    }

    /// The frame with which a request is answered.
    func answer(
        to request: some WireMessage, version: Int16, lending records: [UInt8] = []
    ) throws -> [UInt8] {
        // One that was idle for long is closed.
        client.turn()
        if client.isOver { client = FrameClient(try network.connect(to: address)) }
        correlation += 1
        let before = client.frames.count
        client.send(frame: try Self.frame(request, version: version, correlation, records))
        for _ in 0..<10_000 {
            client.turn()
            loop.turn(.notAtAll)
            client.turn()
            if client.frames.count > before { return client.frames[before] }
            if client.isOver { break }
        }
        throw SceneError.noAnswer
    }

    enum SceneError: Error { case noAnswer, unknownAPI }

    static func frame<Request: WireMessage>(
        _ request: Request, version: Int16, _ correlation: Int32, _ records: [UInt8] = []
    ) throws -> [UInt8] {
        guard let api = Request.schema.key.flatMap({ APIKey(rawValue: $0) }) else {
            throw SceneError.unknownAPI
        }
        var writer = WireWriter()
        try RequestHeader(
            requestApiKey: api.rawValue, requestApiVersion: version, correlationId: correlation,
            clientId: "test"
        ).encode(into: &writer, version: api.requestHeaderVersion(for: version))
        try request.encode(into: &writer, version: version)
        return writer.joined(with: records.rawSpan)
    }

    static func decode<Response: WireMessage>(
        _ frame: [UInt8], version: Int16
    ) throws -> Response {
        guard let api = Response.schema.key.flatMap({ APIKey(rawValue: $0) }) else {
            throw SceneError.unknownAPI
        }
        var reader = WireReader(frame.rawSpan)
        _ = try ResponseHeader(
            decoding: &reader, version: api.responseHeaderVersion(for: version))
        return try Response(decoding: &reader, version: version)
    }

    // MARK: Shorthands

    /// Makes a topic.
    @discardableResult
    func create(
        _ topic: String, partitions: Int32 = 1, _ configs: [String: String] = [:]
    ) throws -> ErrorCode {
        var wanted = CreateTopicsRequest.CreatableTopic()
        wanted.name = topic
        wanted.numPartitions = partitions
        wanted.replicationFactor = 1
        wanted.configs = configs.sorted { $0.key < $1.key }.map {
            .init(name: $0.key, value: $0.value)
        }
        var request = CreateTopicsRequest()
        request.topics = [wanted]
        request.timeoutMs = 1000
        let response: CreateTopicsResponse = try ask(request, version: 5)
        return response.topics[0].errorCode
    }

    func delete(_ topic: String) throws -> ErrorCode {
        var request = DeleteTopicsRequest()
        request.topicNames = [topic]
        request.timeoutMs = 1000
        let response: DeleteTopicsResponse = try ask(request, version: 5)
        return response.responses[0].errorCode
    }

    /// Produces one batch of records that have these keys, each with a value of `size` bytes.
    @discardableResult
    func produce(
        _ keys: [String], to topic: String, size: Int = 100, at time: Timestamp? = nil
    ) throws -> ErrorCode {
        var builder = RecordBatchBuilder()
        builder.begin()
        let value = [UInt8](repeating: 7, count: size)
        for key in keys {
            let key = Array(key.utf8)
            _ = try builder.append(
                key: key.rawSpan, value: value.rawSpan, timestamp: time ?? clock.wallClock())
        }
        _ = try builder.seal()
        let batch = builder.sealedBytes.array()
        var data = ProduceRequest.PartitionProduceData()
        data.index = 0
        data.records = RecordsSlice(start: 0, count: batch.count)
        var wanted = ProduceRequest.TopicProduceData()
        wanted.name = topic
        wanted.partitionData = [data]
        var request = ProduceRequest()
        request.acks = -1
        request.timeoutMs = 1000
        request.topicData = [wanted]
        let response: ProduceResponse = try ask(request, version: 9, lending: batch)
        return response.responses[0].partitionResponses[0].errorCode
    }

    /// What a fetch from an offset answers.
    func fetch(
        _ topic: String, from offset: Int64 = 0
    ) throws -> FetchResponse.PartitionData {
        var wanted = FetchRequest.FetchPartition()
        wanted.fetchOffset = offset
        wanted.partitionMaxBytes = 1 << 20
        var asked = FetchRequest.FetchTopic()
        asked.topic = topic
        asked.partitions = [wanted]
        var request = FetchRequest()
        request.maxWaitMs = 0
        request.minBytes = 0
        request.maxBytes = 1 << 20
        request.topics = [asked]
        let response: FetchResponse = try ask(request, version: 11)
        return response.responses[0].partitions[0]
    }

    /// Alters a property of a topic, or of all brokers.
    func alter(_ name: String, to value: String, of topic: String? = nil) throws -> ErrorCode {
        var resource = IncrementalAlterConfigsRequest.AlterConfigsResource()
        resource.resourceType = topic == nil ? 4 : 2
        resource.resourceName = topic ?? ""
        resource.configs = [.init(name: name, configOperation: 0, value: value)]
        var request = IncrementalAlterConfigsRequest()
        request.resources = [resource]
        let response: IncrementalAlterConfigsResponse = try ask(request, version: 1)
        return response.responses[0].errorCode
    }

    func partition(_ topic: String, _ index: Int32 = 0) throws -> Partition {
        try #require(broker.partition(topic, index))
    }

    /// Has a log roll its segments early: below what the property allows.
    func shrinkSegments(of topic: String, to size: Int = 1024) throws {
        let log = try partition(topic).log
        var settings = log.settings
        settings.segmentSizeMax = ByteCount(size)
        try log.change(settings)
    }
}

/// Remembers what an operator is told.
final class HeardDiagnostics: Diagnostics {
    private(set) var lines: [String] = []

    private(set) var progress: [String] = []

    func note(_ line: String) { lines.append(line) }
    func noteProgress(_ line: String) { progress.append(line) }
}
