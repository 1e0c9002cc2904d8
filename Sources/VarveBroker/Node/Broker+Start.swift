internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms
internal import VarveWire

extension Broker {
    /// What a new cluster begins with.
    static let bootstrap: [MetadataRecord] =
        [
            ("metadata.version", 30), ("eligible.leader.replicas.version", 1),
            ("group.version", 1), ("transaction.version", 2),
        ].map { .featureLevel(FeatureLevelRecord(name: $0.0, featureLevel: $0.1)) } + [
            .config(
                ConfigRecord(
                    resourceType: ConfigResource.Kind.broker.rawValue, resourceName: "",
                    name: "min.insync.replicas", value: "1"))
        ]

    /// Registers the node, opens its partitions, and leads each in a new epoch.
    func takeOver(by work: ParallelWork) throws(BrokerError) {
        let now = clock.wallClock()
        if image.features.isEmpty { try metadata.append(Self.bootstrap, at: now) }
        try metadata.append([registration], at: now)
        try openPartitions(by: work)
        var changes: [MetadataRecord] = []
        for topic in image.topics.values {
            for (index, partition) in topic.partitions.enumerated()
            where partition.replicas.contains(settings.nodeID) {
                var change = PartitionChangeRecord()
                change.partitionId = Int32(index)
                change.topicId = topic.id
                change.leader = settings.nodeID
                change.isr = [settings.nodeID]
                changes.append(.partitionChange(change))
            }
        }
        // A batch of records is bounded in size.
        while !changes.isEmpty {
            try metadata.append(Array(changes.prefix(1000)), at: now)
            changes.removeFirst(min(1000, changes.count))
        }
        for topic in image.topics.values {
            for (index, image) in topic.partitions.enumerated() {
                partitions[topic.name, Int32(index)]?.leaderEpoch = image.leaderEpoch
            }
        }
        try attempt { () throws(LogError) in try metadata.log.flush() }
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
        return .registerBroker(record)
    }

    /// Opens the log of every partition that the metadata names; others stay closed: a topic that
    /// was deleted while the node was away, or a stray folder.
    private func openPartitions(by work: ParallelWork) throws(BrokerError) {
        let opened = try attempt { () throws(LogError) in
            try node.openAll(settings: { self.logSettings(of: $0.topic) }, by: work)
        }
        for topic in image.topics.values {
            for index in topic.partitions.indices {
                guard let name = LogName(topic: topic.name, partition: Int32(index)) else {
                    continue
                }
                if case .success(let log)? = opened[name], log.isOf(topic) {
                    adopt(log, as: Int32(index), of: topic)
                } else if case .success? = opened[name] {
                    try openPartition(Int32(index), of: topic)
                } else if opened[name] == nil {
                    try openPartition(Int32(index), of: topic)
                }
            }
        }
    }

    /// Opens, or makes, the log of a partition.
    ///
    /// A folder of that name may be of an earlier topic: a crash came between the deletion of the
    /// topic and that of its logs, or a topic's logs were made and its records were not. It is put
    /// aside, as Kafka does with strays: its bytes stay, and the new topic begins empty.
    func openPartition(_ index: Int32, of topic: TopicImage) throws(BrokerError) {
        guard let name = LogName(topic: topic.name, partition: index) else { return }
        let settings = logSettings(of: topic.name)
        let log = try attempt { () throws(LogError) in
            let log = try node.openLog(name, settings: settings, topicID: topic.id)
            if log.isOf(topic) { return log }
            try node.setAside(name)
            return try node.openLog(name, settings: settings, topicID: topic.id)
        }
        adopt(log, as: index, of: topic)
    }

    private func adopt(_ log: Log, as index: Int32, of topic: TopicImage) {
        let rules = configs(of: topic.name).rules
        partitions.add(Partition(topic, index: index, log: log, rules: rules))
    }
}

extension Log {
    /// Whether it is a log of this topic. One without an id is of a time before there were any.
    fileprivate func isOf(_ topic: TopicImage) -> Bool { topicID.map { $0 == topic.id } ?? true }
}
