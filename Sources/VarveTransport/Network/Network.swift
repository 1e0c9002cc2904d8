public import VarveSystem
public import VarveTerms

/// Where connections come from: real sockets in life, pipes in memory in tests. Crossed once per
/// system call, never per frame.
///
/// *Threads*: any thread may call.
public protocol Network: AnyObject, Sendable {
    /// Listens on every address that the host's name leads to, all with one port.
    /// - Returns: at least one listener; each tells the port that it got.
    /// - Throws: `.addressInUse` and `.unknownHost` by name; else `.failed`.
    func listen(on endpoint: Endpoint, backlog: Int) throws(TransportError) -> [any Listener]

    /// Begins a connection. It is there when the socket can be written to; until then reads and
    /// writes answer `.notReady`, and `.failed` when it came to nothing.
    func connect(to address: SocketAddress) throws(TransportError) -> any StreamSocket

    /// A poller for one event loop.
    func makePoller() throws(TransportError) -> any Poller
}

/// What an attempt to take a connection gave.
public enum AcceptOutcome: Sendable {
    case accepted(any StreamSocket)
    /// Nobody waits.
    case notReady
    /// One that waited is gone again; the next may be there.
    case gone
    /// The process or the system has no descriptor or memory for another one.
    case exhausted(SystemError)
}

/// A place where connections arrive.
///
/// *Threads*: any thread may call; several event loops may share one listener.
public protocol Listener: AnyObject, Sendable {
    /// With the port that was given, where none was asked for.
    var address: SocketAddress { get }
    /// Takes one connection without waiting.
    func accept() -> AcceptOutcome
    /// Closing twice does nothing; `accept` answers `.notReady` from then on.
    func close()
}

/// What a loop wants to be told of a socket. Failures are told always.
public struct Interest: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let reading = Interest(rawValue: 1)
    public static let writing = Interest(rawValue: 2)
}

/// What a socket is ready for.
public struct Readiness: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A read answers something: bytes, an end, or a failure.
    public static let reading = Readiness(rawValue: 1)
    /// A write takes bytes or fails.
    public static let writing = Readiness(rawValue: 2)
    /// The connection is gone in both directions.
    public static let failed = Readiness(rawValue: 4)
}

/// One socket that is ready.
public struct ReadyEvent: Hashable, Sendable {
    /// The number under which it was added.
    public var token: UInt64
    public var readiness: Readiness

    public init(token: UInt64, readiness: Readiness) {
        self.token = token
        self.readiness = readiness
    }
}

/// Waits for many sockets at once. Readiness is told as long as it lasts, not only when it comes.
///
/// *Threads*: one event loop owns it; only its waker goes to others.
public protocol Poller: AnyObject {
    /// Wakes a wait of this poller, or the next one if none is on.
    var waker: any Waker { get }

    /// - Throws: when the system has no memory for another entry.
    func add(
        _ socket: any StreamSocket, token: UInt64, for interest: Interest
    ) throws(TransportError)
    func change(_ socket: any StreamSocket, token: UInt64, to interest: Interest)
    func remove(_ socket: any StreamSocket)

    /// A listener is ready for reading when somebody waits.
    func add(_ listener: any Listener, token: UInt64) throws(TransportError)
    func remove(_ listener: any Listener)

    /// Replaces `ready` by the sockets that are; none after a wake-up or at the deadline.
    /// - Parameter deadline: nil waits for as long as it takes; one that has passed only looks.
    func wait(until deadline: Instant?, into ready: inout [ReadyEvent])
}

/// Ends the wait of a poller from another thread.
public protocol Waker: AnyObject, Sendable {
    func wake()
}
