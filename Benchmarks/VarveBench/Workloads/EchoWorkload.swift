internal import CBench
internal import Synchronization
internal import VarveLinux
internal import VarveSockets
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// A client that sends frames of 1 KiB over loopback, and a server that sends them back.
struct EchoWorkload {
    private static let frameSize = 1 << 10
    private let framesAhead: Int
    private let frameCount: Int

    init(_ bench: Workbench, framesAhead: Int) {
        self.framesAhead = framesAhead
        frameCount = bench.scaled(framesAhead == 1 ? 30_000 : 500_000, smoke: 100)
    }

    func pair() -> Pair {
        Pair(
            subject: { round in
                let network = SocketNetwork(clock: LinuxClock())
                let listener = try network.listen(on: Endpoint(host: "127.0.0.1", port: 0))[0]
                let server = try EchoServer(network, listener)
                try exchange(&round, port: listener.address.port)
                try server.end()
            },
            reference: { round in
                var port: UInt16 = 0
                let listener = unsafe bench_listen(&port)
                guard listener >= 0 else { throw LeafError(call: "listen", code: bench_errno()) }
                let server = try ServerThread { _ = bench_echo_serve(listener) }
                // The server ends with its only connection.
                try exchange(&round, port: port)
                try server.wait()
            })
    }

    private func exchange(_ round: inout Round, port: UInt16) throws {
        try round.time(work: frameCount) { _ in
            var sum: UInt64 = 0
            let outcome = unsafe bench_echo(
                port, Self.frameSize, Int64(frameCount), Int32(framesAhead), &sum)
            guard outcome == 0 else { throw LeafError(call: "echo", code: bench_errno()) }
            return sum
        }
    }
}

/// A thread whose end can be waited for.
struct ServerThread {
    private let bell: Int32

    init(_ body: @escaping @Sendable () -> Void) throws {
        let bell = bench_bell()
        guard bell >= 0 else { throw LeafError(call: "eventfd", code: bench_errno()) }
        self.bell = bell
        let isStarted = LinuxThread.start(name: "echo") {
            body()
            _ = bench_bell_ring(bell)
        }
        guard isStarted else { throw LeafError(call: "pthread_create", code: bench_errno()) }
    }

    func wait() throws {
        guard bench_bell_wait(bell) == 0 else {
            throw LeafError(call: "eventfd_read", code: bench_errno())
        }
        bench_bell_close(bell)
    }
}

/// An event loop in a thread of its own that sends each frame back.
private final class EchoServer: Sendable {
    private let thread: ServerThread
    private let mailbox: Mutex<LoopMailbox?>

    init(_ network: SocketNetwork, _ listener: any Listener) throws {
        let shared = Started()
        let ready = bench_bell()
        guard ready >= 0 else { throw LeafError(call: "eventfd", code: bench_errno()) }
        defer { bench_bell_close(ready) }
        thread = try ServerThread {
            do throws(TransportError) {
                let loop = try EventLoop(
                    network: network, clock: LinuxClock(), service: EchoService())
                try loop.serve(listener)
                shared.mailbox.withLock { $0 = loop.mailbox }
                _ = bench_bell_ring(ready)
                loop.run()
            } catch {
                _ = bench_bell_ring(ready)
            }
        }
        guard bench_bell_wait(ready) == 0 else {
            throw LeafError(call: "eventfd_read", code: bench_errno())
        }
        mailbox = Mutex(shared.mailbox.withLock { $0 })
    }

    /// What the thread tells when it has begun.
    private final class Started: Sendable {
        let mailbox = Mutex<LoopMailbox?>(nil)
    }

    func end() throws {
        mailbox.withLock { _ = $0?.post { loop in loop.drain(until: loop.now) } }
        try thread.wait()
    }
}

private final class EchoService: FrameService {
    func received(_ frame: RawSpan, in slot: AnswerSlot, on loop: EventLoop) {
        loop.answer(slot, copying: frame)
    }
}
