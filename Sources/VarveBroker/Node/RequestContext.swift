internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// A request that is being answered.
struct RequestContext: Sendable {
    var slot: AnswerSlot
    var api: APIKey
    var version: Int16
    var correlationID: Int32
    var clientID: String?
    /// `/` and the address, as Kafka writes it.
    var clientHost: String
    /// By which listener it came: clients are told of addresses that they can reach.
    var listener: Int
    var arrival: Instant
    var wallClock: Timestamp
}
