import Testing
import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport

/// Requests and answers; what ends connections stands in EventLoopEndingTests.
@Suite("EventLoop")
struct EventLoopTests {
    private func bodies(_ count: Int, sizeMax: Int, seed: UInt64) -> [[UInt8]] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { number in
            let size = Int.random(in: 0...sizeMax, using: &generator)
            return (0..<size).map { UInt8(truncatingIfNeeded: $0 + number) }
        }
    }

    @Test("requests are answered in order, in whatever pieces they come", arguments: 0..<20)
    func echo(_ seed: UInt64) throws {
        let scene = try LoopScene(network: .init(pipeSize: 999, seed: seed))
        let bodies = bodies(60, sizeMax: 3000, seed: seed)
        let clients = try (0..<3).map { _ in try scene.connect() }
        for client in clients { for body in bodies { client.send(frame: body) } }
        scene.turns { clients.allSatisfy { $0.frames.count == bodies.count } }
        for client in clients { #expect(client.frames == bodies, "seed \(seed)") }
        #expect(scene.ledger.memory.used == .zero)
    }

    @Test("requests answered late and in any order have their answers in order", arguments: 0..<40)
    func anyOrder(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let service = TestService()
        service.onFrame = { _ in nil }
        service.onTurn = { service, loop in
            service.waiting.shuffle(using: &generator)
            let count = Int.random(in: 0...service.waiting.count, using: &generator)
            for (slot, body) in service.waiting.suffix(count) {
                loop.answer(slot, TestService.answer(body))
            }
            service.waiting.removeLast(count)
        }
        let scene = try LoopScene(service, network: .init(seed: seed))
        let bodies = bodies(200, sizeMax: 40, seed: seed)
        let client = try scene.connect()
        for body in bodies { client.send(frame: body) }
        scene.turns { client.frames.count == bodies.count }
        #expect(client.frames == bodies, "seed \(seed)")
    }

    @Test("answers that the loop copies keep their order among others", arguments: 0..<20)
    func copied(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let service = TestService()
        service.onFrame = { _ in nil }
        service.onTurn = { service, loop in
            service.waiting.shuffle(using: &generator)
            let count = Int.random(in: 0...service.waiting.count, using: &generator)
            for (slot, body) in service.waiting.suffix(count) {
                if Bool.random(using: &generator) {
                    loop.answer(slot, copying: body.rawSpan)
                } else {
                    loop.answer(slot, TestService.answer(body))
                }
            }
            service.waiting.removeLast(count)
        }
        let scene = try LoopScene(service, network: .init(seed: seed))
        let bodies = bodies(100, sizeMax: 6000, seed: seed)
        let client = try scene.connect()
        for body in bodies { client.send(frame: body) }
        scene.turns { client.frames.count == bodies.count }
        #expect(client.frames == bodies, "seed \(seed)")
    }

    @Test("a copied last answer ends the connection behind it")
    func copiedLast() throws {
        let service = TestService()
        service.onFrame = { _ in nil }
        let scene = try LoopScene(service)
        let client = try scene.connect()
        for number in 0..<3 { client.send(frame: [UInt8(number)]) }
        scene.turns { service.waiting.count == 3 }
        let bytes: [UInt8] = [7, 7]
        scene.loop.answer(service.waiting[1].slot, copying: bytes.rawSpan, then: .close)
        scene.loop.answer(service.waiting[0].slot, copying: bytes.rawSpan)
        scene.loop.answer(service.waiting[2].slot, copying: bytes.rawSpan)
        scene.turns { client.hasEnded }
        #expect(client.frames == [[7, 7], [7, 7]])
    }

    @Test("all requests of a turn are handed over before the turn ends, and answered in it")
    func groups() throws {
        let service = TestService()
        service.onFrame = { _ in nil }
        var groupSizes: [Int] = []
        service.onTurn = { service, loop in
            if !service.waiting.isEmpty { groupSizes.append(service.waiting.count) }
            for (slot, body) in service.waiting { loop.answer(slot, TestService.answer(body)) }
            service.waiting = []
        }
        let scene = try LoopScene(service)
        let clients = try (0..<10).map { _ in try scene.connect() }
        scene.settle()
        for client in clients {
            for _ in 0..<5 { client.send(frame: [1]) }
            client.turn()
        }
        scene.loop.turn(.notAtAll)
        #expect(groupSizes == [50])
        for client in clients {
            client.turn()
            #expect(client.frames.count == 5)
        }
    }

    @Test("a request without an answer leaves no gap")
    func nothing() throws {
        let service = TestService()
        service.onFrame = { $0 == [0] ? .nothing : TestService.answer($0) }
        let scene = try LoopScene(service)
        let client = try scene.connect()
        for body: [UInt8] in [[0], [1], [0], [0], [2]] { client.send(frame: body) }
        scene.turns { client.frames.count == 2 }
        scene.settle()
        #expect(client.frames == [[1], [2]])
    }

    @Test("as many requests as may are in flight, and no more")
    func inFlight() throws {
        let service = TestService()
        service.onFrame = { _ in nil }
        var limits = LoopLimits()
        limits.requestsInFlightMax = 7
        let scene = try LoopScene(service, limits: limits)
        let client = try scene.connect()
        for number in 0..<20 { client.send(frame: [UInt8(number)]) }
        scene.settle()
        #expect(service.waiting.map(\.body) == (0..<7).map { [UInt8($0)] })
        // The first one's answer makes room for one more; the second's alone would not.
        let second = service.waiting.remove(at: 1)
        scene.loop.answer(second.slot, TestService.answer(second.body))
        scene.settle()
        #expect(service.waiting.count == 6)
        let first = service.waiting.removeFirst()
        scene.loop.answer(first.slot, TestService.answer(first.body))
        scene.settle()
        #expect(client.frames == [[0], [1]])
        #expect(service.waiting.map(\.body) == (2..<9).map { [UInt8($0)] })
    }

    @Test("a peer that does not read its answers is not read any more")
    func slowReader() throws {
        let service = TestService()
        let answer = [UInt8](repeating: 7, count: 100_000)
        service.onFrame = { _ in TestService.answer(answer) }
        var limits = LoopLimits()
        limits.outputSizeMax = ByteCount(250_000)
        let scene = try LoopScene(service, limits: limits)
        let client = try scene.connect()
        client.isReading = false
        for _ in 0..<100 { client.send(frame: [1]) }
        scene.settle()
        // 64 KiB on their way, then the first answer with which more than the limit waits.
        #expect(scene.loop.tally.frameCount == 4)
        client.isReading = true
        scene.turns { client.frames.count == 100 }
        #expect(client.frames.allSatisfy { $0 == answer })
    }

    @Test("requests that have come share a turn, and those of others are among them")
    func readingOn() throws {
        let service = TestService()
        var inTurn: [Int] = []
        var count = 0
        service.onFrame = { _ in
            count += 1
            return .nothing
        }
        service.onTurn = { _, _ in
            if count > 0 { inTurn.append(count) }
            count = 0
        }
        var limits = LoopLimits()
        limits.readSize = .kib(4)
        let scene = try LoopScene(service, network: .init(pipeSize: 1 << 20), limits: limits)
        let clients = try (0..<2).map { _ in try scene.connect() }
        scene.settle()
        for client in clients { for _ in 0..<50 { client.send(frame: bytes(5000)) } }
        scene.settle()
        #expect(inTurn == [100])
    }

    private func bytes(_ count: Int) -> [UInt8] { Array(repeating: 1, count: count) }

    @Test("a pause behind the last request that came hands none over twice")
    func pauseAtTheEnd() throws {
        let service = TestService()
        service.onFrame = { _ in nil }
        var limits = LoopLimits()
        limits.requestsInFlightMax = 3
        let scene = try LoopScene(service, limits: limits)
        let client = try scene.connect()
        for number in 0..<3 { client.send(frame: [UInt8(number)]) }
        scene.turns { service.waiting.count == 3 }
        let waiting = service.waiting
        service.waiting = []
        for (slot, body) in waiting { scene.loop.answer(slot, TestService.answer(body)) }
        scene.turns { client.frames.count == 3 }
        scene.settle()
        #expect(service.waiting.isEmpty)
        #expect(scene.loop.tally.frameCount == 3)
    }

    @Test("answers that wait for earlier ones count as output")
    func waitingAnswers() throws {
        let service = TestService()
        service.onFrame = { body in
            body == [0] ? nil : TestService.answer(Array(repeating: 1, count: 100_000))
        }
        var limits = LoopLimits()
        limits.outputSizeMax = ByteCount(250_000)
        let scene = try LoopScene(service, limits: limits)
        let client = try scene.connect()
        client.send(frame: [0])
        for _ in 0..<20 { client.send(frame: [1]) }
        scene.settle()
        #expect(scene.loop.tally.frameCount == 4)
        scene.loop.answer(service.waiting[0].slot, .nothing)
        scene.turns { client.frames.count == 20 }
    }

    @Test("unfinished requests over the budget wait, and all come through", arguments: 0..<5)
    func budget(_ seed: UInt64) throws {
        var server = ServerLimits()
        server.requestMemoryMax = ByteCount(20_000)
        var limits = LoopLimits()
        limits.readSize = .kib(4)
        let scene = try LoopScene(
            network: .init(pipeSize: 4000, seed: seed), limits: limits, server: server)
        let clients = try (0..<12).map { _ in try scene.connect() }
        let bodies = bodies(5, sizeMax: 60_000, seed: seed)
        for client in clients { for body in bodies { client.send(frame: body) } }
        var largest = ByteCount.zero
        scene.turns {
            largest = max(largest, scene.ledger.memory.used)
            return clients.allSatisfy { $0.frames.count == bodies.count }
        }
        #expect(scene.loop.tally.starvedCount > 0)
        // The budget, one read, and one frame with its memory in halves.
        #expect(largest.bytes <= 20_000 + 2 * 64 << 10 + 60_004)
        #expect(clients.allSatisfy { $0.frames == bodies }, "seed \(seed)")
        #expect(scene.ledger.memory.used == .zero)
    }

    @Test("work from the mailbox is done in order, and a full mailbox says so")
    func mailbox() throws {
        var limits = LoopLimits()
        limits.mailboxCountMax = 3
        let service = TestService()
        service.onFrame = { _ in nil }
        let scene = try LoopScene(service, limits: limits)
        let client = try scene.connect()
        for number in 0..<4 { client.send(frame: [UInt8(number)]) }
        scene.turns { service.waiting.count == 4 }
        let slots = service.waiting.map(\.slot)
        for slot in slots[..<3] {
            let outcome = scene.loop.mailbox.post { loop in
                loop.answer(slot, TestService.answer([UInt8(slot.number)]))
            }
            #expect(outcome == .posted)
        }
        #expect(scene.loop.mailbox.post { _ in } == .full)
        scene.turns { client.frames.count == 3 }
        #expect(client.frames == [[0], [1], [2]])
    }

    @Test("a file's range is sent between the parts around it", arguments: 0..<5)
    func file(_ seed: UInt64) throws {
        let disk = SimulatedDisk()
        let content = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let file = try OpenFile("/x", .readWriteOrCreate, in: disk)
        try file.write(content.rawSpan, at: .zero)
        let range = FileRange(
            file: file.id, start: FilePosition(1000), size: ByteCount(40_000), owner: 0)
        let service = TestService()
        var head = [UInt8](repeating: 3, count: 10)
        service.onFrame = { body in
            var bytes = ByteBuffer()
            bytes.append(body)
            return Answer([.bytes(AnswerBytes(bytes)), .file(range)])
        }
        let scene = try LoopScene(
            service, network: .init(pipeSize: 3000, seed: seed), files: disk)
        let client = try scene.connect()
        for number in 0..<3 {
            head[0] = UInt8(number)
            client.send(frame: head)
        }
        scene.turns { client.frames.count == 3 }
        for number in 0..<3 {
            head[0] = UInt8(number)
            #expect(client.frames[number] == head + content[1000..<41_000], "seed \(seed)")
        }
    }

    @Test("the service's deadline ends a wait")
    func deadline() throws {
        let service = TestService()
        service.nextDeadline = Instant(nanoseconds: 0)
        var turnCount = 0
        service.onTurn = { _, _ in turnCount += 1 }
        let scene = try LoopScene(service)
        scene.loop.turn()
        #expect(turnCount == 1)
    }

    @Test("accepted connections go to other loops in turn")
    func placement() throws {
        let scene = try LoopScene()
        let others = try (0..<2).map { _ in
            try EventLoop(
                network: scene.network, clock: scene.clock, service: TestService(),
                ledger: scene.ledger)
        }
        scene.loop.placement = others.map(\.mailbox)
        let clients = try (0..<6).map { _ in try scene.connect() }
        for client in clients { client.send(frame: [1, 2]) }
        scene.turns {
            for other in others { other.turn(.notAtAll) }
            return clients.allSatisfy { $0.frames == [[1, 2]] }
        }
        #expect(scene.loop.connectionCount == 0)
        #expect(others.map(\.connectionCount) == [3, 3])
        #expect(scene.ledger.connectionCount == 6)
    }
}
