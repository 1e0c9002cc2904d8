public import VarveTerms
public import VarveTransport
public import VarveWire

/// What a cluster says of itself: its brokers, and the topics that were asked for.
public struct ClusterLayout: Hashable, Sendable {
    public var clusterID: String?
    public var controller: Int32?
    /// By their ids.
    public var brokers: [Int32: Endpoint] = [:]
    public var racks: [Int32: String] = [:]
    /// In the order of their names.
    public var topics: [TopicLayout] = []

    public init() {}

    init(_ answer: MetadataResponse) {
        clusterID = answer.clusterId
        controller = answer.controllerId < 0 ? nil : answer.controllerId
        for broker in answer.brokers {
            // A port that is none leads nowhere, which connecting then says.
            brokers[broker.nodeId] = Endpoint(
                host: broker.host, port: UInt16(exactly: broker.port) ?? 0)
            racks[broker.nodeId] = broker.rack
        }
        topics = answer.topics.map { TopicLayout($0) }.sorted { $0.name < $1.name }
    }

    public subscript(topic name: String) -> TopicLayout? { topics.first { $0.name == name } }
}

/// One topic, as a cluster describes it.
public struct TopicLayout: Hashable, Sendable {
    public var name: String
    /// Nil where the cluster is too old to have ids.
    public var id: UniqueID?
    public var isInternal: Bool
    /// `.none`, or why the rest says nothing.
    public var code: ErrorCode
    /// In their order; numbers may be missing while the topic is made.
    public var partitions: [PartitionLayout]

    init(_ answer: MetadataResponse.MetadataResponseTopic) {
        name = answer.name ?? ""
        id = answer.topicId == .zero ? nil : answer.topicId
        isInternal = answer.isInternal
        code = answer.errorCode
        partitions = answer.partitions.map { PartitionLayout($0) }.sorted { $0.index < $1.index }
    }

    public subscript(partition index: Int32) -> PartitionLayout? {
        partitions.first { $0.index == index }
    }
}

/// One partition, as a cluster describes it.
public struct PartitionLayout: Hashable, Sendable {
    public var index: Int32
    /// Nil while nobody leads it.
    public var leader: Int32?
    public var leaderEpoch: Int32
    public var replicas: [Int32]
    public var inSync: [Int32]
    public var offline: [Int32]
    public var code: ErrorCode

    init(_ answer: MetadataResponse.MetadataResponsePartition) {
        index = answer.partitionIndex
        leader = answer.leaderId < 0 ? nil : answer.leaderId
        leaderEpoch = answer.leaderEpoch
        replicas = answer.replicaNodes
        inSync = answer.isrNodes
        offline = answer.offlineReplicas
        code = answer.errorCode
    }
}

/// One partition of a topic.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var topic: String
    public var partition: Int32

    public init(_ topic: String, _ partition: Int32) {
        (self.topic, self.partition) = (topic, partition)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }

    public var description: String { "\(topic)-\(partition)" }
}
