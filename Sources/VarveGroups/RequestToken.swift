/// Names a request whose answer comes later; the caller chooses it and sees it once more, in
/// exactly one `GroupEffect.answer`.
public struct RequestToken: Hashable, Sendable {
    public let rawValue: UInt64

    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}
