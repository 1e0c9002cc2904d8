internal import VarveLog
internal import VarveTerms

/// What a broker knows of its background work.
///
/// *Threads*: owned by the broker's shard.
struct Upkeep {
    var plan: UpkeepPlan
    var report = UpkeepReport()
    let diagnostics: any Diagnostics

    /// Logs that were written to since their ends were last noted.
    var touched: [PartitionKey] = []
    /// Where the metadata log ended when last looked at, and whether that is to be noted.
    var metadataEnd = Offset.zero
    var isMetadataTouched = false
    /// Compacted logs that were written to since they were last looked at, or that time alone may
    /// make worth a cleaning.
    var candidates: [PartitionKey] = []
    /// When retention has to look at the logs of a topic that rest; topics that are missing here
    /// were not looked at.
    var restingDue: [UniqueID: Timestamp] = [:]
    /// Logs on which a call failed in a way that may have stopped them.
    var suspects: [PartitionKey] = []
    var isMetadataSuspect = false
    /// Whether the metadata names partitions that could not be opened.
    var lacksPartitions = false
    /// How long to wait before the next try to mend what failed.
    var recoveryPause = Upkeep.recoveryPauseMin
    /// Whether the operator was told that partitions cannot be written to, and when at the earliest
    /// to tell again.
    var isFailureTold = false
    var nextTelling = Instant(nanoseconds: .min)
    /// Whether properties changed that some work goes by.
    var isStale = false

    /// How many connections the loop was told to take.
    var connections: ConnectionSettings?

    /// The cleaning that is on.
    var cleaning: (key: PartitionKey, cleaner: LogCleaner)?
    /// Logs that could not be cleaned, and when to try again.
    var cleaningPauses: [PartitionKey: (length: Duration, until: Instant)] = [:]
    var scrub = ScrubStanding()
    /// What failed in the rounds that are on, by kind.
    private var troubles: [UpkeepKind: Trouble] = [:]
    /// The report when the round that is on began, by kind.
    private var starts: [UpkeepKind: UpkeepReport] = [:]

    struct Trouble {
        var count = 0
        var first: String
    }

    static let recoveryPauseMin = Duration.seconds(1)
    static let tellingPause = Duration.seconds(60)
    static let recoveryPauseMax = Duration.seconds(60)
    /// A log that cannot be cleaned is tried again after this, then after twice as long each time.
    static let cleaningPauseMin = Duration.seconds(60)
    static let cleaningPauseMax = Duration.seconds(24 * 3600)

    init(_ settings: UpkeepSettings, telling diagnostics: any Diagnostics, now: Instant) {
        plan = UpkeepPlan(settings, now: now)
        self.diagnostics = diagnostics
    }

    /// Takes note of a failure; the end of the round tells of all that it met, in one line.
    mutating func note(_ kind: UpkeepKind, failedOn subject: String, _ error: any Error) {
        let text = "\(subject): \(error)"
        report[kind].failureCount += 1
        report[kind].lastFailure = text
        troubles[kind, default: Trouble(first: text)].count += 1
    }

    /// A round begins.
    mutating func begin(_ kind: UpkeepKind, at now: Timestamp) {
        starts[kind] = report
        report[kind].lastBegan = now
    }

    /// Tells of what was done, and of what failed, in a round that is over.
    mutating func tell(of kind: UpkeepKind) {
        if let start = starts.removeValue(forKey: kind),
            let progress = report.progress(of: kind, since: start)
        {
            diagnostics.noteProgress(progress)
        }
        guard let trouble = troubles.removeValue(forKey: kind) else { return }
        let others = trouble.count > 1 ? ", and on \(trouble.count - 1) more" : ""
        diagnostics.note("\(kind) failed on \(trouble.first)\(others)")
    }
}

/// What background work remembers of one partition.
struct PartitionUpkeep {
    /// Whether it stands in `touched`.
    var isTouched = false
    /// Whether it stands in `candidates`.
    var isCandidate = false
    /// Whether it stands in `suspects`.
    var isSuspect = false
    /// Whether the last write or flush failed.
    var isFailing = false
    /// Whether a request asked for it since the last round of retention.
    var isUsed = false
    /// Whether background work opened its log, and no request asked for it since.
    var isVisited = false
}
