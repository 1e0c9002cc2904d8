internal import VarveTerms

/// What background work goes by. The names in brackets are properties of the broker.
struct UpkeepSettings: Hashable, Sendable {
    /// How often retention goes through the logs (`log.retention.check.interval.ms`).
    var retentionInterval = Duration.seconds(300)
    /// How long after a write its log is noted in the checkpoints
    /// (`log.flush.offset.checkpoint.interval.ms`).
    var checkpointInterval = Duration.seconds(60)
    /// How long the files of a deleted topic stay (`log.segment.delete.delay.ms`).
    var removalDelay = Duration.seconds(60)
    /// How long after a look for logs to clean the next one is (`log.cleaner.backoff.ms`).
    var cleanerBackoff = Duration.seconds(15)
    /// Whether logs are cleaned (`log.cleaner.enable`, and `log.cleaner.threads` above 0).
    var isCleaning = true
    /// How many bytes a second a cleaning reads and writes together; nil for as many as there can
    /// be (`log.cleaner.io.max.bytes.per.second`).
    var cleanerRate: ByteCount?
    /// From the beginning of a scrub to that of the next; nil for none
    /// (`varve.scrub.interval.ms`).
    var scrubInterval: Duration? = .seconds(7 * 24 * 3600)
    /// How many bytes a second a scrub reads (`varve.scrub.bytes.per.second`).
    var scrubRate = ByteCount.mib(16)

    init() {}

    init(_ configs: BrokerConfigs) {
        let number = { (name: String) in configs.value(of: name).flatMap { Int64($0) } }
        let duration = { (name: String, standard: Duration) in
            number(name).map { Duration.bounded(milliseconds: $0) } ?? standard
        }
        retentionInterval = duration("log.retention.check.interval.ms", retentionInterval)
        checkpointInterval = duration(
            "log.flush.offset.checkpoint.interval.ms", checkpointInterval)
        removalDelay = duration("log.segment.delete.delay.ms", removalDelay)
        cleanerBackoff = duration("log.cleaner.backoff.ms", cleanerBackoff)
        isCleaning =
            configs.value(of: "log.cleaner.enable") != "false" && number("log.cleaner.threads") != 0
        if let rate = configs.value(of: "log.cleaner.io.max.bytes.per.second").flatMap(Double.init),
            rate < 1e15
        {
            cleanerRate = ByteCount(max(1, Int(rate)))
        }
        if let interval = number("varve.scrub.interval.ms") {
            scrubInterval = interval < 0 ? nil : .bounded(milliseconds: max(1000, interval))
        }
        if let rate = number("varve.scrub.bytes.per.second") {
            scrubRate = ByteCount(Int(max(1, rate)))
        }
    }
}

extension Duration {
    /// A thousand years at most: sums with the time never overflow, and the engine takes it.
    static func bounded(milliseconds: Int64) -> Duration {
        .milliseconds(min(max(0, milliseconds), 1000 * 365 * 24 * 3_600_000))
    }
}
