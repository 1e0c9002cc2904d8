internal import VarveBytes
public import VarveTerms
internal import VarveWire

/// A group as a list of them tells it.
public struct GroupSummary: Hashable, Sendable {
    public var name: String
    /// `Stable`, `Empty`; empty where the broker is too old to say.
    public var state: String
    /// `classic`, `consumer`; empty where the broker is too old to say.
    public var type: String
    /// What its members agree on: `consumer`, `connect`.
    public var protocolType: String
}

/// A group with its members.
public struct GroupLayout: Hashable, Sendable {
    public var state: String
    /// How partitions are given out: `range`.
    public var assignor: String
    public var members: [GroupMember] = []
}

/// A member of a group.
public struct GroupMember: Hashable, Sendable {
    public var id: String
    public var clientID: String
    public var host: String
    /// What it was given; empty too where it is not told in the way of consumers.
    public var partitions: [TopicPartition]
}

extension Client {
    /// Asks every broker for the groups that it coordinates, in the order of their names.
    public func groups() throws(ClientError) -> [GroupSummary] {
        try askEveryBroker("groups", ListGroupsRequest(), \.errorCode)
            .flatMap { _, answer in
                answer.groups.map { row in
                    GroupSummary(
                        name: row.groupId, state: row.groupState, type: row.groupType,
                        protocolType: row.protocolType)
                }
            }.sorted { $0.name < $1.name }
    }

    /// Asks for a group's members.
    /// - Throws: `.refused` with `groupIdNotFound` where no group of the classic kind has the name.
    public func describe(group: String) throws(ClientError) -> GroupLayout {
        let request = DescribeGroupsRequest(groups: [group])
        return try askCoordinator(of: .group(group), request) { answer, _ in
            guard let row = answer.groups.first else { return (nil, .unknownServerError, nil) }
            // Old versions tell of a group that there is not as of a dead one.
            let isDead = row.errorCode == .none && row.groupState == "Dead"
            return (
                GroupLayout(
                    state: row.groupState, assignor: row.protocolData,
                    members: row.members.map { member in
                        GroupMember(
                            id: member.memberId, clientID: member.clientId,
                            host: member.clientHost,
                            partitions: Self.partitions(of: member.memberAssignment))
                    }), isDead ? .groupIdNotFound : row.errorCode, row.errorMessage
            )
        }
    }

    /// Asks for the offsets that a group has committed.
    public func committedOffsets(
        of group: String
    ) throws(ClientError) -> [TopicPartition: Offset] {
        let request = OffsetFetchRequest(groupId: group, topics: nil)
        return try askCoordinator(of: .group(group), request) { answer, _ in
            var offsets: [TopicPartition: Offset] = [:]
            var code = answer.errorCode
            for topic in answer.topics {
                for row in topic.partitions {
                    if row.errorCode != .none { code = row.errorCode }
                    offsets[TopicPartition(topic.name, row.partitionIndex)] = Offset(
                        exactly: row.committedOffset)
                }
            }
            return (offsets, code, nil)
        }
    }

    /// Commits offsets for a group without members.
    public func commit(
        _ offsets: [TopicPartition: Offset], for group: String
    ) throws(ClientError) {
        let byTopic = Dictionary(grouping: offsets, by: \.key.topic)
        let request = OffsetCommitRequest(
            groupId: group, generationIdOrMemberEpoch: -1, memberId: "",
            topics: byTopic.sorted { $0.key < $1.key }.map { topic, rows in
                .init(
                    name: topic,
                    partitions: rows.map {
                        .init(
                            partitionIndex: $0.key.partition, committedOffset: $0.value.rawValue,
                            committedMetadata: "")
                    })
            })
        try askCoordinator(of: .group(group), request) { answer, _ in
            let codes = answer.topics.flatMap(\.partitions).map(\.errorCode)
            return ((), codes.first { $0 != .none } ?? .none, nil)
        }
    }

    /// Deletes a group without members, with its offsets.
    public func deleteGroup(_ group: String) throws(ClientError) {
        try askCoordinator(of: .group(group), DeleteGroupsRequest(groupsNames: [group])) {
            answer, _ in
            ((), answer.results.first?.errorCode ?? .unknownServerError, nil)
        }
    }

    /// What a member was given, where that is told as consumers tell it.
    private static func partitions(of assignment: [UInt8]) -> [TopicPartition] {
        guard assignment.count >= 2 else { return [] }
        let bytes = assignment.rawSpan
        // Later versions only add what comes behind.
        let known = ConsumerProtocolAssignment.schema.versions
        let version = min(max(bytes.int16(at: 0), known.lowerBound), known.upperBound)
        var reader = WireReader(bytes.extracting(2..<bytes.byteCount))
        let message = try? ConsumerProtocolAssignment(decoding: &reader, version: version)
        return (message?.assignedPartitions ?? []).flatMap { topic in
            topic.partitions.map { TopicPartition(topic.topic, $0) }
        }.sorted()
    }
}
