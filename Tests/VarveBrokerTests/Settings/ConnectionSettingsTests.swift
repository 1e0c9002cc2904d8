import Testing
import VarveMetadata
import VarveTerms
import VarveTransport
import VarveWire

@testable import VarveBroker

@Suite("ConnectionSettings")
struct ConnectionSettingsTests {
    private func settings(_ values: [String: String]) throws -> ConnectionSettings {
        var configs = StaticConfigs()
        try configs.add(values)
        return ConnectionSettings(BrokerConfigs(image: .init(), node: 1, started: configs))
    }

    @Test("hosts that are no addresses are named, and the others count")
    func overrides() throws {
        let found = try settings(["max.connections.per.ip.overrides": "localhost:5,10.0.0.1:7,x"])
        #expect(found.unknownHosts == ["localhost", "x"])
        #expect(found.limits.connectionsMaxOf == [.v4(0x0A00_0001): 7])
    }

    @Test("limits of connections come from the properties, and from what descriptors allow")
    func limits() throws {
        let found = try settings(["max.connections": "5", "max.connections.per.ip": "3"])
        #expect(found.limits.connectionsMax == 5)
        #expect(found.limits.connectionsPerAddressMax == 3)
        var configs = StaticConfigs()
        try configs.add([
            "socket.request.max.bytes": "1000", "connections.max.idle.ms": "-1",
            "queued.max.request.bytes": "5000",
        ])
        let broker = try BrokerSettings(configs)
        #expect(broker.loopLimits.frameSizeMax == ByteCount(1000))
        #expect(broker.loopLimits.idleMax > .seconds(1 << 32))
        #expect(broker.serverLimits(descriptorsMax: 1024).connectionsMax == 768)
        #expect(broker.serverLimits(descriptorsMax: 1 << 20).connectionsMax == 16_384)
        #expect(broker.serverLimits(descriptorsMax: 1024).requestMemoryMax == ByteCount(5000))
    }

    @Test("max.connections and max.connections.per.ip are altered while the broker runs")
    func altered() throws {
        let scene = try UpkeepScene()
        try scene.create("t")
        #expect(scene.isServed(from: .v4(9)))
        #expect(try scene.alter("max.connections.per.ip", to: "1") == .none)
        #expect(scene.isServed(from: .v4(9)))
        #expect(try scene.alter("max.connections.per.ip.overrides", to: "0.0.0.9:0") == .none)
        #expect(!scene.isServed(from: .v4(9)))
        #expect(scene.isServed(from: .v4(8)))
        #expect(try scene.alter("max.connections", to: "1") == .none)
        #expect(!scene.isServed(from: .v4(8)))
        // Who is there stays.
        #expect(try scene.produce(["k"], to: "t") == .none)
    }

    @Test("message.max.bytes altered while the broker runs counts from the next batch on")
    func messageSize() throws {
        let scene = try UpkeepScene()
        try scene.create("t")
        #expect(try scene.produce(["k"], to: "t", size: 2000) == .none)
        #expect(try scene.alter("message.max.bytes", to: "1000") == .none)
        #expect(try scene.produce(["k"], to: "t", size: 2000) == .messageTooLarge)
        #expect(try scene.produce(["k"], to: "t", size: 500) == .none)
    }
}
