import Testing
import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport

/// What ends connections, and what does not.
@Suite("EventLoop: endings")
struct EventLoopEndingTests {
    private let huge: [UInt8] = [0x7F, 0xFF, 0xFF, 0xFF]

    // MARK: Peers

    @Test("a frame that cannot be ends its connection, with the number, and no other")
    func refusedFrame() throws {
        let scene = try LoopScene()
        let (bad, good) = (try scene.connect(), try scene.connect())
        bad.send(raw: huge + [1, 2, 3])
        scene.turns { bad.isOver }
        #expect(
            scene.service.closed
                == [.refused(.tooLarge(.max, sizeMax: LoopLimits().frameSizeMax))])
        good.send(frame: [1])
        scene.turns { good.frames == [[1]] }
        #expect(scene.ledger.connectionCount == 1)
    }

    @Test("a limit of one connection's requests holds until it is lifted")
    func limitedFrames() throws {
        let service = TestService()
        let scene = try LoopScene(service)
        let (first, second) = (try scene.connect(), try scene.connect())
        scene.turns { service.opened.count == 2 }
        for id in service.opened { scene.loop.limitFrames(of: id, to: ByteCount(10)) }
        let body = [UInt8](repeating: 1, count: 11)
        first.send(frame: Array(body[1...]))
        scene.turns { first.frames.count == 1 }
        scene.loop.limitFrames(of: service.opened[0], to: ByteCount(11))
        first.send(frame: body)
        second.send(frame: body)
        scene.turns { first.frames.count == 2 && second.isOver }
        #expect(service.closed == [.refused(.tooLarge(11, sizeMax: ByteCount(10)))])
    }

    @Test("a peer that only sends no more gets all its answers first", arguments: 0..<20)
    func halfClosed(_ seed: UInt64) throws {
        let service = TestService()
        service.onFrame = { _ in nil }
        let scene = try LoopScene(service, network: .init(pipeSize: 500, seed: seed))
        let client = try scene.connect()
        for number in 0..<5 { client.send(frame: [UInt8(number)]) }
        scene.turns { client.isSent }
        client.socket.finishWriting()
        scene.turns { service.waiting.count == 5 }
        scene.settle()
        #expect(service.closed == [])
        for (slot, body) in service.waiting {
            scene.loop.answer(slot, TestService.answer(body + Array(repeating: 0, count: 2000)))
        }
        scene.turns { client.hasEnded }
        #expect(client.frames.map { $0[0] } == [0, 1, 2, 3, 4])
        #expect(service.closed == [.ended])
    }

    @Test("a peer that ends inside a frame is closed without ado")
    func endInsideFrame() throws {
        let scene = try LoopScene()
        let client = try scene.connect()
        client.send(raw: [0, 0, 0, 9, 1])
        scene.turns { client.isSent }
        client.socket.finishWriting()
        scene.turns { client.hasEnded }
        #expect(scene.service.closed == [.ended])
        #expect(scene.ledger.memory.used == .zero)
    }

    @Test("a reset ends the connection, and late answers to it are dropped")
    func reset() throws {
        let service = TestService()
        service.onFrame = { _ in nil }
        let scene = try LoopScene(service)
        let socket = try scene.network.connect(to: scene.address)
        let client = FrameClient(socket)
        client.send(frame: [1])
        client.turn()
        scene.turns { service.waiting.count == 1 }
        (socket as? MemorySocket)?.reset()
        scene.turns { service.closed == [.failed] }
        scene.loop.answer(service.waiting[0].slot, TestService.answer([1]))
        scene.settle()
        #expect(scene.loop.connectionCount == 0)
    }

    @Test("a peer that closes without reading its answers harms nobody", arguments: 0..<20)
    func gone(_ seed: UInt64) throws {
        let scene = try LoopScene(network: .init(pipeSize: 300, seed: seed))
        let (bad, good) = (try scene.connect(), try scene.connect())
        bad.isReading = false
        for _ in 0..<50 { bad.send(frame: Array(repeating: 1, count: 200)) }
        for _ in 0..<10 { scene.turn() }
        bad.close()
        good.send(frame: [5])
        scene.turns { good.frames == [[5]] && scene.loop.connectionCount == 1 }
        #expect(scene.service.closed == [.failed], "seed \(seed)")
    }

    // MARK: The service

    @Test(
        "after a last answer nothing more is read, and the peer has everything", arguments: 0..<20)
    func lastAnswer(_ seed: UInt64) throws {
        let service = TestService()
        service.onFrame = { body in
            TestService.answer(body, then: body == [3] ? .close : .keepOpen)
        }
        let scene = try LoopScene(service, network: .init(pipeSize: 64, seed: seed))
        let client = try scene.connect()
        for number in 0..<100 { client.send(frame: [UInt8(number)]) }
        scene.turns { client.isOver }
        #expect(client.frames == [[0], [1], [2], [3]], "seed \(seed)")
        #expect(client.hasEnded)
        // The peer goes on sending; what it sends is dropped until it closes.
        scene.turns { client.isSent }
        client.close()
        scene.turns { service.closed == [.asked] }
    }

    @Test("a peer that does not close after a last answer is closed")
    func lingering() throws {
        let service = TestService()
        service.onFrame = { _ in .closing }
        let scene = try LoopScene(service)
        let client = try scene.connect()
        client.send(frame: [1])
        scene.turns { client.hasEnded }
        scene.pass(.seconds(1))
        #expect(service.closed == [])
        scene.pass(.seconds(2))
        #expect(service.closed == [.asked])
    }

    @Test("a connection that the service closes is closed in the same turn, once")
    func asked() throws {
        let service = TestService()
        let scene = try LoopScene(service)
        let client = try scene.connect()
        scene.settle()
        scene.loop.close(service.opened[0])
        scene.loop.close(service.opened[0])
        scene.loop.turn(.notAtAll)
        #expect(service.closed == [.asked])
        scene.turns { client.isOver }
        scene.loop.close(service.opened[0])
        scene.settle()
        #expect(service.closed == [.asked])
    }

    @Test("a connection that the service refuses is closed, and counted")
    func refusedByService() throws {
        let service = TestService()
        service.admission = .refuse
        let scene = try LoopScene(service)
        let client = try scene.connect()
        scene.turns { client.isOver }
        #expect(service.closed == [])
        #expect(scene.loop.tally.refusedCount == 1)
        #expect(scene.ledger.connectionCount == 0)
    }

    // MARK: Time

    @Test("an idle connection is closed, one with a request unanswered is not")
    func idle() throws {
        let service = TestService()
        service.onFrame = { $0 == [9] ? nil : TestService.answer($0) }
        let scene = try LoopScene(service)
        let (silent, waiting) = (try scene.connect(), try scene.connect())
        waiting.send(frame: [9])
        silent.send(frame: [1])
        scene.turns { silent.frames.count == 1 && service.waiting.count == 1 }
        scene.pass(.seconds(599))
        #expect(service.closed == [])
        scene.pass(.seconds(2))
        #expect(service.closed == [.idle])
        #expect(silent.isOver)
        scene.pass(.seconds(3600))
        scene.loop.answer(service.waiting[0].slot, TestService.answer([9]))
        scene.turns { waiting.frames == [[9]] }
        scene.pass(.seconds(601))
        #expect(service.closed == [.idle, .idle])
    }

    @Test("a request that stops coming, and answers that are not taken, end their connections")
    func stalled() throws {
        let service = TestService()
        let scene = try LoopScene(service, network: .init(pipeSize: 4096))
        let (half, slow, fine) = (try scene.connect(), try scene.connect(), try scene.connect())
        half.send(raw: [0, 0, 0, 5, 1])
        slow.isReading = false
        slow.send(frame: Array(repeating: 1, count: 10_000))
        scene.settle()
        scene.pass(.seconds(59))
        #expect(service.closed == [])
        half.send(raw: [2])
        scene.settle()
        scene.pass(.seconds(2))
        #expect(service.closed == [.stalled])
        scene.pass(.seconds(59))
        #expect(service.closed == [.stalled, .stalled])
        fine.send(frame: [1])
        scene.turns { fine.frames == [[1]] }
    }

    // MARK: Limits

    @Test("connections over the limits are closed at once, and counted")
    func tooMany() throws {
        var server = ServerLimits()
        server.connectionsMax = 5
        server.connectionsPerAddressMax = 3
        let scene = try LoopScene(server: server)
        let first = try (0..<4).map { _ in try scene.connect(from: .v4(1)) }
        let second = try (0..<3).map { _ in try scene.connect(from: .v4(2)) }
        scene.settle()
        #expect(first.map(\.isOver) == [false, false, false, true])
        #expect(second.map(\.isOver) == [false, false, true])
        #expect(scene.ledger.refusedCount == 2)
        first[0].close()
        scene.turns { scene.loop.connectionCount == 4 }
        let third = try scene.connect(from: .v4(1))
        scene.settle()
        #expect(!third.isOver)
    }

    @Test("without descriptors accepting pauses, and goes on by itself")
    func exhausted() throws {
        let scene = try LoopScene()
        let there = try scene.connect()
        scene.settle()
        scene.network.failAccepting(with: [.tooManyFiles, .tooManyFilesInSystem])
        let client = try scene.connect()
        client.send(frame: [1])
        scene.settle()
        #expect(scene.loop.tally.acceptPauseCount == 1)
        #expect(client.frames == [])
        scene.pass(.milliseconds(101))
        #expect(scene.loop.tally.acceptPauseCount == 2)
        // A connection that ends gives its descriptor back.
        there.close()
        scene.turns { client.frames == [[1]] }
        #expect(scene.loop.tally.acceptPauseCount == 2)
    }

    // MARK: Draining

    @Test("draining answers what is in flight, closes the rest, and ends the loop")
    func drain() throws {
        let service = TestService()
        service.onFrame = { _ in nil }
        let scene = try LoopScene(service)
        let (busy, idle) = (try scene.connect(), try scene.connect())
        busy.send(frame: [1])
        scene.turns { service.waiting.count == 1 }
        scene.loop.drain(until: scene.clock.now().advanced(by: .seconds(30)))
        scene.turns { idle.hasEnded }
        idle.close()
        busy.send(frame: [2])
        scene.settle()
        #expect(!scene.loop.hasEnded)
        #expect(throws: TransportError.self) { try scene.connect() }
        scene.loop.answer(service.waiting[0].slot, TestService.answer([1]))
        scene.turns { busy.hasEnded }
        #expect(busy.frames == [[1]])
        #expect(service.waiting.count == 1)
        busy.close()
        scene.turns { scene.loop.hasEnded }
        #expect(service.closed == [.drained, .drained])
        #expect(scene.loop.mailbox.post { _ in } == .closed)
        #expect(scene.ledger.connectionCount == 0)
    }

    @Test("what is still there at the deadline of a drain is closed")
    func drainDeadline() throws {
        let service = TestService()
        service.onFrame = { _ in nil }
        let scene = try LoopScene(service)
        let client = try scene.connect()
        client.send(frame: [1])
        scene.turns { service.waiting.count == 1 }
        scene.loop.drain(until: scene.clock.now().advanced(by: .seconds(30)))
        scene.pass(.seconds(29))
        #expect(!scene.loop.hasEnded)
        scene.pass(.seconds(1))
        #expect(scene.loop.hasEnded)
        #expect(service.closed == [.drained])
        scene.turns { client.isOver }
    }

    @Test("connections dealt to a loop that drains are closed, and leave the ledger")
    func placedTooLate() throws {
        let scene = try LoopScene()
        let other = try EventLoop(
            network: scene.network, clock: scene.clock, service: TestService(),
            ledger: scene.ledger)
        scene.loop.placement = [other.mailbox]
        let clients = try (0..<3).map { _ in try scene.connect() }
        scene.settle()
        #expect(scene.ledger.connectionCount == 3)
        other.drain(until: scene.clock.now())
        other.turn(.notAtAll)
        #expect(other.hasEnded)
        #expect(scene.ledger.connectionCount == 0)
        let late = try scene.connect()
        scene.turns { late.isOver && clients.allSatisfy(\.isOver) }
        #expect(scene.ledger.connectionCount == 0)
    }

    @Test("a port in use is refused by name")
    func portInUse() throws {
        let scene = try LoopScene()
        let endpoint = Endpoint(host: "localhost", port: 9092)
        #expect(throws: TransportError.addressInUse(endpoint)) {
            try scene.network.listen(on: endpoint)
        }
    }
}
