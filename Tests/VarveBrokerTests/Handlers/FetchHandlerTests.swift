import Testing
import VarveBytes
import VarveSim
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Fetch")
struct FetchHandlerTests {
    private func request(
        _ topic: String, _ offsets: [(partition: Int32, offset: Int64)], waitMs: Int32 = 0,
        session: Int32 = 0, epoch: Int32 = -1
    ) -> FetchRequest {
        FetchRequest(
            maxWaitMs: waitMs, minBytes: 1, maxBytes: 1 << 20, sessionId: session,
            sessionEpoch: epoch,
            topics: offsets.isEmpty
                ? []
                : [
                    .init(
                        topic: topic,
                        partitions: offsets.map {
                            .init(
                                partition: $0.partition, fetchOffset: $0.offset,
                                partitionMaxBytes: 1 << 20)
                        })
                ])
    }

    private func rows(_ response: FetchResponse) -> [[Int32]] {
        response.responses.flatMap(\.partitions).map {
            [$0.partitionIndex, Int32($0.errorCode.rawValue), Int32($0.highWatermark)]
        }
    }

    // MARK: Errors

    @Test("an isolation level that there is not is an error, not a guess", arguments: [-1, 2, 127])
    func isolationLevel(_ level: Int8) throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        var request = request("t", [(0, 0)])
        request.isolationLevel = level
        let answer = try scene.ask(request, 12, for: FetchResponse.self).message
        #expect(answer.errorCode == .unknownServerError && answer.responses.isEmpty)
    }

    @Test("what nobody knows is answered at once, and behind what is known")
    func unknown() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        let alone = try scene.talk()
        try scene.send(request("nope", [(0, 0)], waitMs: 9000), 12, by: alone)
        #expect(alone.hasAnswer)
        let both = request("t", [(7, 0), (0, 0)], waitMs: 500)
        let waiting = try scene.talk()
        try scene.send(both, 12, by: waiting)
        #expect(!waiting.hasAnswer)
        let answer = try scene.ask(both, 12, for: FetchResponse.self).message
        #expect(rows(answer) == [[0, 0, 0], [7, 3, -1]])
    }

    @Test("limits below 0 are an error where there are records to read")
    func negativeLimits() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", partitions: 2)
        _ = try scene.produce(SentBatch.make("x"), to: "t")
        var request = request("t", [(0, 0), (1, 0)])
        request.maxBytes = -1
        let answer = try scene.ask(request, 12, for: FetchResponse.self).message
        #expect(rows(answer) == [[0, -1, -1], [1, 0, 0]])
    }

    @Test("a fetch that waits for a topic that is deleted ends")
    func deletedTopic() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        let client = try scene.talk()
        try scene.send(request("t", [(0, 0)], waitMs: 9000), 12, by: client)
        try scene.deleteTopic("t")
        scene.turn(client)
        let answer = try scene.take(FetchResponse.self, 12, from: client).message
        #expect(rows(answer) == [[0, 3, -1]])
    }

    // MARK: What is named twice

    @Test("a partition that is named twice is answered once, by the last row")
    func namedTwice() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        for value in ["a", "b"] { _ = try scene.produce(SentBatch.make(value), to: "t") }
        let reply = try scene.ask(
            request("t", [(0, 0), (0, 1)]), 12, for: FetchResponse.self)
        #expect(rows(reply.message) == [[0, 0, 2]])
        let records = try #require(reply.message.responses[0].partitions[0].records)
        let batch = Array(reply.frame[records.range])
        #expect(try SentBatch.rows(of: batch).map(\.value) == ["b"])
    }

    @Test("a topic in two rows that follow each other is answered in one")
    func topicTwice() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", partitions: 2)
        var request = request("t", [(0, 0)])
        request.topics += self.request("t", [(1, 0)]).topics
        let answer = try scene.ask(request, 12, for: FetchResponse.self).message
        #expect(answer.responses.map { $0.partitions.map(\.partitionIndex) } == [[0, 1]])
    }

    // MARK: Waiting

    @Test("a waiting fetch is woken by records, and leaves nothing behind")
    func woken() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", partitions: 2)
        let idle = scene.broker.fetches.nextDeadline
        let client = try scene.talk()
        try scene.send(request("t", [(0, 0), (1, 0)], waitMs: 60_000), 12, by: client)
        #expect(scene.broker.fetches.nextDeadline != idle)
        _ = try scene.produce(SentBatch.make("x"), to: "t", 1)
        scene.turn(client)
        let answer = try scene.take(FetchResponse.self, 12, from: client).message
        #expect(rows(answer) == [[0, 0, 0], [1, 0, 1]])
        #expect(scene.broker.fetches.count == 0 && scene.broker.fetches.nextDeadline == idle)
        let waiters = scene.broker.partitions.all.map(\.waiters.count)
        #expect(waiters.max() == 0)
    }

    @Test("a fetch whose time is up is answered, and the next deadline is another's")
    func expired() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        let (first, second) = (try scene.talk(), try scene.talk())
        try scene.send(request("t", [(0, 0)], waitMs: 600), 12, by: first)
        try scene.send(request("t", [(0, 0)], waitMs: 800), 12, by: second)
        let deadline = try #require(scene.broker.fetches.nextDeadline)
        scene.clock.advance(by: .milliseconds(700))
        scene.turn(first)
        #expect(first.hasAnswer && !second.hasAnswer)
        let next = try #require(scene.broker.fetches.nextDeadline)
        #expect(next.duration(since: deadline) == .milliseconds(200))
        scene.clock.advance(by: .milliseconds(200))
        scene.turn(second)
        let answer = try scene.take(FetchResponse.self, 12, from: second).message
        #expect(rows(answer) == [[0, 0, 0]] && scene.broker.fetches.count == 0)
    }

    // MARK: Sessions

    @Test("a session by name tells what is new, waits when nothing is, and ends on demand")
    func session() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", partitions: 3)
        let first = try scene.ask(
            request("t", [(0, 0), (1, 0), (2, 0)], epoch: 0), 12, for: FetchResponse.self
        ).message
        let id = first.sessionId
        #expect(id > 0 && rows(first).count == 3)
        let client = try scene.talk()
        try scene.send(
            request("t", [], waitMs: 9000, session: id, epoch: 1), 12, by: client)
        #expect(!client.hasAnswer)
        _ = try scene.produce(SentBatch.make("x"), to: "t", 1)
        scene.turn(client)
        let woken = try scene.take(FetchResponse.self, 12, from: client).message
        #expect(woken.sessionId == id && rows(woken) == [[1, 0, 1]])
        let wrong = try scene.ask(
            request("t", [], session: id, epoch: 1), 12, for: FetchResponse.self
        ).message
        #expect(wrong.errorCode == .invalidFetchSessionEpoch && wrong.sessionId == 0)
        let last = try scene.ask(
            request("t", [(0, 0)], session: id, epoch: -1), 12, for: FetchResponse.self
        ).message
        #expect(last.sessionId == 0 && rows(last) == [[0, 0, 0]])
        let gone = try scene.ask(
            request("t", [], session: id, epoch: 2), 12, for: FetchResponse.self
        ).message
        #expect(gone.errorCode == .fetchSessionIdNotFound)
    }

    @Test("without slots every fetch is whole")
    func noSlots() throws {
        let scene = try BrokerScene.now(["max.incremental.fetch.session.cache.slots": "0"])
        try scene.makeTopic("t")
        let answer = try scene.ask(
            request("t", [(0, 0)], epoch: 0), 12, for: FetchResponse.self
        ).message
        #expect(answer.sessionId == 0 && rows(answer) == [[0, 0, 0]])
    }

    @Test("the broker's own limit bounds an answer, whatever the client allows")
    func brokerLimit() throws {
        let scene = try BrokerScene.now(["fetch.max.bytes": "1024"])
        try scene.makeTopic("t", partitions: 3)
        let batch = try SentBatch.make(String(repeating: "x", count: 600))
        for partition in 0..<3 as Range<Int32> {
            _ = try scene.produce(batch, to: "t", partition)
        }
        var request = request("t", [(0, 0), (1, 0), (2, 0)])
        request.minBytes = 1 << 20
        let answer = try scene.ask(request, 12, for: FetchResponse.self).message
        let sizes = answer.responses[0].partitions.map { $0.records?.count ?? 0 }
        #expect(sizes == [batch.count, 0, 0])
    }
}
