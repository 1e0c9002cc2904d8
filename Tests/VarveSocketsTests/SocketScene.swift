import Testing
import VarveLinux
import VarveSim
import VarveSockets
import VarveSystem
import VarveTerms
import VarveTransport

/// An event loop on a port of its own, driven turn by turn together with its clients.
final class SocketScene {
    /// Turns after which a test gives up.
    private static let turnCountMax = 1_000_000

    let network = SocketNetwork(clock: LinuxClock())
    let loop: EventLoop
    let service: EchoService
    let ledger: ServerLedger
    let address: SocketAddress
    private var clients: [FrameClient] = []

    init(
        _ service: EchoService = EchoService(), host: String = "127.0.0.1",
        clock: any Clock = LinuxClock(), limits: LoopLimits = LoopLimits(),
        ledger: ServerLedger = ServerLedger()
    ) throws {
        self.service = service
        self.ledger = ledger
        loop = try EventLoop(
            network: network, clock: clock, service: service, limits: limits, ledger: ledger)
        let listeners = try network.listen(on: Endpoint(host: host, port: 0))
        for listener in listeners { try loop.serve(listener) }
        address = listeners[0].address
    }

    func connect() throws -> FrameClient {
        let client = FrameClient(try network.connect(to: address))
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
