internal import VarveLog
internal import VarveMetadata
internal import VarveRecords
internal import VarveTerms

/// The properties that are in force for a topic.
///
/// A topic's own value wins, then what was set for this broker, for all brokers, the properties
/// that the broker was started with, and the default.
struct TopicConfigs {
    let image: ClusterImage
    let topic: String
    let node: Int32
    let started: StaticConfigs

    /// Where a value comes from, by the numbers of DescribeConfigs.
    enum Source: Int8 {
        case topic = 1
        case broker = 2
        case allBrokers = 3
        case started = 4
        case standard = 5
        case group = 8
    }

    /// Every value that was given, the one in force first, with the name it was given under.
    func candidates(for definition: ConfigDefinition) -> [(name: String, value: String, Source)] {
        var found: [(String, String, Source)] = []
        if let value = image.configs[.topic(topic)]?[definition.name] {
            found.append((definition.name, value, .topic))
        }
        guard let fallback = definition.fallback else { return found }
        if let value = image.configs[ConfigResource(.broker, "\(node)")]?[fallback] {
            found.append((fallback, value, .broker))
        }
        if let value = image.configs[.allBrokers]?[fallback] {
            found.append((fallback, value, .allBrokers))
        }
        if let value = started.values[fallback] { found.append((fallback, value, .started)) }
        if let value = ConfigTable.brokers[fallback]?.defaultValue {
            found.append((fallback, value, .standard))
        }
        return found
    }

    func value(of name: String) -> String? {
        guard let definition = ConfigTable.topics[name] else { return nil }
        if let first = candidates(for: definition).first { return first.value }
        return coarse(name) ?? definition.defaultValue
    }

    /// Some times are also told in coarser units, under other names.
    private func coarse(_ name: String) -> String? {
        let names: [(String, Int64)] =
            switch name {
            case "retention.ms":
                [("log.retention.minutes", 60_000), ("log.retention.hours", 3_600_000)]
            case "segment.ms": [("log.roll.hours", 3_600_000)]
            default: []
            }
        for (name, unit) in names {
            guard let text = started.values[name], let value = Int64(text) else { continue }
            let (product, overflow) = value.multipliedReportingOverflow(by: unit)
            return overflow || value < 0 ? "-1" : "\(product)"
        }
        return nil
    }

    func integer(_ name: String) -> Int64 { value(of: name).flatMap { Int64($0) } ?? 0 }

    var usesAppendTime: Bool { value(of: "message.timestamp.type") == "LogAppendTime" }

    /// What every batch is held against.
    var rules: TopicRules {
        TopicRules(
            usesAppendTime: usesAppendTime,
            timestampAfterMax: integer("message.timestamp.after.max.ms"),
            timestampBeforeMax: integer("message.timestamp.before.max.ms"),
            requiresKeys: value(of: "cleanup.policy")?.contains("compact") == true,
            compression: compression)
    }

    /// How batches are stored; nil for as their producers send them.
    private var compression: Compression? {
        switch value(of: "compression.type") {
        case "uncompressed": Compression.none
        case "snappy": .snappy
        // −1 is zlib's own standard.
        case "gzip": compression(.gzip, sayingNothing: -1, meaning: 6)
        // Kafka's 9 is the fast coder, not the high compression that other libraries name so.
        case "lz4": compression(.lz4, sayingNothing: 9, meaning: 1)
        case "zstd": compression(.zstd, sayingNothing: 3, meaning: 3)
        default: nil
        }
    }

    private func compression(
        _ codec: Codec, sayingNothing standard: Int, meaning level: Int
    ) -> Compression {
        let told = Int(integer("compression.\(codec.name).level"))
        let chosen = told == standard ? level : told
        return (try? Compression(codec, level: chosen)) ?? Compression(codec)
    }

    /// How the engine keeps the topic's logs.
    func logSettings(_ policy: FlushPolicy) -> LogSettings {
        var settings = LogSettings()
        settings.flushPolicy = policy
        settings.segmentSizeMax = ByteCount(Int(integer("segment.bytes")))
        settings.segmentAgeMax = .milliseconds(integer("segment.ms"))
        settings.indexInterval = ByteCount(Int(integer("index.interval.bytes")))
        settings.indexSizeMax = ByteCount(Int(max(24, integer("segment.index.bytes"))))
        settings.batchSizeMax = ByteCount(Int(max(61, integer("max.message.bytes"))))
        let size = integer("retention.bytes")
        settings.retentionSize = size < 0 ? nil : ByteCount(Int(size))
        let age = integer("retention.ms")
        settings.retentionAge = age < 0 ? nil : .milliseconds(age)
        settings.timestamps = usesAppendTime ? .log : .producer
        settings.compaction = compaction
        settings.producerAgeMax = producerAgeMax
        let cleanup = value(of: "cleanup.policy") ?? "delete"
        settings.cleanupPolicy = []
        if cleanup.contains("compact") { settings.cleanupPolicy.insert(.compact) }
        if cleanup.contains("delete") { settings.cleanupPolicy.insert(.delete) }
        return settings
    }
}

/// Properties of a topic that every batch is held against.
struct TopicRules: Hashable, Sendable {
    var usesAppendTime: Bool
    /// In milliseconds: how far a record's time may be ahead of the clock, and behind it.
    var timestampAfterMax: Int64
    var timestampBeforeMax: Int64
    /// Of compacted topics.
    var requiresKeys = false
    /// How batches are stored; nil for as their producers send them.
    var compression: Compression?
}

extension Broker {
    func configs(of topic: String) -> TopicConfigs {
        TopicConfigs(image: image, topic: topic, node: settings.nodeID, started: settings.configs)
    }

    func logSettings(of topic: String) -> LogSettings {
        configs(of: topic).logSettings(settings.flushPolicy)
    }
}
