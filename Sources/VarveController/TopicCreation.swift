public import VarveMetadata
public import VarveTerms
public import VarveWire

/// How a new topic comes about.
public struct TopicCreation: Sendable {
    /// What a request leaves open.
    public struct Defaults: Hashable, Sendable {
        public var partitionCount: Int32
        public var replicationFactor: Int16

        public init(partitionCount: Int32, replicationFactor: Int16) {
            self.partitionCount = partitionCount
            self.replicationFactor = replicationFactor
        }
    }

    /// The most partitions that one request may make.
    public static let partitionCountMax = 10_000

    public let topic: TopicRecord
    public let partitions: [PartitionRecord]
    public let configs: [ConfigRecord]

    /// In the order in which they are to be written.
    public var records: [MetadataRecord] {
        [.topic(topic)] + configs.map { .config($0) } + partitions.map { .partition($0) }
    }

    /// Decides on a topic.
    ///
    /// - Parameter id: the id that it gets.
    /// - Throws: `Refusal`, the first thing that is wrong with the request.
    public init(
        _ wanted: CreateTopicsRequest.CreatableTopic, id: UniqueID, defaults: Defaults,
        in image: ClusterImage
    ) throws(Refusal) {
        try Self.check(name: wanted.name, in: image)
        let replicas = try Self.replicas(of: wanted, defaults, in: image)
        configs = try Self.configs(of: wanted)
        topic = TopicRecord(name: wanted.name, topicId: id)
        partitions = replicas.enumerated().map { index, replicas in
            PartitionRecord(newPartition: Int32(index), of: id, replicas: replicas)
        }
    }

    // MARK: The rules

    private static func check(name: String, in image: ClusterImage) throws(Refusal) {
        if let complaint = TopicName.complaint(about: name) {
            // Kafka tells of a collision even where the name is none.
            let collided = image.topic(collidingWith: name).map { collision(name, $0) }
            throw Refusal(.invalidTopicException, collided ?? complaint)
        }
        guard image[topic: name] == nil else {
            throw Refusal(.topicAlreadyExists, "Topic '\(name)' already exists.")
        }
        guard name != "__cluster_metadata" else {
            throw Refusal(
                .invalidRequest, "Creation of internal topic __cluster_metadata is prohibited.")
        }
        if let other = image.topic(collidingWith: name) {
            throw Refusal(.invalidTopicException, collision(name, other))
        }
    }

    private static func collision(_ name: String, _ other: String) -> String {
        "Topic '\(name)' collides with existing topic: \(other)"
    }

    /// The replicas of each partition.
    private static func replicas(
        of wanted: CreateTopicsRequest.CreatableTopic, _ defaults: Defaults,
        in image: ClusterImage
    ) throws(Refusal) -> [[Int32]] {
        guard wanted.assignments.isEmpty else { return try assigned(by: wanted, in: image) }
        let count = wanted.numPartitions == -1 ? defaults.partitionCount : wanted.numPartitions
        guard count > 0 else {
            throw Refusal(
                .invalidPartitions, "Number of partitions was set to an invalid non-positive value."
            )
        }
        let factor =
            wanted.replicationFactor == -1 ? defaults.replicationFactor : wanted.replicationFactor
        guard factor > 0 else {
            throw Refusal(
                .invalidReplicationFactor,
                "Replication factor must be larger than 0, or -1 to use the default value.")
        }
        let brokers = image.brokers.values.filter { !$0.isFenced }.map(\.id).sorted()
        guard Int(factor) <= brokers.count else {
            throw Refusal(
                .invalidReplicationFactor,
                "Unable to replicate the partition \(factor) time(s): The target replication "
                    + "factor of \(factor) cannot be reached because only \(brokers.count) "
                    + "broker(s) are registered or some brokers have all their log directories "
                    + "cordoned.")
        }
        guard Int(count) <= partitionCountMax else {
            throw Refusal(
                .policyViolation, "Excessively large number of partitions per request.")
        }
        return (0..<Int(count)).map { index in
            (0..<Int(factor)).map { brokers[(index + $0) % brokers.count] }
        }
    }

    /// The replicas as the request names them.
    private static func assigned(
        by wanted: CreateTopicsRequest.CreatableTopic, in image: ClusterImage
    ) throws(Refusal) -> [[Int32]] {
        guard wanted.replicationFactor == -1 else {
            throw Refusal(
                .invalidRequest,
                "A manual partition assignment was specified, but replication factor was not "
                    + "set to -1.")
        }
        guard wanted.numPartitions == -1 else {
            throw Refusal(
                .invalidRequest,
                "A manual partition assignment was specified, but numPartitions was not set to "
                    + "-1.")
        }
        var seen: Set<Int32> = []
        for row in wanted.assignments {
            guard seen.insert(row.partitionIndex).inserted else {
                throw Refusal(
                    .invalidReplicaAssignment,
                    "Found multiple manual partition assignments for partition "
                        + "\(row.partitionIndex)")
            }
        }
        let rows = wanted.assignments.sorted { $0.partitionIndex < $1.partitionIndex }
        guard rows.enumerated().allSatisfy({ Int($0.element.partitionIndex) == $0.offset }) else {
            throw Refusal(
                .invalidReplicaAssignment,
                "partitions should be a consecutive 0-based integer sequence")
        }
        for row in rows {
            try ManualAssignment.check(row.brokerIds, in: image)
            try ManualAssignment.check(row.brokerIds, like: rows[0].brokerIds)
        }
        return rows.map(\.brokerIds)
    }

    private static func configs(
        of wanted: CreateTopicsRequest.CreatableTopic
    ) throws(Refusal) -> [ConfigRecord] {
        var records: [ConfigRecord] = []
        for config in wanted.configs {
            let value = try TopicConfigCheck.checked(config.name, config.value)
            records.append(
                ConfigRecord(
                    resourceType: ConfigResource.Kind.topic.rawValue, resourceName: wanted.name,
                    name: config.name, value: value))
        }
        try TopicConfigCheck.checkTogether { name in
            records.first { $0.name == name }?.value ?? ConfigTable.topics[name]?.defaultValue
        }
        return records
    }
}
