import Testing
import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport
import VarveWire

@testable import VarveBroker

/// What a broker does while a flush runs beside its loop, and with what comes of it.
@Suite("Broker: flushes beside the loop")
struct FlushBesideTests {
    private let flushes = HeldFlushes()

    /// A broker that does every flush beside its loop but the first of each partition, and a topic.
    private func scene(from sizeMin: ByteCount = .zero) throws -> BrokerScene {
        let clock = SimulatedClock(wallClock: Timestamp(milliseconds: 1_795_253_504_484))
        let scene = try BrokerScene(
            clock: clock, beside: BesideFlushes(by: flushes, from: sizeMin))
        try scene.makeTopic("clicks", partitions: 2)
        // The first flush of a log is done in place.
        for partition in Int32(0)..<2 {
            let made = try scene.produce(try SentBatch.make("first"), to: "clicks", partition)
            #expect(made.errorCode == .none)
        }
        #expect(flushes.count == 0)
        return scene
    }

    private func send(
        _ value: String, to partition: Int32 = 0, by client: BrokerScene.Client,
        _ scene: BrokerScene
    ) throws {
        let batch = try SentBatch.make(value)
        let slice = RecordsSlice(start: 0, count: batch.count)
        let request = ProduceRequest(
            acks: -1, timeoutMs: 1000,
            topicData: [
                .init(name: "clicks", partitionData: [.init(index: partition, records: slice)])
            ])
        try scene.send(request, 12, records: batch, by: client)
    }

    private func take(
        from client: BrokerScene.Client, _ scene: BrokerScene
    ) throws -> ProduceResponse.PartitionProduceResponse {
        let reply = try scene.take(ProduceResponse.self, 12, from: client)
        return try #require(reply.message.responses.first?.partitionResponses.first)
    }

    private func log(_ partition: Int32 = 0, _ scene: BrokerScene) throws -> Log {
        try #require(scene.broker.partition("clicks", partition)).log
    }

    // MARK: Failures

    @Test("a flush that fails is acknowledged to nobody, nor is what was written since")
    func failure() throws {
        let scene = try scene()
        let (first, second, other) = (try scene.talk(), try scene.talk(), try scene.talk())
        try send("a", by: first, scene)
        try send("b", by: second, scene)
        try send("c", to: 1, by: other, scene)
        scene.disk.failNext(.flush, with: .inputOutput)
        flushes.runNext()
        scene.turn(first)
        #expect(try take(from: first, scene).errorCode == .kafkaStorageError)
        while flushes.runNext() {}
        scene.turn(second)
        scene.turn(other)
        #expect(try take(from: second, scene).errorCode == .kafkaStorageError)
        #expect(try take(from: other, scene).errorCode == .none)
        // What was not promised is gone, and the log goes on once the disk does.
        let rest = try BrokerScene(on: scene.disk.crash(keeping: .none), clock: scene.clock)
        #expect(try self.log(rest).ends.written == Offset(1))
        scene.clock.advance(by: .seconds(2))
        try send("d", by: first, scene)
        while flushes.runNext() {}
        scene.turn(first)
        #expect(try take(from: first, scene).errorCode == .none)
        #expect(try log(scene).ends.flushed == Offset(2))
    }

    private func log(_ scene: BrokerScene) throws -> Log { try log(0, scene) }

    @Test("a log whose flush runs is not resumed, whatever else became of it")
    func notResumed() throws {
        let scene = try scene()
        let (first, second) = (try scene.talk(), try scene.talk())
        try send("a", by: first, scene)
        scene.disk.fail(ordinal: 0, of: [.write, .resize], with: .inputOutput, mode: .forGood)
        try send("b", by: second, scene)
        scene.disk.clearFaults()
        scene.clock.advance(by: .seconds(2))
        try send("c", by: second, scene)
        while flushes.runNext() {}
        scene.turn(first)
        scene.turn(second)
        #expect(try take(from: first, scene).errorCode == .kafkaStorageError)
        #expect(try take(from: second, scene).errorCode == .kafkaStorageError)
        #expect(try take(from: second, scene).errorCode == .kafkaStorageError)
    }

    @Test("a large batch is on its way to the disk before its flush begins, a small one is not")
    func writesOut() throws {
        let scene = try scene()
        let client = try scene.talk()
        try send("small", by: client, scene)
        #expect(scene.disk.writingOutCount == 0)
        let large = String(repeating: "x", count: Broker.writtenOutFrom.bytes)
        try send(large, to: 1, by: client, scene)
        #expect(scene.disk.writingOutCount == 1)
        // It counts for nothing: what was not flushed is not there after a power cut.
        let rest = try BrokerScene(on: scene.disk.crash(keeping: .none), clock: scene.clock)
        #expect(try log(1, rest).ends.written == Offset(1))
        while flushes.runNext() {}
    }

