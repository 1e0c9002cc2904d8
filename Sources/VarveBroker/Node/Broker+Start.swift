internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms
internal import VarveWire

extension Broker {
    /// What a new cluster begins with.
    static let bootstrap: [MetadataRecord] =
        Feature.bootstrap.map { feature, level in
            .featureLevel(FeatureLevelRecord(name: feature.rawValue, featureLevel: level))
        } + [
            .config(
                ConfigRecord(
                    resourceType: ConfigResource.Kind.broker.rawValue, resourceName: "",
                    name: "min.insync.replicas", value: "1"))
        ]

    /// Leads the metadata log in a new epoch, registers the node, takes its partitions up, and
    /// leads each in a new epoch.
    ///
    /// - Throws: `.otherReplicas` before anything is written.
    func takeOver() throws(BrokerError) {
        let now = clock.wallClock()
        try checkAlone()
        try metadata.lead(as: settings.nodeID, at: now)
        if image.features.isEmpty { try metadata.append(firstRecords(), at: now) }
        try metadata.append([registration], at: now)
        let strangers = image.brokers.values.filter { $0.id != settings.nodeID }
        if !strangers.isEmpty {
            // They have nothing here, and no new partition may be given to them.
            let records = strangers.sorted { $0.id < $1.id }.map {
                MetadataRecord.unregisterBroker(
                    UnregisterBrokerRecord(brokerId: $0.id, brokerEpoch: $0.epoch))
            }
            try metadata.append(records, at: now)
        }
        try takeUpPartitions()
        try beginEpochs(at: now)
        try attempt { () throws(LogError) in try metadata.flush() }
        try metadata.keepHouse(at: now)
    }

    private func checkAlone() throws(BrokerError) {
        for topic in image.topicsByName {
            var nodes: Set<Int32> = []
            for partition in topic.partitions { nodes.formUnion(partition.replicas) }
            nodes.remove(settings.nodeID)
            guard nodes.isEmpty else {
                throw .otherReplicas(topic: topic.name, nodes: nodes.sorted())
            }
        }
    }

    /// What the cluster begins with: what its directories were formatted with, if they were.
    private func firstRecords() throws(BrokerError) -> [MetadataRecord] {
        for directory in node.directories {
            let path = directory.path + "/bootstrap.checkpoint"
            let bytes: [UInt8]?
            do throws(CheckpointError) {
                bytes = try WholeFile.load(
                    path, sizeMax: .mib(16), in: surroundings.fileSystem)
            } catch {
                throw .log(.checkpoint(error))
            }
            guard let bytes else { continue }
            do throws(SnapshotDefect) {
                let name = SnapshotName(offset: .zero, epoch: .zero)
                return try MetadataSnapshot(name, parsing: bytes).image.records
            } catch {
                throw .snapshot(path: path, error)
            }
        }
        return Self.bootstrap
    }

    /// Leads every partition in a new epoch: a record for each, as Kafka's controller writes them,
    /// of 40 bytes.
    private func beginEpochs(at now: Timestamp) throws(BrokerError) {
        let leader = settings.nodeID
        var changes: [MetadataRecord] = []
        for topic in image.topicsByName {
            for (index, partition) in topic.partitions.enumerated()
            where partition.replicas.contains(leader) {
                changes.append(.partitionChange(partition.led(by: leader, Int32(index), topic.id)))
            }
        }
        // A batch of records is bounded in size.
        for start in stride(from: 0, to: changes.count, by: 1000) {
            let end = min(start + 1000, changes.count)
            try metadata.append(Array(changes[start..<end]), at: now)
        }
        for partition in partitions.all {
            guard let topic = image[topic: partition.topic] else { continue }
            partition.leaderEpoch = topic.partitions[Int(partition.index)].leaderEpoch
        }
    }

    private var registration: MetadataRecord {
        var record = RegisterBrokerRecord()
        record.brokerId = settings.nodeID
        record.incarnationId = surroundings.randomness.uniqueID()
        record.brokerEpoch = metadata.log.ends.written.rawValue
        record.endPoints = endpoints.map {
            .init(name: $0.name, host: $0.host, port: $0.port, securityProtocol: 0)
        }
        record.rack = settings.rack
        record.fenced = false
        record.logDirs = node.directories.compactMap(\.properties.directoryID)
        return .registerBroker(record)
    }
}

extension PartitionImage {
    /// How its one replica comes to lead it, after a clean stop of Apache Kafka, too, which leaves
    /// it without a leader.
    fileprivate func led(
        by leader: Int32, _ index: Int32, _ topic: UniqueID
    ) -> PartitionChangeRecord {
        var change = PartitionChangeRecord(partitionId: index, topicId: topic, leader: leader)
        if inSyncReplicas != [leader] { change.isr = [leader] }
        if !eligibleLeaders.isEmpty { change.eligibleLeaderReplicas = [] }
        if !lastKnownLeaders.isEmpty { change.lastKnownElr = [] }
        if leaderRecoveryState != 0 { change.leaderRecoveryState = 0 }
        return change
    }
}
