internal import VarveLog
internal import VarveTerms

extension TopicConfigs {
    /// How the topic's logs are compacted, where that is their policy.
    var compaction: CompactionSettings {
        var compaction = CompactionSettings()
        if let ratio = value(of: "min.cleanable.dirty.ratio").flatMap(Double.init) {
            compaction.minCleanableDirtyRatio = min(1, max(0, ratio))
        }
        compaction.minCompactionLag = .bounded(milliseconds: integer("min.compaction.lag.ms"))
        let lagMax = integer("max.compaction.lag.ms")
        if lagMax != .max {
            // Lags of different layers may contradict each other; the shorter one gives way.
            compaction.maxCompactionLag = max(
                .bounded(milliseconds: max(1, lagMax)), compaction.minCompactionLag)
        }
        compaction.deleteRetention = .bounded(milliseconds: integer("delete.retention.ms"))
        let broker = BrokerConfigs(image: image, node: node, started: started)
        if let size = broker.value(of: "log.cleaner.dedupe.buffer.size").flatMap({ Int($0) }) {
            compaction.mapMemory = ByteCount(min(max(1 << 10, size), 8 << 30))
        }
        return compaction
    }

    /// How long a producer that writes nothing is remembered (`producer.id.expiration.ms`).
    var producerAgeMax: Duration {
        let broker = BrokerConfigs(image: image, node: node, started: started)
        let age = broker.value(of: "producer.id.expiration.ms").flatMap { Int64($0) }
        return .bounded(milliseconds: max(1, age ?? 86_400_000))
    }
}
