public import VarveSystem
public import VarveTerms
public import VarveTransport

/// A connection whose calls wait: for the peer, for a deadline, or for a signal to stop.
///
/// *Threads*: one owner.
public protocol ClientSocket: AnyObject {
    /// Sends all of `bytes`.
    /// - Throws: `SocketFailure`; any part of the bytes may have been sent.
    func write(_ bytes: RawSpan, until deadline: Instant) throws(SocketFailure)

    /// Waits for bytes and reads what is there into `buffer`, from its start.
    /// - Returns: how many, at least one.
    /// - Throws: `SocketFailure`, `.ended` when the peer sends no more.
    func read(
        into buffer: inout MutableRawSpan, until deadline: Instant
    ) throws(SocketFailure) -> Int

    /// Closing twice does nothing.
    func close()
}

/// Where a client's connections, time and rests come from: the machine in life, a scripted peer in
/// tests.
public protocol ClientNetwork: AnyObject {
    var clock: any Clock { get }

    /// Connects to the first address of the endpoint's host that takes the connection.
    func connect(
        to endpoint: Endpoint, until deadline: Instant
    ) throws(SocketFailure) -> any ClientSocket

    /// Rests for about `duration`.
    /// - Throws: `.stopped` when somebody asks for the end meanwhile.
    func rest(for duration: Duration) throws(SocketFailure)
}

/// Why a socket did not do what it was asked.
public enum SocketFailure: Error, Hashable, Sendable {
    /// The name of the host leads to no address; the reason is the resolver's.
    case unknownHost(reason: String)
    case system(SystemError)
    /// The deadline came first.
    case timedOut
    /// The peer ended the connection.
    case ended
    /// It speaks before it is asked, which no broker does.
    case strange
    /// Somebody asked for the end.
    case stopped
}

extension SocketFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownHost(let reason): reason
        case .system(let error): "\(error)"
        case .timedOut: "no answer in time"
        case .ended: "the broker closed the connection"
        case .strange: "who listens there is no broker: it speaks before it is asked"
        case .stopped: "stopped"
        }
    }
}
