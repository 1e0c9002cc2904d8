import Testing
import VarveController
import VarveMetadata
import VarveTerms
import VarveWire

@Suite("ConfigAlteration")
struct ConfigAlterationTests {
    /// A cluster with topic `t`, whose retention is set, on broker 1.
    private static func grounds() throws -> ConfigAlteration.Grounds {
        var image = ClusterImage()
        try image.replay(.topic(TopicRecord(name: "t", topicId: UniqueID(high: 1, low: 1))))
        for (kind, name, key, value) in [
            (Int8(2), "t", "retention.ms", "5"), (4, "", "min.insync.replicas", "1"),
            (4, "", "log.retention.ms", "7"),
        ] {
            try image.replay(
                .config(
                    ConfigRecord(
                        resourceType: kind, resourceName: name, name: key, value: value)))
        }
        let configs = image.configs
        return ConfigAlteration.Grounds(image: image, node: 1) { resource, name in
            configs[resource]?[name] ?? ConfigTable.topics[name]?.defaultValue
                ?? ConfigTable.definition(ofBroker: name)?.defaultValue
        }
    }

    private static func alter(
        _ kind: Int8, _ name: String, _ wishes: [ConfigAlteration.Wish],
        replacesAll: Bool = false
    ) throws -> [String: String?] {
        let records = try ConfigAlteration(
            of: kind, name, wishes, replacesAll: replacesAll, on: grounds()
        ).records
        return Dictionary(uniqueKeysWithValues: records.map { ($0.name, $0.value) })
    }

    private static func refusal(
        _ kind: Int8, _ name: String, _ wishes: [ConfigAlteration.Wish]
    ) throws -> Refusal? {
        do {
            _ = try alter(kind, name, wishes)
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }

    @Test("an operation that there is not, a key named twice and a missing value are refused")
    func shape() throws {
        let unknown = try Self.refusal(2, "t", [.init("retention.ms", nil, "1")])
        #expect(unknown?.code == .invalidRequest)
        let twice = try Self.refusal(
            2, "t", [.init("retention.ms", .set, "1"), .init("retention.ms", .delete, nil)])
        #expect(twice?.message == "Error due to duplicate config keys")
        let missing = try Self.refusal(2, "t", [.init("retention.ms", .set, nil)])
        #expect(missing?.message == "Null value not supported for : retention.ms")
    }

    @Test("a wrong value is told before the topic is missed")
    func order() throws {
        let wrong = try Self.refusal(2, "none", [.init("retention.ms", .set, "x")])
        #expect(wrong?.code == .invalidConfig)
        let missed = try Self.refusal(2, "none", [.init("retention.ms", .set, "1")])
        #expect(missed?.code == .unknownTopicOrPartition)
    }

    @Test("a list grows from the value in force, and what is in it already changes nothing")
    func lists() throws {
        let grown = try Self.alter(2, "t", [.init("cleanup.policy", .append, "compact")])
        #expect(grown == ["cleanup.policy": "delete,compact"])
        let shrunk = try Self.alter(2, "t", [.init("cleanup.policy", .subtract, "delete")])
        #expect(shrunk == ["cleanup.policy": ""])
        let number = try Self.refusal(2, "t", [.init("retention.ms", .append, "1")])
        #expect(number?.code == .invalidConfig)
    }

    @Test("white space around a value is not kept")
    func whiteSpace() throws {
        #expect(
            try Self.alter(2, "t", [.init("segment.ms", .set, " 9 ")]) == ["segment.ms": "9"])
    }

    @Test("what is as wanted takes no record")
    func unchanged() throws {
        #expect(try Self.alter(2, "t", [.init("retention.ms", .set, "5")]).isEmpty)
        #expect(try Self.alter(2, "t", [.init("segment.ms", .delete, nil)]).isEmpty)
    }

    @Test("replacing all takes back what is not named, but how many replicas are enough")
    func replacing() throws {
        let topic = try Self.alter(
            2, "t", [.init("segment.ms", .set, "9")], replacesAll: true)
        #expect(topic == ["retention.ms": nil, "segment.ms": "9"])
        let brokers = try Self.alter(4, "", [], replacesAll: true)
        #expect(brokers == ["log.retention.ms": nil])
    }

    @Test("lags that conflict with what is in force are refused")
    func lags() throws {
        let refusal = try Self.refusal(
            2, "t",
            [.init("min.compaction.lag.ms", .set, "9"), .init("max.compaction.lag.ms", .set, "8")])
        #expect(refusal?.code == .invalidConfig)
    }

    @Test("brokers take only what may change while they run, each in its place")
    func brokers() throws {
        let fixed = try Self.refusal(4, "1", [.init("log.dirs", .set, "/x")])
        #expect(fixed?.message == "Cannot update these configs dynamically: [log.dirs]")
        let other = try Self.refusal(4, "2", [.init("log.retention.ms", .set, "1")])
        #expect(other?.code == .invalidRequest)
        let general = try Self.refusal(4, "", [.init("listeners", .set, "PLAINTEXT://:1")])
        #expect(general?.code == .invalidRequest)
        let own = try Self.refusal(4, "1", [.init("min.insync.replicas", .set, "1")])
        #expect(own?.code == .invalidConfig)
        #expect(try Self.alter(4, "1", [.init("plug.in", .set, "x")]) == ["plug.in": "x"])
    }

    @Test("groups stay in the bounds that the broker sets")
    func groups() throws {
        let short = try Self.refusal(
            32, "g", [.init("consumer.session.timeout.ms", .set, "1")])
        #expect(short?.code == .invalidConfig)
        let long = try Self.refusal(
            32, "g", [.init("streams.num.standby.replicas", .set, "99")])
        #expect(long?.code == .invalidConfig)
        let lawful = try Self.alter(
            32, "g", [.init("consumer.session.timeout.ms", .set, "50000")])
        #expect(lawful == ["consumer.session.timeout.ms": "50000"])
    }
}
