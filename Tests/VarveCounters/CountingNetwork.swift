internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// A network that counts each call of a server and hands it on. Clients connect to the network
/// behind it, which counts nothing.
final class CountingNetwork: Network {
    private let network: any Network
    private let calls: CallCounter

    init(_ network: any Network, _ calls: CallCounter) {
        (self.network, self.calls) = (network, calls)
    }

    func listen(
        on endpoint: Endpoint, backlog: Int
    ) throws(TransportError) -> [any Listener] {
        let listeners = try network.listen(on: endpoint, backlog: backlog)
        return listeners.map { CountingListener($0, calls) }
    }

    func connect(to address: SocketAddress) throws(TransportError) -> any StreamSocket {
        try network.connect(to: address)
    }

    func makePoller() throws(TransportError) -> any Poller {
        CountingPoller(try network.makePoller(), calls)
    }
}

private final class CountingListener: Listener {
    let listener: any Listener
    private let calls: CallCounter

    init(_ listener: any Listener, _ calls: CallCounter) {
        (self.listener, self.calls) = (listener, calls)
    }

    var address: SocketAddress { listener.address }

    func accept() -> AcceptOutcome {
        calls.count(.accept)
        guard case .accepted(let socket) = listener.accept() else { return .notReady }
        return .accepted(CountingSocket(socket, calls))
    }

    func close() { listener.close() }
}

private final class CountingSocket: StreamSocket {
    let socket: any StreamSocket
    private let calls: CallCounter

    init(_ socket: any StreamSocket, _ calls: CallCounter) {
        (self.socket, self.calls) = (socket, calls)
    }

    var peer: SocketAddress { socket.peer }
    var local: SocketAddress { socket.local }
    var roundTrip: Duration? { socket.roundTrip }

    func read(into buffer: inout MutableRawSpan) -> ReadOutcome {
        calls.count(.receive)
        return socket.read(into: &buffer)
    }

    func write(_ parts: any GatheredBytes) -> WriteOutcome {
        calls.count(.send)
        return socket.write(parts)
    }

    func send(_ range: FileRange) -> WriteOutcome {
        calls.count(.sendFile)
        return socket.send(range)
    }

    func finishWriting() { socket.finishWriting() }

    func close() {
        calls.count(.hangUp)
        socket.close()
    }
}

private final class CountingPoller: Poller {
    private let poller: any Poller
    private let calls: CallCounter
    let waker: any Waker

    init(_ poller: any Poller, _ calls: CallCounter) {
        (self.poller, self.calls) = (poller, calls)
        waker = CountingWaker(poller.waker, calls)
    }

    /// Pollers know the sockets and listeners of their own network only.
    private func inner(_ socket: any StreamSocket) -> any StreamSocket {
        (socket as? CountingSocket)?.socket ?? socket
    }

    private func inner(_ listener: any Listener) -> any Listener {
        (listener as? CountingListener)?.listener ?? listener
    }

    func add(
        _ socket: any StreamSocket, token: UInt64, for interest: Interest
    ) throws(TransportError) {
        calls.count(.watch)
        try poller.add(inner(socket), token: token, for: interest)
    }

    func change(_ socket: any StreamSocket, token: UInt64, to interest: Interest) {
        calls.count(.watch)
        poller.change(inner(socket), token: token, to: interest)
    }

    func remove(_ socket: any StreamSocket) {
        calls.count(.watch)
        poller.remove(inner(socket))
    }

    func add(_ listener: any Listener, token: UInt64) throws(TransportError) {
        calls.count(.watch)
        try poller.add(inner(listener), token: token)
    }

    func remove(_ listener: any Listener) {
        calls.count(.watch)
        poller.remove(inner(listener))
    }

    func wait(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        calls.count(.wait)
        poller.wait(until: deadline, into: &ready)
    }
}

private final class CountingWaker: Waker {
    private let waker: any Waker
    private let calls: CallCounter

    init(_ waker: any Waker, _ calls: CallCounter) { (self.waker, self.calls) = (waker, calls) }

    func wake() {
        calls.count(.wake)
        waker.wake()
    }
}
