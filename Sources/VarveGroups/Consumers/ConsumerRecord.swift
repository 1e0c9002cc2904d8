public import VarveTerms

/// A record of `__consumer_offsets` that concerns one consumer group; nil is a tombstone.
///
/// *Source*: Kafka's `ConsumerGroup…Key` and `…Value`, all in version 0.
public enum ConsumerRecord: Hashable, Sendable {
    /// `ConsumerGroupMetadata` (type 3).
    case epoch(StoredEpoch?)
    /// `ConsumerGroupMemberMetadata` (type 5).
    case member(String, MemberProfile?)
    /// `ConsumerGroupTargetAssignmentMetadata` (type 6).
    case targetEpoch(StoredTargetEpoch?)
    /// `ConsumerGroupTargetAssignmentMember` (type 7).
    case target(String, PartitionSet?)
    /// `ConsumerGroupCurrentMemberAssignment` (type 8).
    case current(String, CurrentAssignment?)
    /// `ConsumerGroupRegularExpression` (type 16).
    case pattern(String, StoredPattern?)

    /// Whether it is no tombstone.
    public var isValue: Bool {
        switch self {
        case .epoch(let value): value != nil
        case .member(_, let value): value != nil
        case .targetEpoch(let value): value != nil
        case .target(_, let value): value != nil
        case .current(_, let value): value != nil
        case .pattern(_, let value): value != nil
        }
    }

    /// An upper bound of the size of the encoded record.
    var sizeMax: Int {
        switch self {
        case .epoch, .targetEpoch: 64
        case .member(let id, let profile): 64 + id.utf8.count + (profile?.sizeMax ?? 0)
        case .target(let id, let set): 64 + id.utf8.count + (set?.sizeMax ?? 0)
        case .current(let id, let current):
            128 + id.utf8.count
                + (current.map {
                    $0.assigned.partitions.sizeMax * 2 + $0.pendingRevocation.partitions.sizeMax * 2
                } ?? 0)
        case .pattern(let text, let stored):
            64 + text.utf8.count + (stored?.topics.reduce(0) { $0 + $1.utf8.count + 5 } ?? 0)
        }
    }
}

/// `ConsumerGroupMetadataValue`.
public struct StoredEpoch: Hashable, Sendable {
    public var epoch: Int32
    /// `TopicCatalog.fingerprint` of the subscribed topics.
    public var metadataHash: Int64

    public init(epoch: Int32, metadataHash: Int64) {
        (self.epoch, self.metadataHash) = (epoch, metadataHash)
    }
}

/// `ConsumerGroupTargetAssignmentMetadataValue`.
public struct StoredTargetEpoch: Hashable, Sendable {
    public var epoch: Int32
    /// When the target was computed.
    public var timestamp: Timestamp

    public init(epoch: Int32, timestamp: Timestamp) {
        (self.epoch, self.timestamp) = (epoch, timestamp)
    }
}

/// `ConsumerGroupRegularExpressionValue`.
public struct StoredPattern: Hashable, Sendable {
    /// The topics that match.
    public var topics: Set<String>
    /// The version of the metadata that was searched.
    public var version: Int64
    public var timestamp: Timestamp

    public init(topics: Set<String>, version: Int64, timestamp: Timestamp) {
        (self.topics, self.version, self.timestamp) = (topics, version, timestamp)
    }
}
