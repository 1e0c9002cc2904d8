public import VarveTerms

/// One share group: its members, and what each is to fetch.
struct ShareGroup: Sendable {
    /// A member, with what was last written down of it.
    struct Member: Sendable {
        var profile = ShareMemberProfile(rackID: nil, clientID: "", clientHost: "", topics: [])
        var current = ShareCurrentAssignment(
            epoch: 0, previousEpoch: 0, assignment: ShareAssignment())
        /// When it is given up unless it is heard of.
        var sessionEnd = Instant(nanoseconds: .max)
    }

    let id: String
    var epoch = ShareGroupEpoch(epoch: 1, topicsHash: 0)
    var members: [String: Member] = [:]
    var targetEpoch = ShareTargetEpoch(epoch: 0, timestamp: .none)
    var target: [String: ShareAssignment] = [:]
    var topics = ShareGroupTopics()

    init(id: String) { self.id = id }

    var state: ShareGroupState { members.isEmpty ? .empty : .stable }

    /// Takes one of its records.
    mutating func apply(_ record: ShareGroupRecord) {
        switch record {
        case .member(_, let member, let profile?):
            members[member, default: Member()].profile = profile
        case .member(_, let member, nil): members[member] = nil
        case .group(_, let epoch): self.epoch = epoch ?? self.epoch
        case .targetEpoch(_, let epoch):
            targetEpoch = epoch ?? ShareTargetEpoch(epoch: 0, timestamp: .none)
        case .target(_, let member, let assignment): target[member] = assignment
        case .current(_, let member, let current?):
            members[member, default: Member()].current = current
        case .current(_, let member, nil):
            members[member]?.current = Member().current
        case .topics(_, let topics): self.topics = topics ?? ShareGroupTopics()
        }
    }

    var firstSessionEnd: Instant? { members.values.map(\.sessionEnd).min() }

    /// Why a member with this epoch is refused; nil when it is not. 0 joins.
    func refusal(of member: String, epoch: Int32) -> ShareRefusal? {
        guard let known = members[member]?.current else {
            guard epoch != 0 else { return nil }
            return ShareRefusal(
                .unknownMemberID, "Member \(member) is not a member of group \(id).")
        }
        let isKnown = epoch == 0 || epoch == known.epoch || epoch == known.previousEpoch
        guard epoch > known.epoch || !isKnown else { return nil }
        let size = epoch > known.epoch ? "greater" : "smaller"
        return ShareRefusal(
            .fencedMemberEpoch,
            "The share group member has a \(size) member epoch (\(epoch)) than the one known by "
                + "the group coordinator (\(known.epoch)). The member must abandon all its "
                + "partitions and rejoin.")
    }

    /// The partitions whose state is there, of the topics that a member subscribes to.
    func assignable(to names: some Sequence<String>) -> ShareAssignment {
        let names = Set(names)
        return ShareAssignment(
            topics.initialized.lazy.filter { names.contains($0.value.name) }
                .flatMap { id, topic in
                    topic.partitions.map { TopicPartition(topicID: id, index: $0) }
                })
    }

    /// What all members together are to fetch.
    var targetPartitions: ShareAssignment {
        ShareAssignment(target.values.flatMap(\.partitions))
    }

    var subscribedTopics: Set<String> {
        members.values.reduce(into: []) { $0.formUnion($1.profile.topics) }
    }

    /// The tombstones of a member.
    func departure(of member: String) -> [ShareGroupRecord] {
        [
            .current(group: id, member: member, nil), .target(group: id, member: member, nil),
            .member(group: id, member: member, nil),
        ]
    }

    /// The tombstones of everything but members.
    var end: [ShareGroupRecord] {
        [.targetEpoch(group: id, nil), .topics(group: id, nil), .group(id, nil)]
    }
}

/// What a share group does.
public enum ShareGroupState: Hashable, Sendable, CaseIterable {
    case empty
    case stable

    /// As Kafka spells it.
    public var name: String {
        switch self {
        case .empty: "Empty"
        case .stable: "Stable"
        }
    }
}

/// A topic as there is one now.
public struct ShareTopic: Hashable, Sendable {
    public var id: UniqueID
    public var partitionCount: Int32

    public init(id: UniqueID, partitionCount: Int32) {
        (self.id, self.partitionCount) = (id, partitionCount)
    }
}

/// The times and limits of a group; each names the group's or the broker's property that sets it.
public struct ShareGroupSettings: Hashable, Sendable {
    /// `share.heartbeat.interval.ms`
    public var heartbeatInterval: Duration = .milliseconds(5000)
    /// `share.session.timeout.ms`
    public var sessionTimeout: Duration = .milliseconds(45_000)
    /// `share.assignment.interval.ms`: how long an assignment that gave somebody something stays.
    public var assignmentInterval: Duration = .milliseconds(1000)
    /// `group.share.max.size`
    public var memberCountMax = 200

    public init() {}
}
