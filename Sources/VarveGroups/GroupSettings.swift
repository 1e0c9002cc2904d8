public import VarveTerms

/// The limits and times of a coordinator; each names the broker property that sets it.
public struct GroupSettings: Hashable, Sendable {
    /// `group.initial.rebalance.delay.ms`: how long an empty group waits for more members before
    /// its first generation.
    public var initialRebalanceDelay: Duration = .milliseconds(3000)
    /// `group.min.session.timeout.ms`
    public var sessionTimeoutMin: Duration = .milliseconds(6000)
    /// `group.max.session.timeout.ms`
    public var sessionTimeoutMax: Duration = .milliseconds(1_800_000)
    /// `group.max.size`: how many members one group may have.
    public var groupSizeMax = Int(Int32.max)
    /// How many ids one group has given out to members that have not come back with them. Kafka
    /// has no such limit: there, joining without an id fills the coordinator's memory.
    public var pendingMemberCountMax = 10_000
    /// How many protocols a member may name; clients name one to four.
    public var protocolCountMax = 100
    /// `offset.metadata.max.bytes`: counts UTF-16 units, as Kafka does in spite of the name.
    public var offsetMetadataLengthMax = 4096
    /// `offsets.retention.minutes`
    public var offsetsRetention: Duration = .seconds(10_080 * 60)
    /// `offsets.retention.check.interval.ms`
    public var offsetsRetentionCheckInterval: Duration = .milliseconds(600_000)
    /// How large one list of records, and with it the record of one group, may be: Kafka's default
    /// for `message.max.bytes`, less the headers of the batch. A member's metadata is held to it.
    public var groupRecordSizeMax = ByteCount(1_048_588 - 512)
    /// How long a member that is new in the group may wait for its first generation. Until that
    /// it has no id to send heartbeats with, so the session timeout does not apply (KIP-345).
    public var newMemberJoinTimeout: Duration = .seconds(300)

    /// `group.consumer.max.size`: how many members one consumer group may have.
    public var consumerGroupSizeMax = Int(Int32.max)
    /// `group.consumer.assignors`: the first is for groups whose members name none.
    public var assignors: [PartitionAssignor] = [.uniform, .range]
    /// `group.consumer.migration.policy`
    public var migrationPolicy = GroupMigrationPolicy.bidirectional
    /// Of consumer groups without times of their own; also of all, until a heartbeat brings theirs.
    public var consumerTimes = ConsumerTimes()

    /// How many bytes of UTF-8 a name may have: records of groups write it behind an `int16`.
    static let nameSizeMax = Int(Int16.max)

    public init() {}
}
