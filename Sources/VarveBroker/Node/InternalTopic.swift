internal import VarveLog
internal import VarveMetadata
internal import VarveTerms
internal import VarveWire

/// A topic in which a node keeps records of its own.
enum InternalTopic: String {
    case offsets = "__consumer_offsets"
    case transactions = "__transaction_state"
    case shareStates = "__share_group_state"

    /// What it is made with.
    fileprivate func wanted(by properties: StaticConfigs) -> CreateTopicsRequest.CreatableTopic {
        var wanted = CreateTopicsRequest.CreatableTopic(name: rawValue, replicationFactor: 1)
        let property = { (name: String) in properties.integer(name) }
        var configs: [(name: String, value: String)]
        let (count, segment): (Int64?, Int64?)
        switch self {
        case .offsets:
            count = property("offsets.topic.num.partitions")
            segment = property("offsets.topic.segment.bytes")
            configs = [("cleanup.policy", "compact"), ("compression.type", "producer")]
        case .transactions:
            count = property("transaction.state.log.num.partitions")
            segment = property("transaction.state.log.segment.bytes")
            configs = [("cleanup.policy", "compact"), ("compression.type", "uncompressed")]
        case .shareStates:
            count = property("share.coordinator.state.topic.num.partitions")
            segment = property("share.coordinator.state.topic.segment.bytes")
            // Records go by snapshots, not by time: `Broker+SharePruning`.
            configs = [
                ("cleanup.policy", "delete"), ("compression.type", "producer"),
                ("min.insync.replicas", "1"), ("retention.ms", "-1"),
            ]
        }
        configs.append(("segment.bytes", "\(segment ?? 104_857_600)"))
        wanted.numPartitions = Int32(clamping: count ?? 50)
        wanted.configs = configs.map { .init(name: $0.name, value: $0.value) }
        return wanted
    }
}

extension Broker {
    /// A partition of an internal topic; the topic is made when it is missing. Nil when it cannot
    /// be.
    /// - Parameter index: which one of so many.
    func partition(
        of topic: InternalTopic, at now: Timestamp, _ index: (_ count: Int) -> Int32
    ) -> Partition? {
        let name = topic.rawValue
        if image[topic: name] == nil {
            let wanted = topic.wanted(by: settings.configs)
            guard create(wanted, validateOnly: false, at: now).errorCode == .none else {
                return nil
            }
        }
        guard let topic = image[topic: name] else { return nil }
        let index = index(topic.partitions.count)
        if partitions[name, index] == nil { try? openPartition(index, of: topic) }
        return partitions[name, index]
    }
}
