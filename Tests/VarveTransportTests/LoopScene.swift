import Testing
import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport

/// An event loop on a network in memory, with its clients, driven turn by turn.
final class LoopScene {
    /// Turns after which a test gives up.
    private static let turnCountMax = 200_000

    let network: MemoryNetwork
    let clock = SimulatedClock()
    let service: TestService
    let loop: EventLoop
    let ledger: ServerLedger
    let address: SocketAddress
    private var clients: [FrameClient] = []

    init(
        _ service: TestService = TestService(), network options: MemoryNetwork.Options = .init(),
        files: (any FileSystem)? = nil, limits: LoopLimits = LoopLimits(),
        server: ServerLimits = ServerLimits()
    ) throws {
        network = MemoryNetwork(options, files: files)
        self.service = service
        ledger = ServerLedger(limits: server)
        loop = try EventLoop(
            network: network, clock: clock, service: service, limits: limits, ledger: ledger)
        let listener = try network.listen(on: Endpoint(host: "localhost", port: 9092))[0]
        try loop.serve(listener)
        address = listener.address
    }

    func connect(from ip: IPAddress = .loopback) throws -> FrameClient {
        let client = FrameClient(try network.connect(to: address, from: ip))
        clients.append(client)
        return client
    }

    /// One turn of everybody.
    func turn() {
        for client in clients { client.turn() }
        loop.turn(.notAtAll)
    }

    /// Lets everybody get on until `condition` holds.
    func turns(
        _ location: SourceLocation = #_sourceLocation, until condition: () -> Bool
    ) {
        for _ in 0..<Self.turnCountMax {
            if condition() { return }
            turn()
        }
        Issue.record("what was waited for did not come", sourceLocation: location)
    }

    /// Lets everybody get on for a while in which nothing is to be waited for.
    func settle() {
        for _ in 0..<50 { turn() }
    }

    func pass(_ duration: Duration) {
        clock.advance(by: duration)
        settle()
    }
}

/// A service that a test tells what to do; it echoes unless told.
final class TestService: FrameService {
    /// What becomes of a request when it comes; nil answers nothing yet.
    var onFrame: (([UInt8]) -> Answer?) = { TestService.answer($0) }
    var onTurn: (TestService, EventLoop) -> Void = { _, _ in }
    var admission = Admission.admit
    var nextDeadline: Instant?

    private(set) var opened: [ConnectionID] = []
    private(set) var closed: [ClosingReason] = []
    /// Requests that wait for their answers, in the order of their coming.
    var waiting: [(slot: AnswerSlot, body: [UInt8])] = []
    private var isBusy = false

    static func answer(_ body: [UInt8], then afterwards: Answer.Afterwards = .keepOpen) -> Answer {
        var bytes = ByteBuffer()
        bytes.append(body)
        return Answer(bytes, then: afterwards)
    }

    /// No call comes from within another.
    private func alone(_ body: () -> Void) {
        #expect(!isBusy)
        isBusy = true
        body()
        isBusy = false
    }

    func opened(
        _ connection: ConnectionID, _ ends: ConnectionEnds, on loop: EventLoop
    ) -> Admission {
        alone { opened.append(connection) }
        return admission
    }

    func received(_ frame: RawSpan, in slot: AnswerSlot, on loop: EventLoop) {
        let body = frame.array()
        alone {
            if let answer = onFrame(body) {
                loop.answer(slot, answer)
            } else {
                waiting.append((slot, body))
            }
        }
    }

    func turnEnded(now: Instant, on loop: EventLoop) { alone { onTurn(self, loop) } }

    func closed(
        _ connection: ConnectionID, because reason: ClosingReason, on loop: EventLoop
    ) {
        alone { closed.append(reason) }
    }
}
