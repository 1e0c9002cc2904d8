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
        case .config(let record): replay(record)
        case .featureLevel(let record):
            features[record.name] = record.featureLevel == 0 ? nil : record.featureLevel
        case .producerIds(let record): nextProducerId = record.nextProducerId
        case .registerBroker(let record): replay(record)
        case .unregisterBroker(let record): brokers[record.brokerId] = nil
        case .fenceBroker(let record): brokers[record.id]?.isFenced = true
        case .unfenceBroker(let record): brokers[record.id]?.isFenced = false
        case .brokerRegistrationChange(let record):
            if record.fenced != 0 { brokers[record.brokerId]?.isFenced = record.fenced > 0 }
        // What they speak of is not kept.
        case .clearElr, .delegationToken, .removeDelegationToken, .userScramCredential,
            .removeUserScramCredential, .clientQuota, .accessControlEntry,
            .removeAccessControlEntry, .noOp, .zkMigrationState, .registerController,
            .beginTransaction, .endTransaction, .abortTransaction:
            break
        }
    }

    private func unknown(_ id: UniqueID) -> MetadataError {
        .unknown("no topic has the id \(id)")
    }

    private mutating func replay(_ record: PartitionRecord) throws(MetadataError) {
        var image = PartitionImage()
        image.replicas = record.replicas
        image.inSyncReplicas = record.isr
        image.leader = record.leader
        image.leaderEpoch = record.leaderEpoch
        image.partitionEpoch = record.partitionEpoch
        image.directories = record.directories
        guard self[topic: record.topicId] != nil else { throw unknown(record.topicId) }
        guard add(image, as: record.partitionId, to: record.topicId) else {
            throw .unknown(
                "partition \(record.partitionId) of topic \(record.topicId) leaves a gap")
        }
    }

    private mutating func replay(_ record: PartitionChangeRecord) throws(MetadataError) {
        let isThere = change(record.partitionId, of: record.topicId) { partition in
            if let isr = record.isr { partition.inSyncReplicas = isr }
            if let replicas = record.replicas { partition.replicas = replicas }
            if let directories = record.directories { partition.directories = directories }
            // −2 leaves the leader; a new one, or none, begins an epoch.
            if record.leader != -2 {
                partition.leader = record.leader
                partition.leaderEpoch &+= 1
            }
            partition.partitionEpoch &+= 1
        }
        guard isThere else {
            throw .unknown("no partition \(record.partitionId) of topic \(record.topicId)")
        }
    }

    private mutating func replay(_ record: ConfigRecord) {
        guard let kind = ConfigResource.Kind(rawValue: record.resourceType) else { return }
        set(record.name, of: ConfigResource(kind, record.resourceName), to: record.value)
    }

    private mutating func replay(_ record: RegisterBrokerRecord) {
        brokers[record.brokerId] = BrokerImage(
            id: record.brokerId, epoch: record.brokerEpoch,
            endpoints: record.endPoints.map {
                .init(listener: $0.name, host: $0.host, port: $0.port)
            }, rack: record.rack, isFenced: record.fenced)
    }
}
