public import VarveWire

/// Why the controller turns a request down: what the client is told.
public struct Refusal: Error, Hashable, Sendable {
    public var code: ErrorCode
    public var message: String

    public init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }
}
