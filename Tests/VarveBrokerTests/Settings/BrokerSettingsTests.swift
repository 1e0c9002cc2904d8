import Testing
import VarveLog

@testable import VarveBroker

@Suite("BrokerSettings")
struct BrokerSettingsTests {
    private func settings(_ values: [String: String]) throws(SettingsError) -> BrokerSettings {
        var configs = StaticConfigs()
        try configs.add(values)
        return try BrokerSettings(configs)
    }

    @Test("an unknown property is refused with the nearest name")
    func unknown() {
        #expect(
            throws: SettingsError.unknown(name: "num.partition", nearest: "num.partitions")
        ) { try settings(["num.partition": "3"]) }
    }

    @Test("bad values are refused: numbers, listeners, protocols, directories")
    func refused() {
        for values in [
            ["num.partitions": "0"], ["listeners": "PLAINTEXT://:70000"], ["listeners": "nowhere"],
            ["listeners": "SSL://:9093"], ["log.dirs": ","], ["node.id": "-1"],
            ["advertised.listeners": "OTHER://h:1"],
        ] {
            #expect(throws: SettingsError.self, "\(values)") { try settings(values) }
        }
    }

    @Test("a server.properties of a KRaft node in combined mode is understood")
    func combined() throws {
        let settings = try settings([
            "process.roles": "broker,controller", "node.id": "1",
            "controller.quorum.bootstrap.servers": "localhost:9093",
            "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "advertised.listeners": "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": "/tmp/kraft-combined-logs", "num.partitions": "1",
            "offsets.topic.replication.factor": "1", "log.retention.hours": "168",
        ])
        #expect(settings.nodeID == 1)
        #expect(settings.listeners == [ListenerAddress(name: "PLAINTEXT", host: "", port: 9092)])
        #expect(settings.advertised.map(\.description) == ["PLAINTEXT://localhost:9092"])
        #expect(settings.directories == ["/tmp/kraft-combined-logs"])
        #expect(settings.flushPolicy == .durable)
    }

    @Test("later layers win")
    func layers() throws {
        var configs = StaticConfigs()
        try configs.add(["num.partitions": "1", "varve.flush.policy": "page-cache"])
        try configs.add(["num.partitions": "7"])
        #expect(configs.integer("num.partitions") == 7)
        #expect(try BrokerSettings(configs).flushPolicy == .pageCache)
    }
}
