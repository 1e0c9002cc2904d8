internal import VarveTerms
internal import VarveWire

extension PartitionRecord {
    /// A partition that begins, led by the first of its replicas.
    init(newPartition index: Int32, of topic: UniqueID, replicas: [Int32]) {
        self.init()
        partitionId = index
        topicId = topic
        self.replicas = replicas
        isr = replicas
        leader = replicas.first ?? -1
        leaderEpoch = 0
        partitionEpoch = 0
        directories = replicas.map { _ in .zero }
    }
}
