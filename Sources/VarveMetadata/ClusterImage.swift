public import VarveTerms

/// What a cluster is like: the sum of its metadata records up to some offset.
///
/// A value: whoever decides works on a copy that nobody changes meanwhile.
public struct ClusterImage: Equatable, Sendable {
    /// Topics by name.
    public internal(set) var topics: [String: TopicImage] = [:]
    private var names: [UniqueID: String] = [:]
    /// What was set and differs from the defaults, by resource and name.
    public internal(set) var configs: [ConfigResource: [String: String]] = [:]
    /// Finalized feature levels.
    public internal(set) var features: [String: Int16] = [:]
    public internal(set) var brokers: [Int32: BrokerImage] = [:]
    /// The first producer id that was not given out.
    public internal(set) var nextProducerId: Int64 = 0
    /// What records say of things that nothing here serves.
    var unserved = UnservedRecords()
    /// Topics by the names that metrics give them.
    private var collisions: [String: Set<String>] = [:]

    public init() {}

    /// All topics by name: a table's own order differs from one run to the next, and so would what
    /// is done for each of them.
    public var topicsByName: [TopicImage] { topics.values.sorted { $0.name < $1.name } }

    public subscript(topic name: String) -> TopicImage? { topics[name] }
    public subscript(topic id: UniqueID) -> TopicImage? { names[id].flatMap { topics[$0] } }

    /// How many entries say who may do what. They are kept, and nothing goes by them.
    public var accessControlCount: Int { unserved.accessControlCount }

    public var partitionCount: Int { topics.values.reduce(0) { $0 + $1.partitions.count } }

    /// A topic whose name differs from this one in `.` and `_` alone.
    public func topic(collidingWith name: String) -> String? {
        collisions[TopicName.collisionKey(of: name)]?.filter { $0 != name }.min()
    }

    // MARK: Changes

    mutating func add(_ topic: TopicImage) {
        topics[topic.name] = topic
        names[topic.id] = topic.name
        collisions[TopicName.collisionKey(of: topic.name), default: []].insert(topic.name)
    }

    mutating func removeTopic(_ id: UniqueID) {
        guard let name = names.removeValue(forKey: id) else { return }
        topics[name] = nil
        configs[.topic(name)] = nil
        let key = TopicName.collisionKey(of: name)
        collisions[key]?.remove(name)
        if collisions[key]?.isEmpty == true { collisions[key] = nil }
    }

    /// - Returns: false when there is no such partition.
    mutating func change(
        _ partition: Int32, of id: UniqueID, _ body: (inout PartitionImage) -> Void
    ) -> Bool {
        guard let name = names[id], let place = Int(exactly: partition),
            topics[name]?.partitions.indices.contains(place) == true
        else { return false }
        body(&topics[name]!.partitions[place])
        return true
    }

    /// - Returns: false when the topic is unknown, or the partition is not its next one.
    mutating func add(_ image: PartitionImage, as partition: Int32, to id: UniqueID) -> Bool {
        guard let name = names[id], let count = topics[name]?.partitions.count,
            Int(partition) <= count, partition >= 0
        else { return false }
        if Int(partition) == count {
            var image = image
            if let last = topics[name]?.partitions.last { image.share(with: last) }
            topics[name]?.partitions.append(image)
        } else {
            topics[name]?.partitions[Int(partition)] = image
        }
        return true
    }

    /// Forgets who may lead a topic's partitions besides their replicas in sync; of every topic
    /// when the name is empty.
    mutating func clearEligibleLeaders(of name: String) {
        for topic in name.isEmpty ? Array(topics.keys) : [name] {
            for place in topics[topic]?.partitions.indices ?? 0..<0 {
                topics[topic]?.partitions[place].eligibleLeaders = []
                topics[topic]?.partitions[place].lastKnownLeaders = []
            }
        }
    }

    mutating func set(_ name: String, of resource: ConfigResource, to value: String?) {
        configs[resource, default: [:]][name] = value
        if configs[resource]?.isEmpty == true { configs[resource] = nil }
    }
}
