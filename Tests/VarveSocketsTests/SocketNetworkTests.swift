import Glibc
import Testing
import VarveLinux
import VarveSim
import VarveSockets
import VarveSystem
import VarveTerms
import VarveTransport

@Suite("SocketNetwork", .serialized)
struct SocketNetworkTests {
    private let network = SocketNetwork(clock: LinuxClock())

    // MARK: Refusals

    @Test("a port in use is refused by name")
    func portInUse() throws {
        let listener = try network.listen(on: Endpoint(host: "127.0.0.1", port: 0))[0]
        let endpoint = Endpoint(host: "127.0.0.1", port: listener.address.port)
        let error = #expect(throws: TransportError.addressInUse(endpoint)) {
            try network.listen(on: endpoint)
        }
        #expect(
            error?.description
                == "cannot listen on 127.0.0.1:\(endpoint.port): the address is in use")
        listener.close()
        #expect(try network.listen(on: endpoint).count == 1)
    }

    @Test("a host that nobody knows is refused by name")
    func unknownHost() {
        for host in ["no-such-host.invalid", "a b", "a\0b", "::g"] {
            do throws(TransportError) {
                _ = try network.listen(on: Endpoint(host: host, port: 0), backlog: 1)
                Issue.record("\(host) was found")
            } catch {
                guard case .unknownHost(host, _) = error else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
    }

    @Test("an address of another machine is refused")
    func foreignAddress() {
        let endpoint = Endpoint(host: "192.0.2.1", port: 9092)
        #expect(
            throws: TransportError.failed(.listen, endpoint, SystemError(code: EADDRNOTAVAIL))
        ) {
            try network.listen(on: endpoint)
        }
    }

    @Test("connecting to where nobody listens fails")
    func refusedConnection() throws {
        let listener = try network.listen(on: Endpoint(host: "127.0.0.1", port: 0))[0]
        let address = listener.address
        listener.close()
        var outcome = ReadOutcome.notReady
        do throws(TransportError) {
            let client = FrameClient(try network.connect(to: address))
            while !client.isOver { client.turn() }
            outcome = .failed(SystemError(code: ECONNREFUSED))
        } catch {
            outcome = .failed(SystemError(code: ECONNREFUSED))
        }
        #expect(outcome == .failed(SystemError(code: ECONNREFUSED)))
    }

    // MARK: Addresses

    @Test("both loopbacks are reached under the name localhost, with one port")
    func localhost() throws {
        let listeners = try network.listen(on: Endpoint(host: "localhost", port: 0))
        #expect(Set(listeners.map(\.address.port)).count == 1)
        #expect(listeners[0].address.ip == .loopback)
        for listener in listeners { try reaches(listener.address, listeners) }
    }

    @Test("no host at all means every address")
    func anyAddress() throws {
        let listeners = try network.listen(on: Endpoint(host: "", port: 0))
        let port = listeners[0].address.port
        try reaches(SocketAddress(.loopback, port: port), listeners)
    }

    @Test("ends of a connection know each other's addresses, and how far away the peer is")
    func ends() throws {
        let scene = try SocketScene()
        let client = try scene.connect()
        client.send(frame: [1])
        scene.turns { client.frames.count == 1 }
        let ends = scene.service.ends[0]
        #expect(ends.local == scene.address)
        #expect(ends.peer == client.socket.local)
        #expect(client.socket.peer == scene.address)
        #expect(ends.roundTrip ?? .zero > .zero)
    }

    private func reaches(_ address: SocketAddress, _ listeners: [any Listener]) throws {
        let service = EchoService()
        let loop = try EventLoop(network: network, clock: LinuxClock(), service: service)
        for listener in listeners { try loop.serve(listener) }
        let client = FrameClient(try network.connect(to: address))
        client.send(frame: [1])
        for _ in 0..<100_000 where client.frames.isEmpty {
            client.turn()
            loop.turn(.notAtAll)
        }
        #expect(client.frames == [[1]])
        #expect(service.ends.map(\.local) == [address])
    }

    // MARK: Descriptors

    @Test("a process without descriptors pauses accepting, and goes on when one is free")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            let scene = try SocketScene()
            let clients = try (0..<3).map { _ in try scene.connect() }
            scene.turns { scene.loop.connectionCount == 3 }
            let waiting = try scene.connect()
            waiting.send(frame: [1])
            // From here on no new descriptor is to be had.
            var limit = rlimit()
            unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 0
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            scene.turns { scene.loop.tally.acceptPauseCount > 0 }
            let pauseCount = scene.loop.tally.acceptPauseCount
            for _ in 0..<100 { scene.loop.turn(.notAtAll) }
            precondition(scene.loop.tally.acceptPauseCount <= pauseCount + 1)
            limit.rlim_cur = limit.rlim_max
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            clients[0].close()
            scene.turns { waiting.frames == [[1]] }
        }
    }
}
