public import VarveMetadata
public import VarveWire

/// How a topic gets more partitions.
public struct PartitionAddition: Sendable {
    public let partitions: [PartitionRecord]

    public var records: [MetadataRecord] { partitions.map { .partition($0) } }

    /// Decides on a topic.
    ///
    /// - Throws: `Refusal`, the first thing that is wrong with the request.
    public init(
        _ wanted: CreatePartitionsRequest.CreatePartitionsTopic, in image: ClusterImage
    ) throws(Refusal) {
        guard let topic = image[topic: wanted.name] else {
            throw Refusal(.unknownTopicOrPartition, "")
        }
        let present = topic.partitions.count
        guard Int(wanted.count) != present else {
            throw Refusal(.invalidPartitions, "Topic already has \(present) partition(s).")
        }
        guard Int(wanted.count) > present else {
            throw Refusal(
                .invalidPartitions,
                "The topic \(wanted.name) currently has \(present) partition(s); "
                    + "\(wanted.count) would not be an increase.")
        }
        let added = Int(wanted.count) - present
        guard added <= TopicCreation.partitionCountMax else {
            throw Refusal(
                .policyViolation, "Excessively large number of partitions per request.")
        }
        let replicas = try Self.replicas(of: wanted, topic, added, in: image)
        partitions = replicas.enumerated().map { index, replicas in
            PartitionRecord(
                newPartition: Int32(present + index), of: topic.id, replicas: replicas)
        }
    }

    private static func replicas(
        of wanted: CreatePartitionsRequest.CreatePartitionsTopic, _ topic: TopicImage,
        _ added: Int, in image: ClusterImage
    ) throws(Refusal) -> [[Int32]] {
        let first = topic.partitions.first?.replicas ?? []
        guard let rows = wanted.assignments else {
            let brokers = image.brokers.values.filter { !$0.isFenced }.map(\.id).sorted()
            guard first.count <= brokers.count, !brokers.isEmpty else {
                throw Refusal(
                    .invalidReplicationFactor,
                    "Unable to replicate the partition \(first.count) time(s): The target "
                        + "replication factor of \(first.count) cannot be reached because only "
                        + "\(brokers.count) broker(s) are registered.")
            }
            let start = topic.partitions.count
            return (0..<added).map { index in
                (0..<max(1, first.count)).map { brokers[(start + index + $0) % brokers.count] }
            }
        }
        guard rows.count == added else {
            throw Refusal(
                .invalidReplicaAssignment,
                "Attempted to add \(added) additional partition(s), but only \(rows.count) "
                    + "assignment(s) were specified.")
        }
        for row in rows {
            try ManualAssignment.check(row.brokerIds, in: image)
            try ManualAssignment.check(row.brokerIds, like: first)
        }
        return rows.map(\.brokerIds)
    }
}
