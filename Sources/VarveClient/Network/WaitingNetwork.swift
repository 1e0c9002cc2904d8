internal import VarveBytes
public import VarveSystem
public import VarveTerms
public import VarveTransport

/// Sockets that wait, made of a network whose sockets never do.
public final class WaitingNetwork: ClientNetwork {
    /// Finds the addresses of a host; may wait for a name server.
    public typealias Resolve = (Endpoint) throws(TransportError) -> [SocketAddress]

    public let clock: any Clock
    private let network: any Network
    private let resolve: Resolve
    private let isStopping: () -> Bool
    private let interruption: Interruption

    /// How long a wait goes on before it looks whether it should stop. A signal ends the wait of
    /// the thread that it comes to at once; this is for those that come elsewhere, or just before.
    static let lookInterval = Duration.milliseconds(200)

    /// What the wish to stop ends.
    public enum Interruption: Hashable, Sendable {
        case everyWait
        /// Only rests between two attempts: what is asked is answered first.
        case rests
    }

    /// - Parameter isStopping: whether somebody asked for the end: waits then throw `.stopped`.
    public init(
        _ network: any Network, clock: any Clock, resolve: @escaping Resolve,
        interrupting interruption: Interruption = .everyWait, isStopping: @escaping () -> Bool
    ) {
        (self.network, self.clock) = (network, clock)
        (self.resolve, self.isStopping) = (resolve, isStopping)
        self.interruption = interruption
    }

    public func connect(
        to endpoint: Endpoint, until deadline: Instant
    ) throws(SocketFailure) -> any ClientSocket {
        let addresses: [SocketAddress]
        do throws(TransportError) {
            addresses = try resolve(endpoint)
        } catch {
            throw SocketFailure(error)
        }
        var last = SocketFailure.unknownHost(reason: "no address")
        for address in addresses {
            do throws(SocketFailure) {
                return try connect(to: address, until: deadline)
            } catch {
                if error == .stopped { throw error }
                // Of a name with several addresses the first that could be tried says why.
                if address == addresses[0] { last = error }
            }
        }
        throw last
    }

    private func connect(
        to address: SocketAddress, until deadline: Instant
    ) throws(SocketFailure) -> any ClientSocket {
        let (socket, poller) = try begin(address)
        let waiting = WaitingSocket(
            socket, poller, clock: clock,
            isStopping: interruption == .everyWait ? isStopping : { false })
        do throws(SocketFailure) {
            try waiting.awaitConnection(until: deadline)
        } catch {
            waiting.close()
            throw error
        }
        return waiting
    }

    private func begin(
        _ address: SocketAddress
    ) throws(SocketFailure) -> (any StreamSocket, any Poller) {
        do throws(TransportError) {
            let socket = try network.connect(to: address)
            let poller = try network.makePoller()
            try poller.add(socket, token: 0, for: .writing)
            return (socket, poller)
        } catch {
            throw SocketFailure(error)
        }
    }

    public func rest(for duration: Duration) throws(SocketFailure) {
        let end = clock.now().advanced(by: duration)
        let poller: any Poller
        do throws(TransportError) {
            poller = try network.makePoller()
        } catch {
            throw SocketFailure(error)
        }
        var ready: [ReadyEvent] = []
        while clock.now() < end {
            guard !isStopping() else { throw .stopped }
            poller.wait(
                until: min(end, clock.now().advanced(by: Self.lookInterval)), into: &ready)
        }
    }
}

extension SocketFailure {
    init(_ error: TransportError) {
        switch error {
        case .unknownHost(_, let reason): self = .unknownHost(reason: reason)
        case .addressInUse: self = .system(SystemError(code: 98))
        case .failed(_, _, let error): self = .system(error)
        }
    }
}

/// One connection of a `WaitingNetwork`.
final class WaitingSocket: ClientSocket {
    private let socket: any StreamSocket
    private let poller: any Poller
    private let clock: any Clock
    private let isStopping: () -> Bool
    private var interest = Interest.writing
    private var ready: [ReadyEvent] = []

    init(
        _ socket: any StreamSocket, _ poller: any Poller, clock: any Clock,
        isStopping: @escaping () -> Bool
    ) {
        (self.socket, self.poller, self.clock) = (socket, poller, clock)
        self.isStopping = isStopping
    }

    func close() { socket.close() }

    /// Waits until the peer has taken the connection, or has not.
    func awaitConnection(until deadline: Instant) throws(SocketFailure) {
        try wait(for: .writing, until: deadline)
        // A connection that failed says so when it is read.
        var byte = ByteBuffer(capacity: 1)
        var outcome = ReadOutcome.notReady
        byte.append(reserving: 1) { spare in
            var target = spare._mutatingExtracting(0..<1)
            outcome = socket.read(into: &target)
            return 0
        }
        switch outcome {
        case .notReady: return
        case .bytes: throw .strange
        case .end: throw .ended
        case .failed(let error): throw .system(error)
        }
    }

    func write(_ bytes: RawSpan, until deadline: Instant) throws(SocketFailure) {
        // The socket takes parts that stay where they are, which a lent span does not promise.
        let frame = SentBytes(bytes)
        while !frame.isDone {
            switch socket.write(frame) {
            case .bytes(let count): frame.didSend(count)
            case .notReady: try wait(for: .writing, until: deadline)
            case .failed(let error): throw .system(error)
            }
        }
    }

    func read(
        into buffer: inout MutableRawSpan, until deadline: Instant
    ) throws(SocketFailure) -> Int {
        while true {
            switch socket.read(into: &buffer) {
            case .bytes(let count): return count
            case .end: throw .ended
            case .failed(let error): throw .system(error)
            case .notReady: try wait(for: .reading, until: deadline)
            }
        }
    }

    private func wait(for wanted: Interest, until deadline: Instant) throws(SocketFailure) {
        if interest != wanted {
            poller.change(socket, token: 0, to: wanted)
            interest = wanted
        }
        while true {
            guard !isStopping() else { throw .stopped }
            let now = clock.now()
            guard now < deadline else { throw .timedOut }
            poller.wait(
                until: min(deadline, now.advanced(by: WaitingNetwork.lookInterval)), into: &ready)
            if !ready.isEmpty { return }
        }
    }
}

/// Bytes on their way to a socket, in one piece.
private final class SentBytes: GatheredBytes {
    private let buffer: ByteBuffer
    private var sent = 0

    init(_ bytes: RawSpan) {
        var buffer = ByteBuffer(capacity: bytes.byteCount)
        buffer.append(bytes)
        self.buffer = buffer
    }

    var isDone: Bool { sent == buffer.count }

    func didSend(_ count: Int) { sent += count }

    func lendParts(_ body: (RawSpan) -> Void) {
        buffer.lend(from: sent, body)
    }
}

extension ByteBuffer {
    /// Lends the bytes from `start` on. A span of a buffer that is a property of a class cannot be
    /// had otherwise.
    fileprivate func lend(from start: Int, _ body: (RawSpan) -> Void) {
        body(bytes.extracting(start..<count))
    }
}