    @Test("a topic may go while its flush runs")
    func deletedTopic() throws {
        let scene = try scene()
        let (first, second) = (try scene.talk(), try scene.talk())
        try send("a", by: first, scene)
        try scene.send(
            DeleteTopicsRequest(topics: [.init(name: "clicks")], timeoutMs: 1000), 6, by: second)
        while flushes.runNext() {}
        scene.turn(first)
        scene.turn(second)
        #expect(try take(from: first, scene).errorCode == .kafkaStorageError)
        let gone = try scene.take(DeleteTopicsResponse.self, 6, from: second)
        #expect(gone.message.responses.map(\.errorCode) == [ErrorCode.none])
        try scene.broker.close()
    }

    @Test("an end in order waits for the flush that runs")
    func end() throws {
        let scene = try scene()
        let client = try scene.talk()
        try send("a", by: client, scene)
        scene.broker.stop.ask()
        scene.loop.drain(until: scene.loop.now.advanced(by: .seconds(10)))
        scene.turn(client)
        #expect(!scene.loop.hasEnded)
        flushes.runNext()
        scene.turn(client)
        #expect(try take(from: client, scene).errorCode == .none)
        try scene.broker.close()
        let rest = try BrokerScene(on: scene.disk.crash(keeping: .none), clock: scene.clock)
        #expect(try log(rest).ends.written == Offset(2))
    }

    @Test("a broker that is closed while a flush runs takes its outcome")
    func closed() throws {
        let scene = try scene()
        try send("a", by: try scene.talk(), scene)
        #expect(flushes.count == 1)
        try scene.broker.close()
        #expect(flushes.count == 0)
        let rest = try BrokerScene(on: scene.disk.crash(keeping: .none), clock: scene.clock)
        #expect(try log(rest).ends.written == Offset(2))
    }

    // MARK: Order

    @Test("while a flush runs requests are taken in, and all of them share the next one")
    func joining() throws {
        let scene = try scene()
        let clients = try (0..<4).map { _ in try scene.talk() }
        try send("a", by: clients[0], scene)
        #expect(flushes.count == 1)
        for (place, client) in clients.enumerated().dropFirst() {
            try send("b", to: Int32(place % 2), by: client, scene)
        }
        #expect(try log(scene).ends.written > Offset(2))
        #expect(flushes.count == 1)
        #expect(!clients.contains { $0.hasAnswer })
        // Nothing is due while the flush runs: the loop sleeps.
        #expect(scene.broker.nextDeadline.map { $0 > scene.clock.now() } ?? true)
        flushes.runNext()
        scene.turn(clients[0])
        #expect(try take(from: clients[0], scene).errorCode == .none)
        #expect(!clients.contains { $0.hasAnswer })
        #expect(flushes.count == 1)
        flushes.runNext()
        for client in clients.dropFirst() {
            scene.turn(client)
            #expect(try take(from: client, scene).errorCode == .none)
        }
        #expect(try log(0, scene).ends.flushed == log(0, scene).ends.written)
        #expect(try log(1, scene).ends.flushed == log(1, scene).ends.written)
    }

    @Test("what is little is flushed by the loop")
    func little() throws {
        let scene = try scene(from: .kib(256))
        let client = try scene.talk()
        try send("a", by: client, scene)
        #expect(flushes.count == 0)
        #expect(try take(from: client, scene).errorCode == .none)
    }

    @Test("whatever the moments of flushes and power cuts, what was acknowledged is there")
    func powerCuts() throws {
        for seed in UInt64(0)..<30 {
            let random = SeededRandomness(seed: seed)
            func below(_ count: UInt64) -> UInt64 { random.uniqueID().low % count }
            let scene = try scene()
            let clients = try (0..<3).map { _ in try scene.talk() }
            var (sent, acknowledged) = ([1, 1], [Int64(0), 0])
            for _ in 0..<20 + below(40) {
                let place = Int(below(3))
                switch below(4) {
                case 0: flushes.runNext()
                case 1: scene.turn(clients[place])
                default:
                    try send("\(sent[place % 2])", to: Int32(place % 2), by: clients[place], scene)
                    sent[place % 2] += 1
                }
                for (place, client) in clients.enumerated() where client.hasAnswer {
                    let row = try take(from: client, scene)
                    #expect(row.errorCode == .none)
                    acknowledged[place % 2] = max(acknowledged[place % 2], row.baseOffset)
                }
            }
            let cut = scene.disk.crash(keeping: below(2) == 0 ? .none : .random(seed: seed))
            let rest = try BrokerScene(on: cut, clock: scene.clock)
            for partition in 0..<2 {
                let end = try log(Int32(partition), rest).ends.written.rawValue
                #expect(end > acknowledged[partition], "seed \(seed)")
                #expect(end <= sent[partition], "seed \(seed)")
            }
            flushes.forgetAll()
        }
    }
}
