public import VarveTerms

/// A record of `__consumer_offsets` that concerns share groups, with the fields of Kafka's schemas;
/// a nil value is a tombstone.
public enum ShareGroupRecord: Hashable, Sendable {
    /// `ShareGroupMemberMetadata` (type 10).
    case member(group: String, member: String, ShareMemberProfile?)
    /// `ShareGroupMetadata` (type 11).
    case group(String, ShareGroupEpoch?)
    /// `ShareGroupTargetAssignmentMetadata` (type 12).
    case targetEpoch(group: String, ShareTargetEpoch?)
    /// `ShareGroupTargetAssignmentMember` (type 13).
    case target(group: String, member: String, ShareAssignment?)
    /// `ShareGroupCurrentMemberAssignment` (type 14).
    case current(group: String, member: String, ShareCurrentAssignment?)
    /// `ShareGroupStatePartitionMetadata` (type 15).
    case topics(group: String, ShareGroupTopics?)

    /// Of which group it is.
    public var group: String {
        switch self {
        case .member(let group, _, _), .group(let group, _), .targetEpoch(let group, _),
            .target(let group, _, _), .current(let group, _, _), .topics(let group, _):
            group
        }
    }
}

/// What a member says about itself.
public struct ShareMemberProfile: Hashable, Sendable {
    public var rackID: String?
    public var clientID: String
    /// `/` and the address.
    public var clientHost: String
    /// In ascending order.
    public var topics: [String]

    public init(rackID: String?, clientID: String, clientHost: String, topics: [String]) {
        (self.rackID, self.clientID) = (rackID, clientID)
        (self.clientHost, self.topics) = (clientHost, topics)
    }
}

/// Which version of a group's members and topics is the present one.
public struct ShareGroupEpoch: Hashable, Sendable {
    public var epoch: Int32
    /// Tells one state of the subscribed topics from another; 0: none.
    public var topicsHash: Int64

    public init(epoch: Int32, topicsHash: Int64) {
        (self.epoch, self.topicsHash) = (epoch, topicsHash)
    }
}

/// To which epoch of the group its target assignment belongs, and when it was made.
public struct ShareTargetEpoch: Hashable, Sendable {
    public var epoch: Int32
    public var timestamp: Timestamp

    public init(epoch: Int32, timestamp: Timestamp) {
        (self.epoch, self.timestamp) = (epoch, timestamp)
    }
}

/// What a member was told to fetch.
public struct ShareCurrentAssignment: Hashable, Sendable {
    public var epoch: Int32
    public var previousEpoch: Int32
    public var assignment: ShareAssignment

    public init(epoch: Int32, previousEpoch: Int32, assignment: ShareAssignment) {
        (self.epoch, self.previousEpoch, self.assignment) = (epoch, previousEpoch, assignment)
    }
}

/// Of which topics a group has states, or is about to.
public struct ShareGroupTopics: Hashable, Sendable {
    /// A topic with some of its partitions.
    public struct Topic: Hashable, Sendable {
        public var name: String
        public var partitions: Set<Int32>

        public init(name: String, partitions: Set<Int32>) {
            (self.name, self.partitions) = (name, partitions)
        }
    }

    public var initializing: [UniqueID: Topic] = [:]
    public var initialized: [UniqueID: Topic] = [:]
    /// Names of topics whose states go.
    public var deleting: [UniqueID: String] = [:]

    public init() {}

    public var isEmpty: Bool { initializing.isEmpty && initialized.isEmpty && deleting.isEmpty }
}
