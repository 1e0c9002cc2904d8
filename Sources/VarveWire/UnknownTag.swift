/// A tagged field that the table does not know. It is kept, so that it is encoded again.
public struct UnknownTag: Hashable, Sendable {
    public var tag: UInt32
    public var bytes: [UInt8]

    public init(tag: UInt32, bytes: [UInt8]) {
        self.tag = tag
        self.bytes = bytes
    }
}
