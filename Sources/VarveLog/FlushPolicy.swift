/// What an acknowledged append has survived; named for what it promises.
public enum FlushPolicy: Hashable, Sendable {
    /// Acknowledged means on disk: it survives `kill -9`, a crash of the system and a power cut.
    /// Appends that wait together share one flush. The default.
    case durable
    /// Acknowledged means in the page cache, and on disk at most this much later: it survives
    /// `kill -9`; a power cut may take what was appended in the last interval. `SharedLog` flushes
    /// by itself when the time has come; a `Log`, which has no thread, with the next append.
    case interval(Duration)
    /// Acknowledged means in the page cache: it survives `kill -9`; a power cut may take whatever
    /// the system has not written back yet. What Apache Kafka does by default.
    case pageCache
}
