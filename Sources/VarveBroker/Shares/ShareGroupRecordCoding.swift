internal import VarveBytes
internal import VarveShares
internal import VarveTerms
internal import VarveWire

/// Records of `__consumer_offsets` that concern share groups.
extension ShareGroupRecord: KeptRecord {
    var type: Int16 {
        switch self {
        case .member: 10
        case .group: 11
        case .targetEpoch: 12
        case .target: 13
        case .current: 14
        case .topics: 15
        }
    }

    var key: any WireMessage {
        switch self {
        case .member(let group, let member, _):
            ShareGroupMemberMetadataKey(groupId: group, memberId: member)
        case .group(let group, _): ShareGroupMetadataKey(groupId: group)
        case .targetEpoch(let group, _):
            ShareGroupTargetAssignmentMetadataKey(groupId: group)
        case .target(let group, let member, _):
            ShareGroupTargetAssignmentMemberKey(groupId: group, memberId: member)
        case .current(let group, let member, _):
            ShareGroupCurrentMemberAssignmentKey(groupId: group, memberId: member)
        case .topics(let group, _): ShareGroupStatePartitionMetadataKey(groupId: group)
        }
    }

    var value: (any WireMessage)? {
        switch self {
        case .member(_, _, let profile):
            profile.map {
                ShareGroupMemberMetadataValue(
                    rackId: $0.rackID, clientId: $0.clientID, clientHost: $0.clientHost,
                    subscribedTopicNames: $0.topics)
            }
        case .group(_, let epoch):
            epoch.map { ShareGroupMetadataValue(epoch: $0.epoch, metadataHash: $0.topicsHash) }
        case .targetEpoch(_, let epoch):
            epoch.map {
                ShareGroupTargetAssignmentMetadataValue(
                    assignmentEpoch: $0.epoch, assignmentTimestamp: $0.timestamp.milliseconds)
            }
        case .target(_, _, let assignment):
            assignment.map {
                ShareGroupTargetAssignmentMemberValue(
                    topicPartitions: $0.rows.map {
                        .init(topicId: $0.topicID, partitions: $0.partitions)
                    })
            }
        case .current(_, _, let current):
            current.map {
                ShareGroupCurrentMemberAssignmentValue(
                    memberEpoch: $0.epoch, previousMemberEpoch: $0.previousEpoch, state: 0,
                    assignedPartitions: $0.assignment.rows.map {
                        .init(topicId: $0.topicID, partitions: $0.partitions)
                    })
            }
        case .topics(_, let topics): topics.map { $0.message }
        }
    }

    /// - Returns: nil for a record of another kind of group.
    init?(key: RawSpan, value: RawSpan?) throws(WireError) {
        guard key.byteCount >= 2 else { return nil }
        switch key.int16(at: 0) {
        case 10:
            let key = try ShareGroupMemberMetadataKey(afterTypeOf: key)
            self = .member(
                group: key.groupId, member: key.memberId, try value.map(ShareMemberProfile.init))
        case 11:
            let key = try ShareGroupMetadataKey(afterTypeOf: key)
            self = .group(key.groupId, try value.map(ShareGroupEpoch.init))
        case 12:
            let key = try ShareGroupTargetAssignmentMetadataKey(afterTypeOf: key)
            self = .targetEpoch(group: key.groupId, try value.map(ShareTargetEpoch.init))
        case 13:
            let key = try ShareGroupTargetAssignmentMemberKey(afterTypeOf: key)
            self = .target(
                group: key.groupId, member: key.memberId,
                try value.map(ShareAssignment.init(target:)))
        case 14:
            let key = try ShareGroupCurrentMemberAssignmentKey(afterTypeOf: key)
            self = .current(
                group: key.groupId, member: key.memberId,
                try value.map(ShareCurrentAssignment.init))
        case 15:
            let key = try ShareGroupStatePartitionMetadataKey(afterTypeOf: key)
            self = .topics(group: key.groupId, try value.map(ShareGroupTopics.init))
        default: return nil
        }
    }
}

// MARK: Values

extension RawSpan? {
    /// `Optional.map` takes no spans.
    fileprivate func map<Value>(
        _ read: (RawSpan) throws(WireError) -> Value
    ) throws(WireError) -> Value? {
        guard let self else { return nil }
        return try read(self)
    }
}

extension ShareMemberProfile {
    fileprivate init(_ value: RawSpan) throws(WireError) {
        let message = try ShareGroupMemberMetadataValue(afterVersionOf: value)
        self.init(
            rackID: message.rackId, clientID: message.clientId, clientHost: message.clientHost,
            topics: message.subscribedTopicNames)
    }
}

extension ShareGroupEpoch {
    fileprivate init(_ value: RawSpan) throws(WireError) {
        let message = try ShareGroupMetadataValue(afterVersionOf: value)
        self.init(epoch: message.epoch, topicsHash: message.metadataHash)
    }
}

extension ShareTargetEpoch {
    fileprivate init(_ value: RawSpan) throws(WireError) {
        let message = try ShareGroupTargetAssignmentMetadataValue(afterVersionOf: value)
        self.init(
            epoch: message.assignmentEpoch,
            timestamp: Timestamp(milliseconds: message.assignmentTimestamp))
    }
}

extension ShareAssignment {
    fileprivate init(target value: RawSpan) throws(WireError) {
        let message = try ShareGroupTargetAssignmentMemberValue(afterVersionOf: value)
        self.init(
            message.topicPartitions.flatMap { topic in
                topic.partitions.map { TopicPartition(topicID: topic.topicId, index: $0) }
            })
    }
}

extension ShareCurrentAssignment {
    fileprivate init(_ value: RawSpan) throws(WireError) {
        let message = try ShareGroupCurrentMemberAssignmentValue(afterVersionOf: value)
        self.init(
            epoch: message.memberEpoch, previousEpoch: message.previousMemberEpoch,
            assignment: ShareAssignment(
                message.assignedPartitions.flatMap { topic in
                    topic.partitions.map { TopicPartition(topicID: topic.topicId, index: $0) }
                }))
    }
}

extension ShareGroupTopics {
    fileprivate init(_ value: RawSpan) throws(WireError) {
        let message = try ShareGroupStatePartitionMetadataValue(afterVersionOf: value)
        self.init()
        for topic in message.initializingTopics {
            initializing[topic.topicId] = Topic(
                name: topic.topicName, partitions: Set(topic.partitions))
        }
        for topic in message.initializedTopics {
            initialized[topic.topicId] = Topic(
                name: topic.topicName, partitions: Set(topic.partitions))
        }
        for topic in message.deletingTopics { deleting[topic.topicId] = topic.topicName }
    }

    fileprivate var message: ShareGroupStatePartitionMetadataValue {
        let rows = { (topics: [UniqueID: Topic]) in
            topics.sorted { $0.value.name < $1.value.name }.map {
                ShareGroupStatePartitionMetadataValue.TopicPartitionsInfo(
                    topicId: $0.key, topicName: $0.value.name,
                    partitions: $0.value.partitions.sorted())
            }
        }
        return ShareGroupStatePartitionMetadataValue(
            initializingTopics: rows(initializing), initializedTopics: rows(initialized),
            deletingTopics: deleting.sorted { $0.value < $1.value }.map {
                .init(topicId: $0.key, topicName: $0.value)
            })
    }
}
