internal import VarveLinux
internal import VarveSim
internal import VarveSockets
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// One request over a real socket, from a thread that may wait.
struct SocketQuestion: Sendable {
    var address: SocketAddress
    var frame: [UInt8]
    /// How long to wait for the reply, by the clock of the machine.
    var patience: Duration

    func reply() async throws(TestBrokerError) -> [UInt8] {
        let outcome: Result<[UInt8], TestBrokerError> = await withCheckedContinuation { asked in
            let isStarted = LinuxThread.start(name: "varve-ask") {
                asked.resume(returning: Result { () throws(TestBrokerError) in try ask() })
            }
            if !isStarted { asked.resume(returning: .failure(.noThread)) }
        }
        return try outcome.get()
    }

    private func ask() throws(TestBrokerError) -> [UInt8] {
        let clock = LinuxClock()
        let deadline = clock.now().advanced(by: patience)
        let network = SocketNetwork(clock: clock)
        let client: FrameClient
        do throws(TransportError) {
            client = FrameClient(try network.connect(to: address))
            let poller = try network.makePoller()
            try poller.add(client.socket, token: 0, for: [.reading, .writing])
            client.send(frame: frame)
            var ready: [ReadyEvent] = []
            while client.frames.isEmpty, !client.isOver, clock.now() < deadline {
                poller.wait(until: deadline, into: &ready)
                // The connection is there once something is ready.
                guard !ready.isEmpty else { continue }
                client.turn()
                if client.isSent { poller.change(client.socket, token: 0, to: .reading) }
            }
        } catch {
            throw .transport(error)
        }
        defer { client.close() }
        guard let reply = client.frames.first else { throw client.isOver ? .closed : .noAnswer }
        return reply
    }
}
