public import VarveTerms

/// What one event loop allows its connections. The names in the comments are Kafka's properties.
public struct LoopLimits: Hashable, Sendable {
    /// `socket.request.max.bytes`: the longest request, without its size. 100 MiB, as in Kafka.
    public var frameSizeMax = ByteCount.mib(100)
    /// `connections.max.idle.ms`: a connection without a request, unfinished or unanswered, is
    /// closed after this. 10 minutes, as in Kafka.
    public var idleMax = Duration.seconds(600)
    /// A request of which no more bytes come, or an answer of which no more are taken, for so long
    /// ends the connection. Kafka has no such limit; a minute outlasts what TCP mends by itself.
    public var stallMax = Duration.seconds(60)
    /// Requests of one connection that wait for their answers; no more are read meanwhile. Kafka
    /// has one; clients send five ahead by default.
    public var requestsInFlightMax = 64
    /// While more bytes of answers wait on one connection, no more requests are read of it: 1 MiB
    /// and one answer is what a peer can make a server hold.
    public var outputSizeMax = ByteCount.mib(1)
    /// One read takes at most so much; the memory is shared by all connections of a loop.
    public var readSize = ByteCount.kib(256)
    /// Messages from other threads that wait for the loop.
    public var mailboxCountMax = 65_536

    public init() {}
}

/// What all event loops of a server allow together.
public struct ServerLimits: Hashable, Sendable {
    /// `max.connections`. Kafka's default is no limit; here it is what descriptors allow.
    public var connectionsMax = 16_384
    /// `max.connections.per.ip`. No limit of its own by default, as in Kafka.
    public var connectionsPerAddressMax = Int.max
    /// `max.connections.per.ip.overrides`: addresses that may have more, or fewer.
    public var connectionsMaxOf: [IPAddress: Int] = [:]
    /// `queued.max.request.bytes`: what unfinished requests may hold. No limit in Kafka; here
    /// 256 MiB, room for two of the longest and all of the usual ones.
    public var requestMemoryMax = ByteCount.mib(256)
    /// What answers that wait to be sent may hold, bytes of files not counted. No limit in Kafka,
    /// where one answer of each connection waits; here so many may, up to 256 MiB.
    public var answerMemoryMax = ByteCount.mib(256)

    public init() {}
}
