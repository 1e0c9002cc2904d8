public import VarveWire

/// Why a record of the metadata log does not fit.
public enum MetadataError: Error, Hashable, Sendable {
    case unreadable(WireError)
    /// The batch that holds it is malformed.
    case damaged(String)
    /// It speaks of something that is not there.
    case unknown(String)
    /// A number in it cannot be.
    case unlawful(String)
    /// It stands where it may not.
    case misplaced(String)
}

extension MetadataError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let error): "\(error)"
        case .damaged(let reason), .unknown(let reason), .unlawful(let reason),
            .misplaced(let reason):
            reason
        }
    }
}
