internal import VarveBroker
internal import VarveBytes
internal import VarveSim
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// A broker in this thread, and a client that is not counted.
final class BrokerScene {
    let outside: Outside
    let broker: Broker
    let loop: EventLoop
    private let listeners: [any Listener]
    private let client: FrameClient
    /// Of the topic; zero before there is one.
    private(set) var topicID = UniqueID.zero

    init(_ outside: Outside) throws {
        self.outside = outside
        listeners = try outside.network.listen(
            on: Endpoint(host: "127.0.0.1", port: 0), backlog: 1024)
        broker = try Self.broker(in: outside)
        loop = try EventLoop(
            network: outside.network, clock: outside.clock, service: broker)
        for listener in listeners { try loop.serve(listener) }
        client = FrameClient(try outside.clients.connect(to: listeners[0].address))
    }

    deinit { for listener in listeners { listener.close() } }

    /// A broker over the data directory.
    static func broker(in outside: Outside) throws -> Broker {
        var configs = StaticConfigs()
        try configs.add([
            "log.dirs": outside.path, "listeners": "PLAINTEXT://127.0.0.1:0",
            "offsets.topic.num.partitions": "1",
        ])
        let settings = try BrokerSettings(configs)
        return try Broker(settings, endpoints: settings.advertised, in: outside.surroundings)
    }

    func connect() throws -> FrameClient {
        FrameClient(try outside.clients.connect(to: listeners[0].address))
    }

    /// Asks, and reads the answer.
    func ask<Response: WireMessage>(
        _ frame: [UInt8], _ version: Int16, for response: Response.Type = Response.self
    ) throws -> Response {
        guard let api = Response.schema.key.flatMap({ APIKey(rawValue: $0) }) else {
            preconditionFailure("\(Response.self) is no answer")
        }
        let answer = answers(to: [frame]) { loop.turn(.notAtAll) }[0]
        var reader = WireReader(answer.rawSpan)
        _ = try ResponseHeader(
            decoding: &reader, version: api.responseHeaderVersion(for: version))
        return try Response(decoding: &reader, version: version)
    }

    /// Sends frames together, and lets `turn` take turns until all are answered.
    @discardableResult
    func answers(to frames: [[UInt8]], _ turn: () throws -> Void) rethrows -> [[UInt8]] {
        let before = client.frames.count
        for frame in frames { client.send(frame: frame) }
        for _ in 0..<100_000 {
            client.turn()
            if client.frames.count == before + frames.count { break }
            try turn()
        }
        precondition(client.frames.count == before + frames.count, "all are answered")
        return Array(client.frames[before...])
    }

    // MARK: What is counted on

    func makeTopic(partitions: Int32 = 1) throws {
        let made: CreateTopicsResponse = try ask(
            try Requests.createTopic(partitions: partitions), Requests.versions.createTopics)
        precondition(made.topics[0].errorCode == ErrorCode.none, "\(made.topics[0])")
        topicID = made.topics[0].topicId
    }

    func produce(_ count: Int = 1, _ batch: [UInt8]) throws {
        let frame = try Requests.produce(batch)
        for _ in 0..<count {
            let answer: ProduceResponse = try ask(frame, Requests.versions.produce)
            let row = answer.responses[0].partitionResponses[0]
            precondition(row.errorCode == ErrorCode.none, "\(row)")
        }
    }

    /// Begins a fetch session.
    func beginSession() throws -> Requests.Session {
        let frame = try Requests.fetch(
            topicID, from: 0, in: Requests.Session(id: 0, epoch: 0))
        let answer: FetchResponse = try ask(frame, Requests.versions.fetch)
        precondition(answer.sessionId > 0, "a session")
        return Requests.Session(id: answer.sessionId, epoch: 1)
    }

    // MARK: Counting

    /// The calls of one turn, in which `frames` come and are answered.
    func calls(of frames: [[UInt8]]) -> CallTally {
        answers(to: frames) { loop.turn(.notAtAll) }
        var tally = CallTally()
        answers(to: frames) {
            tally = outside.calls.calls { loop.turn(.notAtAll) }
        }
        return tally
    }

    /// Allocations of one request among many that follow each other, rounded.
    func heap(of frame: (_ number: Int) throws -> [UInt8]) throws -> Int {
        let count = 64
        return (try use(count, of: frame).callCount + count / 2) / count
    }

    /// What requests take of the heap that follow as many others.
    func use(_ count: Int, of frame: (_ number: Int) throws -> [UInt8]) throws -> Heap.Use {
        let frames = try (0..<2 * count).map(frame)
        for frame in frames[..<count] { answers(to: [frame]) { loop.turn(.notAtAll) } }
        var use = Heap.Use()
        for frame in frames[count...] {
            answers(to: [frame]) { use.add { loop.turn(.notAtAll) } }
        }
        return use
    }
}
