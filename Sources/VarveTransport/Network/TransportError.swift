public import VarveSystem

/// A call of the network that failed before there was a connection to tell it to.
public enum TransportError: Error, Hashable, Sendable {
    /// Somebody listens there already: another process, or this one.
    case addressInUse(Endpoint)
    /// The name of the host leads to no address; `reason` is the resolver's.
    case unknownHost(String, reason: String)
    /// The system refused.
    case failed(Operation, Endpoint?, SystemError)

    /// What was tried.
    public enum Operation: String, Hashable, Sendable {
        case listen = "listen on"
        case connect = "connect to"
        case poll = "make a poller"
    }
}

extension TransportError: CustomStringConvertible {
    /// `cannot listen on localhost:9092: the address is in use`.
    public var description: String {
        switch self {
        case .addressInUse(let endpoint): "cannot listen on \(endpoint): the address is in use"
        case .unknownHost(let host, let reason): "cannot find the host '\(host)': \(reason)"
        case .failed(let operation, let endpoint?, let error):
            "cannot \(operation.rawValue) \(endpoint): \(error)"
        case .failed(let operation, nil, let error): "cannot \(operation.rawValue): \(error)"
        }
    }
}
