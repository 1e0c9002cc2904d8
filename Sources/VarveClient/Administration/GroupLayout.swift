internal import VarveBytes
internal import VarveWire

/// The kinds of groups that can be described.
public enum GroupKind: String, CaseIterable, Hashable, Sendable {
    /// Members agree among themselves.
    case classic
    /// The broker gives partitions out (KIP-848).
    case consumer
    /// Members share partitions, record by record (KIP-932).
    case share
}

/// A group with its members.
public struct GroupLayout: Hashable, Sendable {
    public var kind: GroupKind
    /// Kafka's name: `Stable`, `Empty`.
    public var state: String
    /// How partitions are given out: `range`.
    public var assignor: String
    /// Counts the changes of what members wish, and of the topics; nil for the classic kind.
    public var epoch: Int32?
    /// The epoch that the assignment was made for; nil for the classic kind.
    public var assignmentEpoch: Int32?
    public var members: [GroupMember] = []

    /// Whether nobody is in it.
    public var isIdle: Bool { members.isEmpty && (state == "Empty" || state == "Dead") }
}

/// A member of a group.
public struct GroupMember: Hashable, Sendable {
    public var id: String
    /// The name under which it comes back; nil for a member that has none.
    public var instance: String?
    public var clientID: String
    public var host: String
    /// The epoch that the member has reached; nil for the classic kind.
    public var epoch: Int32?
    /// What it has; empty too where it is not told in the way of consumers.
    public var partitions: [TopicPartition]
    /// What it is to have; nil where it has that, or nobody tells.
    public var target: [TopicPartition]?
}

extension GroupLayout {
    init(_ row: DescribeGroupsResponse.DescribedGroup) {
        self.init(
            kind: .classic, state: row.groupState, assignor: row.protocolData,
            members: row.members.map { member in
                GroupMember(
                    id: member.memberId, instance: member.groupInstanceId,
                    clientID: member.clientId, host: member.clientHost,
                    partitions: Self.partitions(of: member.memberAssignment))
            })
    }

    init(_ row: ConsumerGroupDescribeResponse.DescribedGroup) {
        self.init(
            kind: .consumer, state: row.groupState, assignor: row.assignorName,
            epoch: row.groupEpoch, assignmentEpoch: row.assignmentEpoch,
            members: row.members.map { member in
                GroupMember(
                    id: member.memberId, instance: member.instanceId, clientID: member.clientId,
                    host: member.clientHost, epoch: member.memberEpoch,
                    partitions: member.assignment.topicPartitions.flatMap {
                        TopicPartition.all($0.partitions, of: $0.topicName)
                    }.sorted(),
                    target: member.targetAssignment.topicPartitions.flatMap {
                        TopicPartition.all($0.partitions, of: $0.topicName)
                    }.sorted())
            })
    }

    init(_ row: ShareGroupDescribeResponse.DescribedGroup) {
        self.init(
            kind: .share, state: row.groupState, assignor: row.assignorName,
            epoch: row.groupEpoch, assignmentEpoch: row.assignmentEpoch,
            members: row.members.map { member in
                GroupMember(
                    id: member.memberId, clientID: member.clientId, host: member.clientHost,
                    epoch: member.memberEpoch,
                    partitions: member.assignment.topicPartitions.flatMap {
                        TopicPartition.all($0.partitions, of: $0.topicName)
                    }.sorted())
            })
    }

    /// What a member of the classic kind was given, where that is told as consumers tell it.
    private static func partitions(of assignment: [UInt8]) -> [TopicPartition] {
        guard assignment.count >= 2 else { return [] }
        let bytes = assignment.rawSpan
        // Later versions only add what comes behind.
        let known = ConsumerProtocolAssignment.schema.versions
        let version = min(max(bytes.int16(at: 0), known.lowerBound), known.upperBound)
        var reader = WireReader(bytes.extracting(2..<bytes.byteCount))
        let message = try? ConsumerProtocolAssignment(decoding: &reader, version: version)
        return (message?.assignedPartitions ?? []).flatMap {
            TopicPartition.all($0.partitions, of: $0.topic)
        }.sorted()
    }
}

extension TopicPartition {
    static func all(_ partitions: [Int32], of topic: String) -> [TopicPartition] {
        partitions.map { TopicPartition(topic, $0) }
    }
}
