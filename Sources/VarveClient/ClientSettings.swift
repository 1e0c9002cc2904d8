public import VarveTerms

/// What a client goes by.
public struct ClientSettings: Hashable, Sendable {
    /// As what brokers know it.
    public var clientID = "varve"
    /// How long a question may take, with all its retries.
    public var patience = Duration.seconds(30)
    /// How long connecting to one broker may take.
    public var connectPatience = Duration.seconds(10)
    /// The first rest before a question is asked again; it doubles with each, up to the second.
    public var retryPause = Duration.milliseconds(50)
    public var retryPauseMax = Duration.seconds(1)
    /// The longest answer that is taken. Kafka's own clients fetch 50 MiB at most by default, and
    /// one batch beyond that.
    public var answerSizeMax = ByteCount.mib(256)

    public init() {}
}
