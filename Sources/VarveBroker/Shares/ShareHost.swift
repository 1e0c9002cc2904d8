internal import VarveShares
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// The share groups of this node: who is in them, what they have done, and who waits for records.
///
/// What is kept lies in two topics: membership in `__consumer_offsets`, with the groups of other
/// kinds, and states of share partitions in `__share_group_state`. Each partition of either is read
/// when something of it is first asked for.
///
/// *Threads*: owned by the broker's shard.
struct ShareHost {
    static let stateTopic = InternalTopic.shareStates.rawValue

    /// By partition of `__consumer_offsets`.
    var groups = CoordinatorTable<ShareGroupCoordinator>()
    /// By partition of `__share_group_state`.
    var states = CoordinatorTable<ShareStateCoordinator>()
    /// Share partitions that somebody uses.
    var partitions: [SharePartitionKey: SharePartition] = [:]
    var sessions: ShareSessions<ConnectionID>
    var fetches = WaitingShareFetches()
    /// When locks of share partitions end. Of those without any: when they go from memory.
    var alarms = AlarmQueue<SharePartitionKey>()
    /// Share partitions with records that somebody gave back.
    var stirred: Set<SharePartitionKey> = []
    /// Logs that did not take a write in this turn: what they have cannot be known before its end.
    var unsettled: Set<LogPlace> = []

    /// A partition of one of the two topics.
    struct LogPlace: Hashable {
        var topic: String
        var index: Int32

        init(_ partition: Partition) { (topic, index) = (partition.topic, partition.index) }
    }

    init(sessionCountMax: Int) { sessions = ShareSessions(countMax: sessionCountMax) }

    /// When something is to be done, or earlier.
    var nextDeadline: Instant? {
        guard stirred.isEmpty else { return Instant(nanoseconds: .min) }
        return [
            groups.nextDeadline, states.nextDeadline, alarms.first, fetches.nextDeadline,
        ].compactMap { $0 }.min()
    }

    /// Keeps a share partition for as long as somebody has records of it, and a while longer: what
    /// lasts of it is in its state.
    mutating func keep(
        _ partition: consuming SharePartition, _ key: SharePartitionKey, now: Instant
    ) {
        if partition.nextOffset < partition.end { stirred.insert(key) }
        alarms.set(partition.nextLockEnd ?? now.advanced(by: Self.restTime), for: key)
        partitions[key] = partition
    }

    /// How long a share partition stays in memory of which nobody has records: longer than the
    /// pauses of members that go on, and not so long that those that were once used pile up.
    static let restTime = Duration.seconds(60)

    mutating func forget(_ key: SharePartitionKey) {
        partitions[key] = nil
        alarms.set(nil, for: key)
    }
}

/// A request while it is worked on: the time, and the logs that its answer depends on.
struct ShareWork {
    let now: Instant
    let wallClock: Timestamp
    var logs: [Partition] = []

    init(_ context: RequestContext) { self.init(context.arrival, context.wallClock) }
    init(_ now: Instant, _ wallClock: Timestamp) {
        (self.now, self.wallClock) = (now, wallClock)
    }

    /// Whether what was decided may be lost.
    var isLost: Bool { logs.contains { $0.flushFailure != nil } }
}

/// Why something of share groups cannot be done.
enum ShareTrouble: Error {
    case refused(ShareRefusal)
    /// An internal topic can be neither made nor read, nor written to.
    case noCoordinator
    /// Nobody has begun the state of a share partition.
    case noState
    case unknownTopicID
    case storage

    init(_ error: ShareError, _ message: String? = nil) {
        self = .refused(ShareRefusal(error, message))
    }

    var code: ErrorCode {
        switch self {
        case .refused(let refusal): refusal.error.code
        case .noCoordinator: .coordinatorNotAvailable
        case .noState: .unknownServerError
        case .unknownTopicID: .unknownTopicId
        case .storage: .kafkaStorageError
        }
    }

    var message: String? {
        if case .refused(let refusal) = self { refusal.message } else { nil }
    }
}

extension ShareError {
    /// Its number on the wire.
    var code: ErrorCode {
        switch self {
        case .unknownTopicOrPartition: .unknownTopicOrPartition
        case .invalidGroupID: .invalidGroupId
        case .unknownMemberID: .unknownMemberId
        case .invalidRequest: .invalidRequest
        case .nonEmptyGroup: .nonEmptyGroup
        case .groupIDNotFound: .groupIdNotFound
        case .fencedLeaderEpoch: .fencedLeaderEpoch
        case .groupMaxSizeReached: .groupMaxSizeReached
        case .fencedMemberEpoch: .fencedMemberEpoch
        case .invalidRecordState: .invalidRecordState
        case .shareSessionNotFound: .shareSessionNotFound
        case .invalidShareSessionEpoch: .invalidShareSessionEpoch
        case .fencedStateEpoch: .fencedStateEpoch
        case .shareSessionLimitReached: .shareSessionLimitReached
        }
    }
}

extension Broker {
    /// Answers once everything is durable that the answer depends on.
    /// - Parameter refuse: takes back what the answer says, where that failed.
    func answer<Response: WireMessage>(
        _ response: Response, lending records: [any LentBytes] = [], after work: ShareWork,
        to context: RequestContext, refuse: @escaping (inout Response) -> Void
    ) {
        afterFlush.append { loop in
            guard work.isLost else {
                return self.answer(response, lending: records, to: context, on: loop)
            }
            var response = response
            refuse(&response)
            self.answer(response, to: context, on: loop)
        }
    }
}
