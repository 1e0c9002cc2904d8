public import VarveLog
public import VarveMetadata
public import VarveTerms
public import VarveTransport

/// Why a broker cannot start, or cannot go on.
public enum BrokerError: Error, Sendable {
    case log(LogError)
    case transport(TransportError)
    /// A record of the metadata log cannot be read, or does not fit those before it.
    case metadata(offset: Offset, MetadataError)
    /// A directory belongs to another node than the settings say.
    case otherNode(path: String, found: Int32, expected: Int32)
}

extension BrokerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .log(let error): "\(error)"
        case .transport(let error): "\(error)"
        case .metadata(let offset, let error):
            "the metadata log cannot be read at offset \(offset): \(error)"
        case .otherNode(let path, let found, let expected):
            "\(path) belongs to node \(found), but node.id is \(expected); "
                + "set node.id=\(found), or use another directory"
        }
    }
}
