internal import VarveTerms
public import VarveWire

extension ClusterImage {
    /// The records that make an equal image out of nothing: what a snapshot of it holds, in the
    /// order of Kafka's, and by name within it, so that equal images have equal records.
    /// - Complexity: O(n log n) of all there is.
    public var records: [MetadataRecord] {
        var records = featureRecords + unserved.behindFeatures
        records += brokers.values.sorted { $0.id < $1.id }.map { .registerBroker($0.record) }
        records += unserved.behindBrokers
        for topic in topics.values.sorted(by: { $0.name < $1.name }) {
            records.append(.topic(TopicRecord(name: topic.name, topicId: topic.id)))
            for (index, partition) in topic.partitions.enumerated() {
                records.append(.partition(partition.record(Int32(index), of: topic.id)))
            }
        }
        records += configRecords + unserved.behindConfigs
        if nextProducerId > 0 {
            records.append(
                .producerIds(
                    ProducerIdsRecord(
                        brokerId: -1, brokerEpoch: -1, nextProducerId: nextProducerId)))
        }
        return records + unserved.last
    }

    /// The level of the metadata itself goes first: how the rest reads hangs on it.
    private var featureRecords: [MetadataRecord] {
        let first = "metadata.version"
        let names = features.keys.sorted { $0 == first || $1 != first && $0 < $1 }
        return names.map {
            .featureLevel(FeatureLevelRecord(name: $0, featureLevel: features[$0] ?? 0))
        }
    }

    private var configRecords: [MetadataRecord] {
        let resources = configs.keys.sorted {
            ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name)
        }
        return resources.flatMap { resource in
            (configs[resource] ?? [:]).sorted { $0.key < $1.key }.map { name, value in
                .config(
                    ConfigRecord(
                        resourceType: resource.kind.rawValue, resourceName: resource.name,
                        name: name, value: value))
            }
        }
    }
}

extension PartitionImage {
    fileprivate func record(_ index: Int32, of topic: UniqueID) -> PartitionRecord {
        PartitionRecord(
            partitionId: index, topicId: topic, replicas: replicas, isr: inSyncReplicas,
            removingReplicas: removingReplicas, addingReplicas: addingReplicas, leader: leader,
            leaderRecoveryState: leaderRecoveryState, leaderEpoch: leaderEpoch,
            partitionEpoch: partitionEpoch, directories: directories,
            eligibleLeaderReplicas: eligibleLeaders.isEmpty ? nil : eligibleLeaders,
            lastKnownElr: lastKnownLeaders.isEmpty ? nil : lastKnownLeaders)
    }
}

extension BrokerImage {
    /// The registration as it is by now.
    fileprivate var record: RegisterBrokerRecord {
        var record = RegisterBrokerRecord()
        record.brokerId = id
        record.incarnationId = incarnation
        record.brokerEpoch = epoch
        record.endPoints = endpoints.map {
            .init(
                name: $0.listener, host: $0.host, port: $0.port,
                securityProtocol: $0.securityProtocol)
        }
        record.features = features.map {
            .init(
                name: $0.name, minSupportedVersion: $0.lowest, maxSupportedVersion: $0.highest)
        }
        record.rack = rack
        record.fenced = isFenced
        record.inControlledShutdown = isInControlledShutdown
        record.logDirs = directories
        record.cordonedLogDirs = cordonedDirectories
        return record
    }
}
