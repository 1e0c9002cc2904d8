/// What the table says of one message as a whole.
public struct MessageSchema: Sendable {
    /// What Kafka calls it: `FetchRequest`.
    public let name: StaticString
    /// The API's key, or the number by which a log of Kafka's own knows the record.
    public let key: Int16?
    /// The versions that can be decoded and encoded.
    public let versions: ClosedRange<Int16>
    /// The first version with compact lengths and tagged fields (KIP-482); nil while none has.
    public let flexibleFrom: Int16?

    public func isFlexible(_ version: Int16) -> Bool { flexibleFrom.map { version >= $0 } ?? false }
}
