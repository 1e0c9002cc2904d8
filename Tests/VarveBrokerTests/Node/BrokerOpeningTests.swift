import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Broker: logs are opened when they are first used")
struct BrokerOpeningTests {
    /// How the node before ended.
    enum End: CaseIterable { case closed, killed }

    private func restart(
        _ first: UpkeepScene, _ end: End,
        _ properties: [String: String] = ["varve.scrub.interval.ms": "-1"]
    ) throws -> UpkeepScene {
        guard end == .closed else {
            return try UpkeepScene(properties, on: first.disk.processDeath(), clock: first.clock)
        }
        try first.broker.close()
        return try UpkeepScene(properties, on: first.disk, clock: first.clock)
    }

    private func openLogs(_ scene: UpkeepScene) -> Set<String> {
        Set(scene.broker.partitions.all.map { "\($0.log.name)" })
    }

    @Test(
        "a start opens no log of a topic, and a request only those it names",
        arguments: End.allCases)
    func firstUse(_ end: End) throws {
        let first = try UpkeepScene()
        for topic in ["a", "b", "c"] {
            try first.create(topic, partitions: 3)
            #expect(try first.produce(["k"], to: topic) == .none)
        }
        let second = try restart(first, end)
        #expect(openLogs(second).isEmpty)
        #expect(try second.fetch("a").highWatermark == 1)
        #expect(try second.produce(["k"], to: "b") == .none)
        #expect(openLogs(second) == ["a-0", "b-0"])
        #expect(try second.fetch("b").highWatermark == 2)
    }

    @Test("a log that cannot be opened is a storage error of its own, told once, and tried again")
    func failing() throws {
        let first = try UpkeepScene()
        for topic in ["a", "b"] {
            try first.create(topic)
            #expect(try first.produce(["k"], to: topic) == .none)
        }
        let second = try restart(first, .killed)
        second.disk.fail(ordinal: 0, of: [.list], with: .inputOutput)
        #expect(try second.produce(["k"], to: "a") == .kafkaStorageError)
        #expect(try second.fetch("a").errorCode == .kafkaStorageError)
        #expect(try second.produce(["k"], to: "b") == .none)
        #expect(second.diagnostics.lines.count { $0.hasPrefix("partitions of a cannot") } == 1)
        second.pass(.seconds(2))
        #expect(try second.produce(["k"], to: "a") == .none)
        #expect(try second.fetch("a").highWatermark == 2)
    }

    @Test("a process that may open no more files has some to give for a log's first use")
    func descriptors() throws {
        let first = try UpkeepScene()
        try first.create("a")
        let second = try restart(first, .closed)
        second.disk.fail(ordinal: 0, of: [.open], with: .tooManyFiles)
        #expect(try second.produce(["k"], to: "a") == .none)
    }

    @Test(
        "retention deletes from logs that nobody uses, and puts them to rest again",
        arguments: End.allCases)
    func retention(_ end: End) throws {
        let first = try UpkeepScene()
        for (topic, age) in [("short", "60000"), ("long", "600000")] {
            try first.create(topic, ["retention.ms": age])
            try first.shrinkSegments(of: topic)
            for number in 0..<40 { #expect(try first.produce(["k\(number)"], to: topic) == .none) }
        }
        try first.create("empty")
        let second = try restart(first, end)
        second.pass(.seconds(340))
        #expect(second.disk.totalSize(of: ".log", in: "/d/short-0") == .zero)
        #expect(openLogs(second).isEmpty, "they rest again")
        second.pass(.seconds(600))
        #expect(second.disk.totalSize(of: ".log", in: "/d/long-0") == .zero)
        #expect(openLogs(second).isEmpty)
    }

    @Test("retention by size sees logs that nobody uses, also after it was altered")
    func retentionBySize() throws {
        let first = try UpkeepScene()
        try first.create("t")
        try first.shrinkSegments(of: "t")
        for number in 0..<40 { #expect(try first.produce(["k\(number)"], to: "t") == .none) }
        let second = try restart(first, .closed)
        second.pass(.seconds(300))
        #expect(openLogs(second).isEmpty)
        #expect(try second.alter("retention.bytes", to: "2000", of: "t") == .none)
        second.pass(.seconds(300))
        #expect(second.disk.totalSize(of: ".log", in: "/d/t-0") < ByteCount(4000))
    }

    @Test("a scrub and a cleaning reach logs that nobody uses")
    func scrubAndCleaning() throws {
        let properties = ["log.cleaner.backoff.ms": "1000", "varve.scrub.interval.ms": "3600000"]
        let first = try UpkeepScene(properties)
        try first.create("c", ["cleanup.policy": "compact"])
        try first.create("d")
        try first.shrinkSegments(of: "c")
        for _ in 0..<40 { #expect(try first.produce(["same"], to: "c") == .none) }
        #expect(try first.produce(["k"], to: "d") == .none)
        let second = try restart(first, .closed, properties)
        second.disk.flipBit("/d/d-0/00000000000000000000.log", 8 * 80)
        second.pass(.seconds(3700))
        #expect(second.broker.upkeepReport.recordsCompacted > 0)
        #expect(second.broker.upkeepReport.damageFound > 0)
        #expect(openLogs(second).isEmpty, "they rest again")
    }

    @Test("after a crash every log is recovered in the background; the next end is a clean one")
    func recovery() throws {
        let first = try UpkeepScene()
        for topic in ["a", "b"] {
            try first.create(topic, partitions: 2)
            #expect(try first.produce(["k"], to: topic) == .none)
        }
        let second = try restart(first, .killed)
        second.pass(.seconds(31))
        #expect(openLogs(second).isEmpty)
        try second.broker.close()
        let third = try UpkeepScene(on: second.disk, clock: second.clock)
        #expect(third.broker.node.directories[0].wasClosedCleanly)
        #expect(try third.fetch("a").highWatermark == 1)
    }

    @Test("of many open logs those that nobody uses are put to rest, and open again when used")
    func idle() throws {
        let scene = try UpkeepScene(["varve.scrub.interval.ms": "-1"])
        try scene.create("many", partitions: 1010)
        #expect(try scene.produce(["k"], to: "many") == .none)
        #expect(openLogs(scene).count == 100, "those that were made beyond it rest")
        for index in 0..<1010 { #expect(scene.broker.partition("many", Int32(index)) != nil) }
        #expect(scene.broker.partitions.openCount == 1010)
        // The first round of background work sees that they were used, the second that nobody did.
        scene.pass(.seconds(31))
        #expect(scene.broker.partitions.openCount == 1010)
        #expect(scene.broker.partition("many", 0) != nil)
        scene.pass(.seconds(301))
        #expect(scene.broker.partitions.openCount == 1000)
        #expect(openLogs(scene).contains("many-0"))
        for index in 0..<1010 { #expect(scene.broker.partition("many", Int32(index)) != nil) }
        #expect(scene.broker.partitions.openCount == 1010)
    }

    @Test("a topic is deleted with the logs that nobody used")
    func deletion() throws {
        let first = try UpkeepScene()
        try first.create("t", partitions: 3)
        let second = try restart(first, .closed)
        #expect(try second.delete("t") == .none)
        second.pass(.seconds(120))
        #expect(try second.broker.node.directories[0].otherFolders().isEmpty)
        #expect(
            try second.broker.node.directories[0].logNames().map(\.topic) == ["__cluster_metadata"])
    }
}
