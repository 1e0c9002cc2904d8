/// How a response tells what went wrong. Codes that the table does not know are kept.
public struct ErrorCode: RawRepresentable, Hashable, Sendable {
    public var rawValue: Int16

    @inlinable public init(rawValue: Int16) { self.rawValue = rawValue }

    /// Kafka's name, `NOT_LEADER_OR_FOLLOWER`; `UNKNOWN_CODE_n` for a code outside the table.
    public var name: String { known.map { "\($0.name)" } ?? "UNKNOWN_CODE_\(rawValue)" }

    /// Whether a client may send the same request again. False for a code outside the table.
    public var isRetriable: Bool { known?.isRetriable ?? false }
}

extension ErrorCode: CustomStringConvertible {
    public var description: String { name }
}
