import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Broker: compaction in the background")
struct CleaningTests {
    /// A compacted topic with several segments in which most records are superseded.
    private func dirty(_ scene: UpkeepScene, _ topic: String = "t") throws {
        #expect(try scene.create(topic, ["cleanup.policy": "compact"]) == .none)
        try fill(scene, topic)
    }

    private func fill(_ scene: UpkeepScene, _ topic: String = "t") throws {
        try scene.shrinkSegments(of: topic)
        for number in 0..<60 {
            #expect(try scene.produce(["k\(number % 3)"], to: topic) == .none)
        }
    }

    private func recordCount(_ scene: UpkeepScene, _ topic: String = "t") throws -> Int {
        try scene.recordKeys(of: topic).count
    }

    @Test("a log that cannot be cleaned is named, and tried again later and later")
    func refused() throws {
        let scene = try UpkeepScene()
        try dirty(scene)
        scene.disk.fail(ordinal: 0, of: [.rename], with: .inputOutput, mode: .forGood)
        scene.pass(.seconds(16))
        let tally = scene.broker.upkeepReport[.compaction]
        #expect(tally.failureCount == 1)
        let line = try #require(scene.diagnostics.lines.first { $0.hasPrefix("compaction") })
        #expect(line.contains("t-0"))
        scene.pass(.seconds(50))
        #expect(scene.broker.upkeepReport[.compaction].failureCount == 1)
        scene.pass(.seconds(30))
        #expect(scene.broker.upkeepReport[.compaction].failureCount == 2)
        scene.disk.clearFaults()
        scene.pass(.seconds(200))
        #expect(scene.broker.upkeepReport[.compaction].failureCount == 2)
        #expect(try recordCount(scene) < 60)
        #expect(try scene.fetch("t", from: 59).errorCode == .none)
    }

    @Test("damage ends a cleaning, and the operator is told where")
    func damaged() throws {
        let scene = try UpkeepScene()
        try dirty(scene)
        scene.disk.flipBit("/d/t-0/00000000000000000000.log", 8 * 300)
        scene.pass(.seconds(20))
        #expect(scene.diagnostics.lines.contains { $0.contains("damaged") })
        #expect(try scene.produce(["k"], to: "t") == .none)
    }

    @Test("a topic that is deleted while its log is cleaned takes nothing else with it")
    func deletedMeanwhile() throws {
        let scene = try UpkeepScene(["log.cleaner.io.max.bytes.per.second": "1024"])
        try dirty(scene, "a")
        try dirty(scene, "b")
        scene.pass(.seconds(16))
        let key = try #require(scene.broker.upkeep.cleaning?.key)
        let name = try #require(scene.broker.partitions.name(of: key.topicID))
        let other = name == "a" ? "b" : "a"
        #expect(try scene.delete(name) == .none)
        scene.pass(.seconds(120))
        #expect(scene.broker.upkeep.cleaning == nil)
        #expect(scene.broker.upkeepReport[.compaction].failureCount == 0)
        #expect(try recordCount(scene, other) < 60)
        // Its files are gone as well, by then.
        #expect(!scene.disk.paths.contains { $0.contains("/\(name)-0") })
        try scene.broker.close()
    }

    @Test("a stop in the middle of a cleaning loses nothing, and the next start goes on")
    func stopped() throws {
        let scene = try UpkeepScene(["log.cleaner.io.max.bytes.per.second": "1024"])
        try dirty(scene)
        scene.pass(.seconds(16))
        #expect(scene.broker.upkeep.cleaning != nil)
        try scene.broker.close()
        let second = try UpkeepScene(on: scene.disk, clock: scene.clock)
        #expect(Set(try second.recordKeys(of: "t")) == ["k0", "k1", "k2"])
        second.pass(.seconds(20))
        #expect(try recordCount(second) < 60)
        #expect(Set(try second.recordKeys(of: "t")) == ["k0", "k1", "k2"])
        #expect(second.broker.upkeepReport[.compaction].failureCount == 0)
    }

