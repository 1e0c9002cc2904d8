import Testing
import VarveSim
import VarveTerms
import VarveTransport
import VarveWire

@testable import VarveBroker

/// Conversations: requests whose answers are waited for, or not yet.
extension BrokerScene {
    /// At a time at which the records of `SentBatch` are young.
    static func now(_ properties: [String: String] = [:]) throws -> BrokerScene {
        let clock = SimulatedClock(wallClock: Timestamp(milliseconds: 1_795_253_504_484))
        return try BrokerScene(clock: clock, properties)
    }

    // MARK: Talking

    /// An answer, and its frame, in which its records lie.
    struct Reply<Message: WireMessage> {
        let message: Message
        let frame: [UInt8]
    }

    /// A connection, and the requests on it that were not answered yet.
    final class Client {
        fileprivate let wire: FrameClient
        fileprivate var taken = 0

        fileprivate init(_ wire: FrameClient) { self.wire = wire }

        /// Whether an answer is there that nobody took.
        var hasAnswer: Bool { wire.frames.count > taken }
        var isOver: Bool { wire.isOver }
        func close() { wire.close() }
    }

    func talk() throws -> Client { Client(try connect()) }

    /// Sends a request.
    /// - Parameter records: in which the slices of the request lie.
    func send(
        _ request: some WireMessage, _ version: Int16, records: [UInt8] = [],
        by client: Client
    ) throws {
        client.wire.send(frame: try Self.frame(request, with: records, version: version))
        turn(client)
    }

    /// Lets everybody do what can be done now.
    func turn(_ client: Client) {
        for _ in 0..<4 {
            client.wire.turn()
            loop.turn(.notAtAll)
        }
        client.wire.turn()
    }

    /// Takes the oldest answer.
    func take<Message: WireMessage>(
        _ type: Message.Type, _ version: Int16, from client: Client
    ) throws -> Reply<Message> {
        try #require(client.hasAnswer)
        let frame = client.wire.frames[client.taken]
        client.taken += 1
        return Reply(message: try Self.decode(frame, version: version), frame: frame)
    }

    /// Asks and waits for the answer, on a connection of its own.
    /// - Parameter patience: how long to wait, in milliseconds of the broker's clock.
    func ask<Message: WireMessage>(
        _ request: some WireMessage, _ version: Int16, records: [UInt8] = [],
        for type: Message.Type, patience: Int64 = 5000
    ) throws -> Reply<Message> {
        let client = try talk()
        defer { client.close() }
        try send(request, version, records: records, by: client)
        var left = patience
        while !client.hasAnswer, left > 0 {
            clock.advance(by: .milliseconds(10))
            left -= 10
            turn(client)
        }
        return try take(type, version, from: client)
    }

    // MARK: What tests begin with

    /// Makes a topic.
    /// - Returns: its id.
    @discardableResult
    func makeTopic(
        _ name: String, partitions: Int32 = 1, _ properties: [String: String] = [:]
    ) throws -> UniqueID {
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        topic.numPartitions = partitions
        topic.replicationFactor = 1
        topic.configs = properties.map { .init(name: $0.key, value: $0.value) }
        let answer = try ask(
            CreateTopicsRequest(topics: [topic], timeoutMs: 1000), 7,
            for: CreateTopicsResponse.self)
        let made = try #require(answer.message.topics.first)
        #expect(made.errorCode == .none, "\(made.errorMessage ?? "")")
        return made.topicId
    }

    func deleteTopic(_ name: String) throws {
        let answer = try ask(
            DeleteTopicsRequest(topics: [.init(name: name)], timeoutMs: 1000), 6,
            for: DeleteTopicsResponse.self)
        #expect(answer.message.responses.map(\.errorCode) == [ErrorCode.none])
    }

    /// Produces one batch to one partition, by the topic's name.
    func produce(
        _ batch: [UInt8], to topic: String, _ partition: Int32 = 0
    ) throws -> ProduceResponse.PartitionProduceResponse {
        let slice = RecordsSlice(start: 0, count: batch.count)
        let request = ProduceRequest(
            acks: -1, timeoutMs: 1000,
            topicData: [
                .init(name: topic, partitionData: [.init(index: partition, records: slice)])
            ])
        let answer = try ask(request, 12, records: batch, for: ProduceResponse.self)
        return try #require(answer.message.responses.first?.partitionResponses.first)
    }
}
