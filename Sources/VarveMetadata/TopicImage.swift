public import VarveTerms

/// A topic as the metadata log describes it.
///
/// *Invariants*: partition n stands at place n; there is at least one.
public struct TopicImage: Hashable, Sendable {
    public let name: String
    public let id: UniqueID
    public internal(set) var partitions: [PartitionImage] = []

    public init(name: String, id: UniqueID) {
        self.name = name
        self.id = id
    }

    /// Whether the broker keeps it for itself: clients may not produce to it.
    public var isInternal: Bool { Self.internalNames.contains(name) }

    public static let internalNames: Set<String> = [
        "__consumer_offsets", "__transaction_state", "__share_group_state",
    ]
}

/// Who has a partition, and who leads it.
public struct PartitionImage: Hashable, Sendable {
    public var replicas: [Int32] = []
    public var inSyncReplicas: [Int32] = []
    /// Nobody leads it while all its replicas are away: −1.
    public var leader: Int32 = -1
    public var leaderEpoch: Int32 = 0
    /// Grows with each change of the partition.
    public var partitionEpoch: Int32 = 0
    /// The data directory of each replica, in the order of `replicas`.
    public var directories: [UniqueID] = []
    /// Replicas on their way in and out.
    public var addingReplicas: [Int32] = []
    public var removingReplicas: [Int32] = []
    /// Whether the leader was elected though it may lack records, and has to make up for it.
    public var leaderRecoveryState: Int8 = 0
    /// Replicas that are not in sync and have all that was acknowledged (KIP-966).
    public var eligibleLeaders: [Int32] = []
    public var lastKnownLeaders: [Int32] = []

    public init() {}

    /// Takes over lists that equal those of another partition: most partitions of a topic have the
    /// same ones, and there may be a hundred thousand.
    mutating func share(with other: PartitionImage) {
        if replicas == other.replicas { replicas = other.replicas }
        if inSyncReplicas == other.inSyncReplicas { inSyncReplicas = other.inSyncReplicas }
        if directories == other.directories { directories = other.directories }
    }
}

/// A broker that is registered.
public struct BrokerImage: Hashable, Sendable {
    public var id: Int32
    public var epoch: Int64
    public var endpoints: [Endpoint]
    public var rack: String?
    public var isFenced: Bool
    /// Which life of the broker registered.
    public var incarnation = UniqueID.zero
    /// Which levels of features it supports.
    public var features: [Feature] = []
    public var isInControlledShutdown = false
    /// Its data directories, and those of them that take no new partitions.
    public var directories: [UniqueID] = []
    public var cordonedDirectories: [UniqueID]?

    public init(
        id: Int32, epoch: Int64, endpoints: [Endpoint], rack: String?, isFenced: Bool
    ) {
        self.id = id
        self.epoch = epoch
        self.endpoints = endpoints
        self.rack = rack
        self.isFenced = isFenced
    }

    /// Where clients reach it.
    public struct Endpoint: Hashable, Sendable {
        public var listener: String
        public var host: String
        public var port: UInt16
        /// By Kafka's numbers: 0 is PLAINTEXT.
        public var securityProtocol: Int16

        public init(listener: String, host: String, port: UInt16, securityProtocol: Int16 = 0) {
            self.listener = listener
            self.host = host
            self.port = port
            self.securityProtocol = securityProtocol
        }
    }

    /// The levels of a feature that it supports.
    public struct Feature: Hashable, Sendable {
        public var name: String
        public var lowest: Int16
        public var highest: Int16

        public init(name: String, lowest: Int16, highest: Int16) {
            self.name = name
            self.lowest = lowest
            self.highest = highest
        }
    }
}

/// What properties belong to.
public struct ConfigResource: Hashable, Sendable {
    public var kind: Kind
    /// Empty for the defaults of all brokers.
    public var name: String

    /// By the numbers that requests and records use.
    public enum Kind: Int8, Hashable, Sendable {
        case topic = 2
        case broker = 4
        case brokerLogger = 8
        case clientMetrics = 16
        case group = 32
    }

    public init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    public static let allBrokers = ConfigResource(.broker, "")
    public static func topic(_ name: String) -> ConfigResource { ConfigResource(.topic, name) }
}
