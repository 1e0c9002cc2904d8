public import VarveTerms

/// What a broker has done in the background since it was started.
public struct UpkeepReport: Hashable, Sendable {
    /// One kind of work.
    public struct Tally: Hashable, Sendable {
        /// Rounds that were concluded.
        public var roundCount = 0
        /// Logs that were worked on.
        public var logCount = 0
        /// Logs, or other things, that work failed on, and what the last failure was.
        public var failureCount = 0
        public var lastFailure: String?
        /// When the last round began and ended, by the wall clock; nil for never.
        public var lastBegan: Timestamp?
        public var lastEnded: Timestamp?
        /// Whether a round is on.
        public var isOn = false
    }

    /// By the number of the kind.
    private var tallies = UpkeepKind.allCases.map { _ in Tally() }

    public internal(set) subscript(kind: UpkeepKind) -> Tally {
        get { tallies[kind.rawValue] }
        set { tallies[kind.rawValue] = newValue }
    }

    /// Segments that retention deleted.
    public internal(set) var segmentsDeleted = 0
    /// Records that compaction took out.
    public internal(set) var recordsCompacted: Int64 = 0
    /// Bytes of segments before and after they were compacted.
    public internal(set) var sizeBeforeCompaction = ByteCount.zero
    public internal(set) var sizeAfterCompaction = ByteCount.zero
    /// Bytes that scrubs have gone through.
    public internal(set) var sizeScrubbed = ByteCount.zero
    /// Places at which a scrub met damage, those known before among them.
    public internal(set) var damageFound = 0
    /// Logs that went on after a failed flush, and partitions that could be opened at last.
    public internal(set) var logsResumed = 0
    /// Partitions that cannot be written to just now.
    public internal(set) var failingCount = 0

    public init() {}
}
