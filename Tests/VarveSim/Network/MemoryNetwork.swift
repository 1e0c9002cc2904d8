import Synchronization
public import VarveSystem
import VarveTerms
public import VarveTransport

/// A network inside the process: pipes of bounded size, in which bytes come and go by pieces that a
/// seed chooses, and which break when told to. The same seed and calls give the same history.
///
/// What TCP does that servers get wrong, it does as well: closing over unread bytes resets the
/// connection and takes from the peer what it has not read yet; writing to a peer that closed
/// fails; an end of sending leaves the other direction open.
///
/// Nothing waits here: a poller that finds nothing answers at once, so loops are driven turn by
/// turn (`loop.turn(.notAtAll)`), and time passes on a `SimulatedClock`.
public final class MemoryNetwork: Network {
    /// How a network behaves.
    public struct Options: Hashable, Sendable {
        /// Bytes on their way in one direction of one connection.
        public var pipeSize = 64 << 10
        /// nil moves as many bytes as there are and tells of all that is ready, in order.
        public var seed: UInt64?

        public init(pipeSize: Int = 64 << 10, seed: UInt64? = nil) {
            self.pipeSize = pipeSize
            self.seed = seed
        }
    }

    struct State {
        var wires: [Wire] = []
        var listeners: [UInt16: [WireEnd]] = [:]
        var nextPort: UInt16 = 49_152
        /// What the next attempts to accept fail with.
        var acceptFailures: [SystemError] = []
        var generator: SplitMix64?

        /// A number from 1 to `count`: all of them without a seed.
        mutating func portion(of count: Int) -> Int {
            guard generator != nil, count > 1 else { return count }
            return chance(of: 4) ? count : Int.random(in: 1...count, using: &self)
        }

        /// True once in `count` times; never without a seed.
        mutating func chance(of count: Int) -> Bool {
            generator != nil && Int.random(in: 0..<count, using: &self) == 0
        }
    }

    public let options: Options
    let state: Mutex<State>
    let files: (any FileSystem)?

    /// - Parameter files: where ranges of files are sent from.
    public init(_ options: Options = Options(), files: (any FileSystem)? = nil) {
        self.options = options
        self.files = files
        state = Mutex(State(generator: options.seed.map { SplitMix64(seed: $0) }))
    }

    /// Any host means the loopback address.
    public func listen(
        on endpoint: Endpoint, backlog: Int = 1024
    ) throws(TransportError) -> [any Listener] {
        let port: UInt16? = state.withLock { state in
            let port = endpoint.port == 0 ? state.takePort() : endpoint.port
            guard state.listeners[port] == nil else { return nil }
            state.listeners[port] = []
            return port
        }
        guard let port else { throw .addressInUse(endpoint) }
        return [MemoryListener(self, SocketAddress(.loopback, port: port))]
    }

    public func connect(to address: SocketAddress) throws(TransportError) -> any StreamSocket {
        try connect(to: address, from: .loopback)
    }

    /// A connection that comes from `ip`.
    public func connect(
        to address: SocketAddress, from ip: IPAddress
    ) throws(TransportError) -> any StreamSocket {
        let end: WireEnd? = state.withLock { state in
            guard state.listeners[address.port] != nil else { return nil }
            let client = SocketAddress(ip, port: state.takePort())
            let end = WireEnd(wire: state.wires.count, side: .client)
            state.wires.append(Wire(client: client, server: address))
            state.listeners[address.port]?.append(end.opposite)
            return end
        }
        guard let end else {
            let endpoint = Endpoint(host: address.ip.description, port: address.port)
            throw .failed(.connect, endpoint, SystemError(code: 111))
        }
        return MemorySocket(self, end)
    }

    public func makePoller() throws(TransportError) -> any Poller { MemoryPoller(self) }

    /// Has the next attempts to accept a connection fail, one with each of `errors`.
    public func failAccepting(with errors: [SystemError]) {
        state.withLock { $0.acceptFailures += errors }
    }
}

extension MemoryNetwork.State: RandomNumberGenerator {
    mutating func next() -> UInt64 {
        guard var generator else { return 0 }
        let bits = generator.next()
        self.generator = generator
        return bits
    }

    mutating func takePort() -> UInt16 {
        repeat {
            nextPort = nextPort == .max ? 49_152 : nextPort + 1
        } while listeners[nextPort]
            != nil
        return nextPort
    }
}
