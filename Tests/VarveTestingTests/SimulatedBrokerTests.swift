import Testing
import VarveSim
import VarveTerms
import VarveTesting
import VarveTransport
import VarveWire

@Suite("SimulatedBroker")
struct SimulatedBrokerTests {
    private let topic = "clicks"

    @Test("an unknown property, and nobody at the port, are errors of their own")
    func refusals() throws {
        #expect(throws: TestBrokerError.self) { try SimulatedBroker(["num.partition": "3"]) }
        let broker = try SimulatedBroker()
        broker.kill()
        #expect(!broker.isRunning)
        #expect(throws: TestBrokerError.self) { try broker.records(of: topic) }
    }

    @Test("a connection that is refused is closed, and the next one is served")
    func refusedConnection() throws {
        let broker = try SimulatedBroker()
        broker.faults.refuseConnections(2)
        let frame: [UInt8] = [0, 18, 0, 0, 0, 0, 0, 1, 255, 255]
        #expect(try broker.ask(frame) == .closed)
        #expect(try broker.ask(frame) == .closed)
        guard case .frame = try broker.ask(frame) else {
            Issue.record("the third connection is refused, too")
            return
        }
    }

    @Test("a flush that fails is not acknowledged, and a restart serves what was before")
    func failedFlush() throws {
        let broker = try SimulatedBroker()
        try broker.append(["a"], to: topic)
        broker.faults.failNextFlush()
        #expect(throws: TestBrokerError.self) { try broker.append(["b"], to: topic) }
        broker.cutPower()
        try broker.start()
        #expect(try broker.records(of: topic) == ["a"])
    }

    @Test("a full disk refuses records until it has room again")
    func fullDisk() throws {
        let broker = try SimulatedBroker(["log.preallocate": "false"])
        try broker.append(["a"], to: topic)
        broker.faults.fillDisk()
        let large = TestRecord(key: nil, value: [UInt8](repeating: 1, count: 900_000))
        #expect(throws: TestBrokerError.self) { try broker.append([large, large], to: topic) }
        broker.faults.makeRoom()
        try broker.append(["c"], to: topic)
        #expect(try broker.records(of: topic) == ["a", "c"])
    }

    @Test("a power cut takes what was not flushed, a kill does not")
    func unflushed() throws {
        for losesPower in [false, true] {
            let broker = try SimulatedBroker(["varve.flush.policy": "page-cache"])
            try broker.append(["a"], to: topic)
            if losesPower { broker.cutPower() } else { broker.kill() }
            try broker.start()
            #expect(try broker.records(of: topic) == (losesPower ? [] : ["a"]))
        }
    }

    @Test("acknowledged records survive whatever a power cut keeps of the rest")
    func acknowledged() throws {
        for seed in UInt64(0)..<20 {
            let broker = try SimulatedBroker(seed: seed)
            try broker.append(["a", "b"], to: topic)
            broker.cutPower(keeping: .random(seed: seed))
            try broker.start()
            #expect(try broker.records(of: topic) == ["a", "b"], "seed \(seed)")
        }
    }

    @Test("an end in order leaves nothing that a power cut could take")
    func stopped() throws {
        let broker = try SimulatedBroker(["varve.flush.policy": "page-cache"])
        try broker.append([TestRecord(key: "k", "v"), TestRecord(value: nil)], to: topic)
        try broker.stop()
        #expect(!broker.isRunning)
        broker.cutPower()
        try broker.start()
        let records = try broker.records(of: topic)
        #expect(records == [TestRecord(key: "k", "v"), TestRecord(value: nil)])
        #expect(records.map(\.description) == ["k=v", "null"])
    }

    @Test("the end of the broker ends its connections")
    func connectionsEnd() throws {
        let broker = try SimulatedBroker()
        let client = try broker.connect()
        broker.turn()
        #expect(broker.loop?.connectionCount == 1)
        broker.kill()
        broker.turn()
        #expect(client.isOver)
    }

    @Test("time passes when it is told to, and waiting fetches end by it")
    func time() throws {
        let broker = try SimulatedBroker()
        try broker.append(["a"], to: topic)
        let client = try broker.connect()
        client.send(frame: Self.waitingFetch(topic))
        broker.run(atMost: .zero) { false }
        broker.advance(by: .milliseconds(4_999))
        #expect(client.frames.isEmpty)
        broker.advance(by: .milliseconds(1))
        #expect(client.frames.count == 1)
    }

    /// A fetch from the end of a partition that waits five seconds. Version 4.
    private static func waitingFetch(_ topic: String) -> [UInt8] {
        let name = Array(topic.utf8)
        return [0, 1, 0, 4, 0, 0, 0, 1, 255, 255] + [255, 255, 255, 255, 0, 0, 0x13, 0x88]
            + [0, 0, 0, 1, 0, 1, 0, 0, 0] + [0, 0, 0, 1, 0, UInt8(name.count)] + name
            + [0, 0, 0, 1, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 1] + [0, 1, 0, 0]
    }

    @Test("the same calls make the same disk")
    func determinism() throws {
        let fingerprints = try [UInt64(1), 1, 2].map { seed -> UInt64 in
            let broker = try SimulatedBroker(seed: seed)
            try broker.append(["a"], to: topic)
            broker.advance(by: .seconds(120))
            return broker.disk.wholeFingerprint
        }
        #expect(fingerprints[0] == fingerprints[1])
        #expect(fingerprints[0] != fingerprints[2])
    }

    @Test("a typed request has a typed answer")
    func typed() throws {
        let broker = try SimulatedBroker(["num.partitions": "3"])
        var request = MetadataRequest()
        var wanted = MetadataRequest.MetadataRequestTopic()
        wanted.name = topic
        request.topics = [wanted]
        let answer = try broker.ask(request, version: 12, for: MetadataResponse.self)
        #expect(answer.topics.first?.partitions.count == 3)
        #expect(answer.brokers.first?.port == 9092)
    }
}
