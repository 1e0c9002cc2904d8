public import VarveBroker
public import VarveTransport
public import VarveWire

/// Why a broker of a test did not start, or did not do what the test asked of it.
public enum TestBrokerError: Error, Sendable {
    /// A property is unknown, or its value cannot be.
    case settings(SettingsError)
    /// The broker could not open its data, or could not close it.
    case broker(BrokerError)
    /// The port is taken, or the system gives no sockets.
    case transport(TransportError)
    /// The system gives no more threads.
    case noThread
    /// The broker is not running.
    case isDown
    /// The broker closed the connection instead of an answer.
    case closed
    /// No answer came in the time given.
    case noAnswer
    /// The answer cannot be read as what was asked for.
    case unreadable(String)
    /// The broker refused with a code.
    case refused(ErrorCode)
}

extension TestBrokerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .settings(let error): "\(error)"
        case .broker(let error): "\(error)"
        case .transport(let error): "\(error)"
        case .noThread: "the system gives no more threads"
        case .isDown: "the broker is not running"
        case .closed: "the broker closed the connection"
        case .noAnswer: "the broker did not answer in time"
        case .unreadable(let reason): "the answer cannot be read: \(reason)"
        case .refused(let code): "the broker refused: \(code)"
        }
    }
}
