import Glibc
import Synchronization
import Testing
import VarveBytes
import VarveLinux
import VarveSim
import VarveSockets
import VarveSystem
import VarveTerms
import VarveTransport

@Suite("EventLoop over sockets", .serialized)
struct EventLoopOverSocketsTests {
    @Test("a hundred frames sent ahead are answered in order")
    func pipelined() throws {
        let scene = try SocketScene()
        let client = try scene.connect()
        let bodies = (0..<100).map { number in
            (0..<number * 97).map { UInt8(truncatingIfNeeded: $0 + number) }
        }
        for body in bodies { client.send(frame: body) }
        scene.turns { client.frames.count == 100 }
        #expect(client.frames == bodies)
    }

    @Test("a thousand connections are served by one loop")
    func thousand() throws {
        let scene = try SocketScene()
        let clients = try (0..<1000).map { _ in try scene.connect() }
        for (number, client) in clients.enumerated() {
            client.send(frame: [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)])
        }
        scene.turns { clients.allSatisfy { $0.frames.count == 1 } }
        #expect(scene.loop.connectionCount == 1000)
        for (number, client) in clients.enumerated() {
            #expect(
                client.frames == [[UInt8(truncatingIfNeeded: number), UInt8(number >> 8)]])
        }
        for client in clients { client.close() }
        scene.turns { scene.loop.connectionCount == 0 }
        #expect(scene.service.closed == Array(repeating: .ended, count: 1000))
    }

    @Test("a frame of many megabytes goes there and back")
    func large() throws {
        let scene = try SocketScene()
        let client = try scene.connect()
        let body = (0..<5 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        client.send(frame: body)
        scene.turns { client.frames.count == 1 }
        #expect(client.frames == [body])
        #expect(scene.ledger.memory.used == .zero)
    }

    @Test("what a peer does not read is bounded")
    func slowReader() throws {
        let scene = try SocketScene(EchoService(answerSize: 1 << 18))
        let client = try scene.connect()
        client.isReading = false
        for _ in 0..<200 { client.send(frame: [1]) }
        scene.turns { client.isSent && scene.service.openedCount == 1 }
        for _ in 0..<1000 { scene.loop.turn(.notAtAll) }
        // What the kernel's buffers take, which Linux bounds to some MiB, and the limit of 1 MiB.
        #expect(scene.loop.tally.frameCount < 100)
        client.isReading = true
        scene.turns { client.frames.count == 200 }
        #expect(client.frames.allSatisfy { $0.count == 1 << 18 })
    }

    @Test("an idle connection is closed when its time has passed")
    func idle() throws {
        let clock = SimulatedClock()
        let scene = try SocketScene(clock: clock)
        let client = try scene.connect()
        client.send(frame: [1])
        scene.turns { client.frames == [[1]] }
        clock.advance(by: .seconds(599))
        for _ in 0..<10 { scene.loop.turn(.notAtAll) }
        #expect(scene.service.closed == [])
        clock.advance(by: .seconds(2))
        scene.turns { client.hasEnded }
        #expect(scene.service.closed == [.idle])
    }

    @Test("a reset is noticed, also while nothing is read of the peer")
    func reset() throws {
        let service = EchoService(isSilent: true)
        var limits = LoopLimits()
        limits.requestsInFlightMax = 1
        let scene = try SocketScene(service, limits: limits)
        let client = try scene.connect()
        client.send(frame: [1])
        client.send(frame: [2])
        scene.turns { service.slots.count == 1 }
        // Bytes that come to a socket already closed are answered by a reset.
        client.close()
        scene.loop.answer(service.slots[0], Answer([]))
        scene.turns { !service.closed.isEmpty }
        #expect(scene.loop.connectionCount == 0)
    }

    @Test("writing to a peer that is gone raises no signal")
    func gone() throws {
        let before = signal(SIGPIPE, SIG_DFL)
        defer { signal(SIGPIPE, before) }
        let service = EchoService(isSilent: true)
        let scene = try SocketScene(service)
        let client = try scene.connect()
        for _ in 0..<10 { client.send(frame: [1]) }
        scene.turns { service.slots.count == 10 }
        client.close()
        for slot in service.slots {
            scene.loop.answer(slot, Answer([]))
            scene.loop.turn(.notAtAll)
        }
        scene.turns { scene.loop.connectionCount == 0 }
    }

    @Test("a peer that only sends no more gets its answers first")
    func halfClosed() throws {
        let service = EchoService(isSilent: true)
        let scene = try SocketScene(service)
        let client = try scene.connect()
        client.send(frame: [1, 2, 3])
        scene.turns { client.isSent }
        client.socket.finishWriting()
        scene.turns { service.slots.count == 1 }
        for _ in 0..<10 { scene.loop.turn(.notAtAll) }
        #expect(service.closed == [])
        scene.loop.answer(service.slots[0], Answer([]))
        scene.turns { client.hasEnded }
        #expect(client.frames == [[]])
        #expect(service.closed == [.ended])
    }

    @Test("a last answer reaches a peer that goes on sending")
    func lastAnswer() throws {
        let scene = try SocketScene(EchoService(afterwards: .close))
        let client = try scene.connect()
        for _ in 0..<100 { client.send(frame: Array(repeating: 5, count: 10_000)) }
        scene.turns { client.isOver }
        #expect(client.frames.count == 1)
        #expect(client.hasEnded)
    }

    @Test("draining answers what is in flight and gives the port back")
    func drain() throws {
        let service = EchoService(isSilent: true)
        let scene = try SocketScene(service)
        let (busy, idle) = (try scene.connect(), try scene.connect())
        busy.send(frame: [1])
        scene.turns { service.slots.count == 1 && service.openedCount == 2 }
        scene.loop.drain(until: scene.loop.now.advanced(by: .seconds(600)))
        scene.turns { idle.hasEnded }
        idle.close()
        scene.loop.answer(service.slots[0], Answer([]))
        scene.turns { busy.hasEnded }
        #expect(busy.frames == [[]])
        busy.close()
        scene.turns { scene.loop.hasEnded }
        let endpoint = Endpoint(host: "127.0.0.1", port: scene.address.port)
        #expect(try scene.network.listen(on: endpoint).count == 1)
    }

    @Test("a range of a file is sent, and a file that is too short ends the connection")
    func file() throws {
        let service = EchoService()
        let scene = try SocketScene(service)
        let path = "/tmp/varve-sockets-\(getpid())-\(scene.address.port)"
        defer { unsafe unlink(path) }
        let disk = LinuxFileSystem()
        let file = try OpenFile(path, .readWriteOrCreate, in: disk)
        let content = (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 &* 17) }
        try file.write(content.rawSpan, at: .zero)
        var range = FileRange(
            file: file.id, start: FilePosition(1001), size: ByteCount(2 << 20), owner: 0)
        service.answer = Answer([.file(range)])
        let client = try scene.connect()
        client.send(frame: [1])
        scene.turns { client.frames.count == 1 }
        #expect(client.frames == [Array(content[1001..<1001 + 2 << 20])])
        range.size = ByteCount(4 << 20)
        service.answer = Answer([.file(range)])
        client.send(frame: [2])
        scene.turns { client.isOver }
        #expect(service.closed == [.failed])
    }

    @Test("mapped bytes are sent from where they are")
    func mapped() throws {
        let service = EchoService()
        let scene = try SocketScene(service)
        let bytes = MappedBytes.copying(size: 5 << 20) { target in
            for place in stride(from: 0, to: target.byteCount, by: 4096) {
                target.storeBytes(
                    of: UInt8(truncatingIfNeeded: place >> 12), toByteOffset: place, as: UInt8.self)
            }
            return target.byteCount
        }
        let slice = MappedSlice(bytes, in: 4096..<4 << 20)
        service.answer = Answer([.bytes(slice), .bytes(slice)])
        let client = try scene.connect()
        client.send(frame: [])
        scene.turns { client.frames.count == 1 }
        let expected = bytes.bytes(in: 4096..<4 << 20).array()
        #expect(client.frames == [expected + expected])
    }

    @Test("two loops in threads of their own share a listener, and both end")
    func shared() throws {
        let network = SocketNetwork(clock: LinuxClock())
        let listener = try network.listen(on: Endpoint(host: "127.0.0.1", port: 0))[0]
        let ledger = ServerLedger()
        let mailboxes = Mutex<[LoopMailbox]>([])
        let acceptedCount = Mutex(0)
        let gate = Gate()
        for _ in 0..<2 {
            let isStarted = LinuxThread.start(name: "loop") {
                do {
                    let loop = try EventLoop(
                        network: network, clock: LinuxClock(), service: EchoService(),
                        ledger: ledger)
                    try loop.serve(listener)
                    mailboxes.withLock { $0.append(loop.mailbox) }
                    gate.open()
                    loop.run()
                    acceptedCount.withLock { $0 += loop.tally.acceptedCount }
                } catch {
                    Issue.record(error)
                }
                gate.open()
            }
            try #require(isStarted)
        }
        for _ in 0..<2 { gate.pass() }
        let clients = try (0..<60).map { _ in
            FrameClient(try network.connect(to: listener.address))
        }
        for client in clients { for number in 0..<20 { client.send(frame: [UInt8(number)]) } }
        while !clients.allSatisfy({ $0.frames.count == 20 || $0.isOver }) {
            for client in clients { client.turn() }
        }
        #expect(clients.allSatisfy { $0.frames == (0..<20).map { [UInt8($0)] } })
        for mailbox in mailboxes.withLock({ $0 }) { mailbox.post { $0.drain(until: $0.now) } }
        for _ in 0..<2 { gate.pass() }
        #expect(acceptedCount.withLock { $0 } == 60)
        #expect(ledger.connectionCount == 0)
    }

    @Test("another thread wakes a loop that waits, and ends it")
    func wake() throws {
        let ended = Mutex(false)
        let mailboxes = Mutex<[LoopMailbox]>([])
        let gate = Gate()
        let started = LinuxThread.start(name: "loop") {
            do {
                let network = SocketNetwork(clock: LinuxClock())
                let loop = try EventLoop(
                    network: network, clock: LinuxClock(), service: EchoService())
                mailboxes.withLock { $0.append(loop.mailbox) }
                gate.open()
                // Nothing else would ever end this wait.
                loop.run()
                ended.withLock { $0 = loop.hasEnded }
            } catch {
                Issue.record(error)
            }
            gate.open()
        }
        try #require(started)
        gate.pass()
        let mailbox = mailboxes.withLock { $0[0] }
        #expect(mailbox.post { $0.drain(until: $0.now) } == .posted)
        gate.pass()
        #expect(ended.withLock { $0 })
    }
}

/// Lets one thread wait for another.
final class Gate: Sendable {
    private let ends: [2 of Int32]

    init() {
        var pair: [2 of Int32] = [0, 0]
        let outcome = unsafe withUnsafeMutableBytes(of: &pair) { bytes in
            unsafe pipe(bytes.bindMemory(to: Int32.self).baseAddress!)
        }
        precondition(outcome == 0)
        ends = pair
    }

    deinit {
        close(ends[0])
        close(ends[1])
    }

    func open() {
        var byte: UInt8 = 1
        precondition(unsafe write(ends[1], &byte, 1) == 1)
    }

    func pass() {
        var byte: UInt8 = 0
        precondition(unsafe read(ends[0], &byte, 1) == 1)
    }
}