    @Test("superseded records go, with no word from anybody, and the latest of each key stay")
    func cleaned() throws {
        let scene = try UpkeepScene()
        try dirty(scene)
        scene.pass(.seconds(14))
        #expect(try recordCount(scene) == 60)
        scene.pass(.seconds(2))
        let keys = try scene.recordKeys(of: "t")
        #expect(keys.count < 20)
        #expect(Set(keys) == ["k0", "k1", "k2"])
        let report = scene.broker.upkeepReport
        #expect(report.recordsCompacted == 60 - Int64(keys.count))
        #expect(report[.compaction].logCount == 1)
        #expect(report.sizeAfterCompaction < report.sizeBeforeCompaction)
        #expect(scene.diagnostics.lines == [])
    }

    @Test("a log that was cleaned is not gone through again until it is written to")
    func settled() throws {
        let scene = try UpkeepScene()
        try dirty(scene)
        scene.pass(.seconds(20))
        let rounds = scene.broker.upkeepReport[.compaction].roundCount
        scene.pass(.seconds(3600))
        #expect(scene.broker.upkeepReport[.compaction].roundCount == rounds)
        try scene.produce(["k"], to: "t")
        scene.pass(.seconds(20))
        #expect(scene.broker.upkeepReport[.compaction].roundCount == rounds + 1)
        #expect(scene.broker.upkeepReport[.compaction].logCount == 1)
    }

    @Test("log.cleaner.enable=false cleans nothing")
    func turnedOff() throws {
        let scene = try UpkeepScene(["log.cleaner.enable": "false"])
        try dirty(scene)
        scene.pass(.seconds(100))
        #expect(try recordCount(scene) == 60)
    }

    @Test("min.cleanable.dirty.ratio altered at runtime lets a log be cleaned")
    func ratio() throws {
        let scene = try UpkeepScene(["log.cleaner.min.cleanable.ratio": "1.0"])
        try dirty(scene)
        scene.pass(.seconds(20))
        #expect(try recordCount(scene) < 20)
        // A quarter is dirty now, less than all.
        for number in 0..<20 { try scene.produce(["x\(number)"], to: "t") }
        for _ in 0..<20 { try scene.produce(["x"], to: "t") }
        scene.pass(.seconds(20))
        let count = try recordCount(scene)
        #expect(try scene.alter("log.cleaner.min.cleanable.ratio", to: "0.1") == .none)
        try scene.shrinkSegments(of: "t")
        scene.pass(.seconds(20))
        #expect(try recordCount(scene) < count)
    }

    @Test("min.compaction.lag.ms keeps young records, which go when they are old enough")
    func lag() throws {
        let scene = try UpkeepScene()
        #expect(
            try scene.create(
                "t", ["cleanup.policy": "compact", "min.compaction.lag.ms": "100000"]) == .none)
        try fill(scene)
        scene.pass(.seconds(60))
        #expect(try recordCount(scene) == 60)
        scene.pass(.seconds(80))
        #expect(try recordCount(scene) < 20)
    }

    @Test("max.compaction.lag.ms cleans a log that nobody writes to, its active segment too")
    func overdue() throws {
        let scene = try UpkeepScene()
        #expect(
            try scene.create(
                "t", ["cleanup.policy": "compact", "max.compaction.lag.ms": "100000"]) == .none)
        for _ in 0..<10 { try scene.produce(["k"], to: "t") }
        scene.pass(.seconds(60))
        #expect(try recordCount(scene) == 10)
        scene.pass(.seconds(120))
        #expect(try recordCount(scene) < 10)
    }

    @Test("the log of group offsets is compacted")
    func offsets() throws {
        let scene = try UpkeepScene(["offsets.topic.num.partitions": "1"])
        try scene.create("t")
        _ = try scene.commit(offset: 0, of: "t", by: "g")
        try scene.shrinkSegments(of: "__consumer_offsets")
        for offset in 1..<60 {
            #expect(try scene.commit(offset: Int64(offset), of: "t", by: "g") == .none)
        }
        let before = try scene.partition("__consumer_offsets").log.size
        scene.pass(.seconds(20))
        #expect(try scene.partition("__consumer_offsets").log.size < before)
        #expect(try scene.committed(of: "t", by: "g") == 59)
        try scene.broker.close()
        let second = try UpkeepScene(on: scene.disk, clock: scene.clock)
        #expect(try second.committed(of: "t", by: "g") == 59)
    }
}
