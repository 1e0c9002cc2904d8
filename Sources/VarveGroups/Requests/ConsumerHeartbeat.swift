public import VarveTerms

/// ConsumerGroupHeartbeat: a member joins, tells what it has, learns what it is to have, or leaves.
public struct ConsumerHeartbeat: Hashable, Sendable {
    /// The version of the request: from 1 on members choose their ids.
    public var version: Int16
    public var group: String
    public var memberID: String
    /// 0 joins, −1 leaves, −2 leaves for a static member that comes back.
    public var epoch: Int32
    public var instanceID: String?
    public var rackID: String?
    /// −1: as before.
    public var rebalanceTimeoutMs: Int32
    /// Nil: as before.
    public var subscribedTopics: [String]?
    /// Nil: as before; empty: none.
    public var subscribedPattern: String?
    /// Nil: as before.
    public var assignor: String?
    /// What the member has; nil: as before.
    public var owned: PartitionSet?

    public init(
        version: Int16 = 1, group: String, memberID: String, epoch: Int32,
        instanceID: String? = nil, rackID: String? = nil, rebalanceTimeoutMs: Int32 = -1,
        subscribedTopics: [String]? = nil, subscribedPattern: String? = nil,
        assignor: String? = nil, owned: PartitionSet? = nil
    ) {
        (self.version, self.group, self.memberID) = (version, group, memberID)
        (self.epoch, self.instanceID, self.rackID) = (epoch, instanceID, rackID)
        self.rebalanceTimeoutMs = rebalanceTimeoutMs
        self.subscribedTopics = subscribedTopics
        self.subscribedPattern = subscribedPattern
        (self.assignor, self.owned) = (assignor, owned)
    }

    /// Whether it says everything, as members do when they join and after errors: it is answered
    /// with everything then.
    var isFull: Bool {
        epoch == ConsumerEpoch.join
            || (rebalanceTimeoutMs != -1 && owned != nil
                && (subscribedTopics != nil || subscribedPattern != nil))
    }
}

/// What a heartbeat comes with beside what it says.
public struct ConsumerContext: Hashable, Sendable {
    public var clientID: String
    public var clientHost: String
    /// Names the member if it has no id.
    public var uniqueID: UniqueID
    public var times: ConsumerTimes
    /// How many members all consumer groups of the broker have, as far as the caller knows; the
    /// more there are, the longer each waits between heartbeats.
    public var memberCount: Int
    /// How long bytes take to the member and back: it never waits less than four times that.
    public var roundTrip: Duration

    public init(
        clientID: String, clientHost: String, uniqueID: UniqueID, times: ConsumerTimes,
        memberCount: Int = 0, roundTrip: Duration = .zero
    ) {
        (self.clientID, self.clientHost) = (clientID, clientHost)
        (self.uniqueID, self.times) = (uniqueID, times)
        (self.memberCount, self.roundTrip) = (memberCount, roundTrip)
    }
}

/// The times of one consumer group; each names the property of groups that sets it.
public struct ConsumerTimes: Hashable, Sendable {
    /// `consumer.session.timeout.ms`: a member that is silent for so long is removed.
    public var sessionTimeout: Duration = .milliseconds(45_000)
    /// `consumer.heartbeat.interval.ms`: how long members wait between heartbeats at most.
    public var heartbeatInterval: Duration = .milliseconds(5000)
    /// `varve.consumer.heartbeat.interval.min.ms`: how long they wait where there are few of them.
    public var heartbeatIntervalMin: Duration = .milliseconds(250)
    /// `consumer.assignment.interval.ms`: how long a target stays before the next is computed.
    public var assignmentInterval: Duration = .milliseconds(1000)

    public init() {}
}

/// The answer to a ConsumerGroupHeartbeat.
public struct ConsumerHeartbeatAnswer: Hashable, Sendable {
    public var error: GroupError?
    public var message: String?
    /// Nil in refusals.
    public var memberID: String?
    public var epoch: Int32 = 0
    public var heartbeatIntervalMs: Int32 = 0
    /// What the member is to have; nil: what it was told before.
    public var assignment: PartitionSet?

    init(memberID: String, epoch: Int32) { (self.memberID, self.epoch) = (memberID, epoch) }

    init(_ refusal: GroupRefusal) { (error, message) = (refusal.error, refusal.message) }
}

/// Why a group refuses a request, with words for people.
struct GroupRefusal: Error, Hashable {
    var error: GroupError
    var message: String

    init(_ error: GroupError, _ message: String) { (self.error, self.message) = (error, message) }
}
