/// One history: what takes part in it, and the seed that decides all the rest.
struct Schedule: Hashable {
    /// Who takes part.
    enum Kind: String, CaseIterable {
        /// Members of both protocols of consumer groups, with offsets.
        case groups
        /// Members of both protocols in one group.
        case migrating
        /// Producers of all kinds, and readers of what is committed.
        case transactions
        /// Copiers of records, exactly once.
        case copying
        /// Members of a share group.
        case shares
        /// Some of each, while topics come and go.
        case everything
    }

    var kind: Kind
    var seed: UInt64
    var bug: PlantedBug?

    /// What runs it again.
    var command: String {
        "VARVE_SCHEDULE=\(kind.rawValue) VARVE_SEED=\(seed) swift test --filter ScheduleTests"
    }
}

/// Something that is wrong on purpose, to see that the oracles notice.
enum PlantedBug: String, CaseIterable {
    /// Answers leave without the flush that they wait for.
    case answersBeforeFlush
    /// The logs of coordinators are not flushed before their answers leave.
    case coordinatorsBeforeFlush
    /// A partition gets no markers from time to time.
    case markersOmitted
    /// Readers of what is committed are given what is open.
    case stableOffsetIgnored
    /// Offsets count before their transaction is committed.
    case offsetsAtOnce
    /// A fenced producer's batch gets by the check of its epoch.
    case fencedWriter
    /// A member of a consumer group keeps a partition that it has told it gave up.
    case ownerKept
    /// A group's leader gives a partition to two.
    case partitionGivenTwice
    /// A copier commits its offsets beside its transactions.
    case offsetsBesideTransaction
    /// Who has the records of a share group is forgotten from time to time.
    case locksForgotten
    /// Offsets that were committed are forgotten from time to time.
    case offsetsForgotten
    /// Members of groups are never given up, however long they are silent.
    case silenceIgnored

    /// The kind of schedule that shows it.
    var kind: Schedule.Kind {
        switch self {
        case .answersBeforeFlush, .markersOmitted, .stableOffsetIgnored, .fencedWriter,
            .offsetsAtOnce:
            .transactions
        case .coordinatorsBeforeFlush, .ownerKept, .partitionGivenTwice, .offsetsForgotten,
            .silenceIgnored:
            .groups
        case .offsetsBesideTransaction: .copying
        case .locksForgotten: .shares
        }
    }
}
