import Testing
import VarveBytes
import VarveLinux
import VarveSockets
import VarveSystem
import VarveTerms
import VarveTransport

/// An event loop on a port of its own, driven turn by turn together with its clients.
final class TestServer<Service: FrameService> {
    /// Turns after which a test gives up; each waits at most a millisecond.
    private static var turnCountMax: Int { 100_000 }

    let network: SocketNetwork
    let loop: EventLoop
    let service: Service
    let address: SocketAddress
    private var clients: [TestClient] = []

    init(
        _ service: Service, host: String = "127.0.0.1", clock: any Clock = LinuxClock(),
        limits: LoopLimits = LoopLimits(), ledger: ServerLedger = ServerLedger()
    ) throws {
        network = SocketNetwork(clock: LinuxClock())
        self.service = service
        loop = try EventLoop(
            network: network, clock: clock, service: service, limits: limits, ledger: ledger)
        let listeners = try network.listen(on: Endpoint(host: host, port: 0), backlog: 1024)
        for listener in listeners { try loop.serve(listener) }
        address = listeners[0].address
    }

    func connect() throws -> TestClient {
        let client = TestClient(try network.connect(to: address))
        clients.append(client)
        return client
    }

    /// Lets the loop and its clients get on until `condition` holds.
    func turns(
        _ location: SourceLocation = #_sourceLocation, until condition: () -> Bool
    ) {
        for _ in 0..<Self.turnCountMax {
            for client in clients { client.turn() }
            if condition() { return }
            loop.turn(.notAtAll)
        }
        Issue.record("what was waited for did not come", sourceLocation: location)
    }
}

/// A client that sends frames and collects the answers.
final class TestClient {
    let socket: any StreamSocket
    private let outgoing = OutgoingBytes()
    private var assembler = FrameAssembler(sizeMax: .mib(100))
    private(set) var frames: [[UInt8]] = []
    private(set) var hasEnded = false
    private(set) var hasFailed = false
    var isReading = true

    init(_ socket: any StreamSocket) { self.socket = socket }

    func send(frame: [UInt8]) {
        var bytes = ByteBuffer()
        bytes.append(Int32(frame.count))
        bytes.append(frame)
        outgoing.append(bytes.bytes.array())
    }

    func send(raw bytes: [UInt8]) { outgoing.append(bytes) }

    var isSent: Bool { outgoing.isEmpty }

    func turn() {
        if !outgoing.isEmpty, case .bytes(let count) = socket.write(outgoing) {
            outgoing.didSend(count)
        }
        guard isReading, !hasEnded, !hasFailed else { return }
        var bytes = ByteBuffer()
        var outcome = ReadOutcome.notReady
        bytes.append(reserving: 64 << 10) { spare in
            outcome = socket.read(into: &spare)
            guard case .bytes(let count) = outcome else { return 0 }
            return count
        }
        switch outcome {
        case .bytes:
            do throws(FrameRefusal) {
                try assembler.take(bytes.bytes) { frame in
                    frames.append(frame.array())
                    return .goOn
                }
            } catch {
                hasFailed = true
            }
        case .end: hasEnded = true
        case .failed: hasFailed = true
        case .notReady: break
        }
    }
}

/// Bytes that a client has yet to send.
final class OutgoingBytes: GatheredBytes {
    private var bytes: [UInt8] = []
    private var sent = 0
    /// What was lent last stays in place.
    private var kept: [UInt8] = []

    var isEmpty: Bool { sent == bytes.count }
    func append(_ more: [UInt8]) { bytes += more }
    func didSend(_ count: Int) {
        sent += count
        guard isEmpty else { return }
        bytes = []
        sent = 0
    }

    func lendParts(_ body: (RawSpan) -> Void) {
        let rest = Array(bytes[sent...])
        kept = rest
        body(rest.rawSpan)
    }
}
