import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Broker: retention, checkpoints and removal in the background")
struct RetentionTests {
    private func fill(_ scene: UpkeepScene, _ topic: String = "t", count: Int = 40) throws {
        try scene.shrinkSegments(of: topic)
        for number in 0..<count { #expect(try scene.produce(["k\(number)"], to: topic) == .none) }
    }

    @Test("a disk that cannot delete is told of in one line, and tried again in the next round")
    func failing() throws {
        let scene = try UpkeepScene(["log.retention.check.interval.ms": "10000"])
        for topic in ["a", "b", "c"] {
            try scene.create(topic, ["retention.bytes": "2000"])
            try fill(scene, topic)
        }
        scene.disk.fail(ordinal: 0, of: [.remove], with: .inputOutput, mode: .forGood)
        scene.pass(.seconds(11))
        let told = scene.diagnostics.lines.filter { $0.hasPrefix("retention") }
        #expect(told.count == 1)
        #expect(told.first?.hasSuffix("and on 2 more") == true)
        #expect(scene.broker.upkeepReport[.retention].failureCount == 3)
        scene.disk.clearFaults()
        scene.pass(.seconds(11))
        #expect(scene.broker.upkeepReport[.retention].failureCount == 3)
        #expect(try scene.partition("a").log.size < ByteCount(4000))
        #expect(scene.disk.totalSize(of: ".log", in: "/d/a-0") < ByteCount(4000))
    }

    @Test("what a round did is told in one line, and a round that did nothing tells nothing")
    func progress() throws {
        let scene = try UpkeepScene(["log.retention.check.interval.ms": "10000"])
        try scene.create("a", ["retention.bytes": "2000"])
        try fill(scene, "a")
        let before = try scene.partition("a").log.segmentCount
        scene.pass(.seconds(11))
        let deleted = before - (try scene.partition("a").log.segmentCount)
        #expect(deleted > 0)
        let told = { scene.diagnostics.progress.filter { $0.hasPrefix("retention") } }
        #expect(told() == ["retention: \(deleted) segments deleted"])
        scene.pass(.seconds(31))
        #expect(told().count == 1)
    }

    @Test("checkpoints that cannot be stored are tried again, and told of")
    func failingCheckpoint() throws {
        let scene = try UpkeepScene()
        try scene.create("t")
        try scene.produce(["k"], to: "t")
        scene.disk.fail(ordinal: 0, of: [.rename], with: .inputOutput, mode: .forGood)
        scene.pass(.seconds(61))
        #expect(scene.diagnostics.lines.contains { $0.hasPrefix("checkpoint failed on /d") })
        scene.disk.clearFaults()
        scene.pass(.seconds(61))
        let text = try #require(scene.disk.contents("/d/recovery-point-offset-checkpoint"))
        #expect(String(decoding: text, as: UTF8.self).contains("t 0 1\n"))
    }

    @Test("old segments go by retention.ms, which an alteration of the broker can shorten")
    func age() throws {
        let scene = try UpkeepScene(["log.retention.check.interval.ms": "1000"])
        try scene.create("t")
        try fill(scene)
        scene.pass(.seconds(3600))
        #expect(try scene.fetch("t").errorCode == .none)
        #expect(scene.broker.upkeepReport.segmentsDeleted == 0)
        #expect(try scene.alter("log.retention.ms", to: "60000") == .none)
        scene.pass(.seconds(2))
        #expect(scene.broker.upkeepReport.segmentsDeleted > 5)
        #expect(try scene.fetch("t").errorCode == .offsetOutOfRange)
        #expect(try scene.produce(["k"], to: "t") == .none)
    }

    @Test("compact,delete does both: old segments go, of the others the latest of each key stay")
    func both() throws {
        let scene = try UpkeepScene(["log.retention.check.interval.ms": "1000"])
        try scene.create(
            "t", ["cleanup.policy": "compact,delete", "retention.ms": "500000"])
        try fill(scene)
        scene.pass(.seconds(400))
        try scene.shrinkSegments(of: "t")
        for _ in 0..<40 { try scene.produce(["y"], to: "t") }
        scene.pass(.seconds(20))
        #expect(try scene.recordKeys(of: "t").contains("k0"))
        #expect(try scene.recordKeys(of: "t").count < 60)
        scene.pass(.seconds(200))
        let keys = try scene.recordKeys(of: "t")
        #expect(!keys.contains("k0"))
        #expect(keys.contains("y"))
    }

    @Test("producers that were silent for producer.id.expiration.ms are forgotten")
    func producers() throws {
        let scene = try UpkeepScene([
            "producer.id.expiration.ms": "60000", "log.retention.check.interval.ms": "1000",
        ])
        try scene.create("t")
        #expect(try scene.partition("t").log.settings.producerAgeMax == .seconds(60))
        #expect(try scene.alter("producer.id.expiration.ms", to: "90000") == .none)
        #expect(try scene.partition("t").log.settings.producerAgeMax == .seconds(90))
    }

    @Test("a minute after a write the log's end stands in the checkpoint, and its files are closed")
    func checkpoint() throws {
        let scene = try UpkeepScene()
        try scene.create("t")
        try scene.produce(["k"], to: "t")
        scene.pass(.seconds(61))
        let text = try #require(scene.disk.contents("/d/recovery-point-offset-checkpoint"))
        #expect(String(decoding: text, as: UTF8.self).contains("t 0 1\n"))
        #expect(scene.broker.upkeepReport[.checkpoint].logCount == 1)
        let rounds = scene.broker.upkeepReport[.checkpoint].roundCount
        scene.pass(.seconds(600))
        #expect(scene.broker.upkeepReport[.checkpoint].roundCount == rounds)
    }

    @Test("files of a deleted topic go after log.segment.delete.delay.ms, while the broker runs")
    func removal() throws {
        let scene = try UpkeepScene(["log.segment.delete.delay.ms": "5000"])
        try scene.create("t")
        try scene.produce(["k"], to: "t")
        #expect(try scene.delete("t") == .none)
        scene.pass(.seconds(4))
        #expect(scene.disk.paths.contains { $0.hasPrefix("/d/t-0.") })
        scene.pass(.seconds(2))
        #expect(!scene.disk.paths.contains { $0.hasPrefix("/d/t-0.") })
        #expect(scene.broker.upkeepReport[.removal].logCount == 1)
    }

    @Test("without the promise of flushes a minute of records is flushed in the background")
    func pageCache() throws {
        let scene = try UpkeepScene([
            "varve.flush.policy": "page-cache", "log.retention.check.interval.ms": "1000",
        ])
        try scene.create("t", ["retention.bytes": "2000"])
        try fill(scene)
        #expect(try scene.partition("t").log.unflushedSize > .zero)
        scene.pass(.seconds(65))
        #expect(try scene.partition("t").log.unflushedSize == .zero)
        #expect(scene.broker.upkeepReport.segmentsDeleted > 3)
    }
}
