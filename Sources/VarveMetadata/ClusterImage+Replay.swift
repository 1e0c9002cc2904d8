internal import VarveTerms
public import VarveWire

extension ClusterImage {
    /// Adds what a record says.
    ///
    /// - Throws: `.unknown` for a record that speaks of what is not there; nothing changed then.
    /// - Complexity: O(1) but for the removal of a topic.
    public mutating func replay(_ record: MetadataRecord) throws(MetadataError) {
        switch record {
        case .topic(let record): add(TopicImage(name: record.name, id: record.topicId))
        case .removeTopic(let record):
            guard self[topic: record.topicId] != nil else { throw unknown(record.topicId) }
            removeTopic(record.topicId)
        case .partition(let record): try replay(record)
        case .partitionChange(let record): try replay(record)
        case .config(let record): try replay(record)
        case .featureLevel(let record):
            features[record.name] = record.featureLevel == 0 ? nil : record.featureLevel
        case .producerIds(let record): nextProducerId = record.nextProducerId
        case .registerBroker(let record): brokers[record.brokerId] = BrokerImage(record)
        case .unregisterBroker(let record): brokers[record.brokerId] = nil
        case .fenceBroker(let record): brokers[record.id]?.isFenced = true
        case .unfenceBroker(let record): brokers[record.id]?.isFenced = false
        case .brokerRegistrationChange(let record): brokers[record.brokerId]?.change(record)
        case .clearElr(let record): clearEligibleLeaders(of: record.topicName)
        case .delegationToken, .removeDelegationToken, .userScramCredential,
            .removeUserScramCredential, .clientQuota, .accessControlEntry,
            .removeAccessControlEntry, .zkMigrationState, .registerController:
            unserved.replay(record)
        // They say nothing, or bracket others: `MetadataReplay` knows the difference.
        case .noOp, .beginTransaction, .endTransaction, .abortTransaction: break
        }
    }

    private func unknown(_ id: UniqueID) -> MetadataError {
        .unknown("no topic has the id \(id)")
    }

    private mutating func replay(_ record: PartitionRecord) throws(MetadataError) {
        guard self[topic: record.topicId] != nil else { throw unknown(record.topicId) }
        guard record.leaderEpoch >= 0, record.partitionEpoch >= 0 else {
            throw .unlawful(
                "partition \(record.partitionId) of topic \(record.topicId) has the epochs "
                    + "\(record.leaderEpoch) and \(record.partitionEpoch)")
        }
        let image = PartitionImage(record)
        guard add(image, as: record.partitionId, to: record.topicId) else {
            throw .unknown(
                "partition \(record.partitionId) of topic \(record.topicId) leaves a gap")
        }
    }

    private mutating func replay(_ record: PartitionChangeRecord) throws(MetadataError) {
        var hasEpochs = true
        let isThere = change(record.partitionId, of: record.topicId) { partition in
            hasEpochs = max(partition.leaderEpoch, partition.partitionEpoch) < Int32.max
            if hasEpochs { partition.change(record) }
        }
        guard isThere else {
            throw .unknown("no partition \(record.partitionId) of topic \(record.topicId)")
        }
        guard hasEpochs else {
            throw .unlawful(
                "partition \(record.partitionId) of topic \(record.topicId) has no epochs left")
        }
    }

    private mutating func replay(_ record: ConfigRecord) throws(MetadataError) {
        guard let kind = ConfigResource.Kind(rawValue: record.resourceType) else {
            throw .unknown("no resource has the type \(record.resourceType)")
        }
        set(record.name, of: ConfigResource(kind, record.resourceName), to: record.value)
    }
}

extension PartitionImage {
    init(_ record: PartitionRecord) {
        self.init()
        replicas = record.replicas
        inSyncReplicas = record.isr
        addingReplicas = record.addingReplicas
        removingReplicas = record.removingReplicas
        leader = record.leader
        leaderRecoveryState = record.leaderRecoveryState
        leaderEpoch = record.leaderEpoch
        partitionEpoch = record.partitionEpoch
        directories = record.directories
        eligibleLeaders = record.eligibleLeaderReplicas ?? []
        lastKnownLeaders = record.lastKnownElr ?? []
    }

    fileprivate mutating func change(_ record: PartitionChangeRecord) {
        if let isr = record.isr { inSyncReplicas = isr == replicas ? replicas : isr }
        if let replicas = record.replicas { self.replicas = replicas }
        if let adding = record.addingReplicas { addingReplicas = adding }
        if let removing = record.removingReplicas { removingReplicas = removing }
        if let directories = record.directories { self.directories = directories }
        if let eligible = record.eligibleLeaderReplicas { eligibleLeaders = eligible }
        if let known = record.lastKnownElr { lastKnownLeaders = known }
        // −1 leaves it.
        if record.leaderRecoveryState != -1 { leaderRecoveryState = record.leaderRecoveryState }
        // −2 leaves the leader; a new one, or none, begins an epoch.
        if record.leader != -2 {
            leader = record.leader
            leaderEpoch += 1
        }
        partitionEpoch += 1
    }
}

extension BrokerImage {
    init(_ record: RegisterBrokerRecord) {
        self.init(
            id: record.brokerId, epoch: record.brokerEpoch,
            endpoints: record.endPoints.map {
                .init(
                    listener: $0.name, host: $0.host, port: $0.port,
                    securityProtocol: $0.securityProtocol)
            }, rack: record.rack, isFenced: record.fenced)
        incarnation = record.incarnationId
        features = record.features.map {
            Feature(
                name: $0.name, lowest: $0.minSupportedVersion, highest: $0.maxSupportedVersion)
        }
        isInControlledShutdown = record.inControlledShutdown
        directories = record.logDirs
        cordonedDirectories = record.cordonedLogDirs
    }

    fileprivate mutating func change(_ record: BrokerRegistrationChangeRecord) {
        // 0 leaves a state, 1 begins it, −1 ends it.
        if record.fenced != 0 { isFenced = record.fenced > 0 }
        if record.inControlledShutdown != 0 {
            isInControlledShutdown = record.inControlledShutdown > 0
        }
        if !record.logDirs.isEmpty { directories = record.logDirs }
        if let cordoned = record.cordonedLogDirs { cordonedDirectories = cordoned }
    }
}
