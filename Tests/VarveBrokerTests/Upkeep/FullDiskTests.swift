import Testing
import VarveLog
import VarveMetadata
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Broker: full and failing disks")
struct FullDiskTests {
    @Test("on a full disk producers are refused, reads go on, and writing resumes by itself")
    func full() throws {
        let scene = try UpkeepScene()
        try scene.create("t")
        #expect(try scene.produce(["a"], to: "t") == .none)
        scene.disk.fail(
            ordinal: 0, of: [.write, .resize, .reserve], with: .noSpace, mode: .forGood)
        for _ in 0..<3 { #expect(try scene.produce(["b"], to: "t") == .kafkaStorageError) }
        #expect(try scene.fetch("t").records?.count ?? 0 > 0)
        var all = MetadataRequest()
        all.topics = nil
        let metadata: MetadataResponse = try scene.ask(all, version: 9)
        #expect(metadata.topics.map(\.name) == ["t"])
        #expect(scene.broker.upkeepReport.failingCount == 1)
        #expect(scene.diagnostics.lines.count == 1)
        scene.disk.clearFaults()
        scene.pass(.seconds(1))
        #expect(try scene.produce(["c"], to: "t") == .none)
        #expect(try scene.recordKeys(of: "t") == ["a", "c"])
        #expect(scene.broker.upkeepReport.failingCount == 0)
        #expect(scene.diagnostics.lines.last?.contains("takes records again") == true)
        try scene.broker.close()
    }

    @Test("a disk without room for another block refuses, and takes records once it is larger")
    func capacity() throws {
        let scene = try UpkeepScene()
        try scene.create("t")
        let used = ByteCount(1 << 20)
        scene.disk.capacity = used
        var codes: [ErrorCode] = []
        for _ in 0..<40 { codes.append(try scene.produce(["k"], to: "t", size: 50_000)) }
        #expect(codes.first == ErrorCode.none)
        #expect(codes.last == .kafkaStorageError)
        let taken = codes.count { $0 == .none }
        scene.pass(.seconds(400))
        #expect(try scene.recordKeys(of: "t").count == taken)
        scene.disk.capacity = ByteCount(4 << 20)
        scene.pass(.seconds(61))
        #expect(try scene.produce(["k"], to: "t", size: 50_000) == .none)
        #expect(try scene.recordKeys(of: "t").count == taken + 1)
    }

    @Test("a log that a failed flush stopped goes on by itself; what was refused never shows")
    func failedFlush() throws {
        let scene = try UpkeepScene()
        try scene.create("t")
        #expect(try scene.produce(["a"], to: "t") == .none)
        scene.disk.fail(ordinal: 0, of: [.flush], with: .noSpace, mode: .forGood)
        #expect(try scene.produce(["b"], to: "t") == .kafkaStorageError)
        scene.pass(.seconds(10))
        #expect(try scene.produce(["c"], to: "t") == .kafkaStorageError)
        #expect(try scene.recordKeys(of: "t") == ["a"])
        scene.disk.clearFaults()
        scene.pass(.seconds(61))
        #expect(scene.broker.upkeepReport.logsResumed == 1)
        #expect(try scene.produce(["d"], to: "t") == .none)
        #expect(try scene.recordKeys(of: "t") == ["a", "d"])
        #expect(scene.diagnostics.lines.contains { $0.contains("goes on after a failed flush") })
        try scene.broker.close()
        let second = try UpkeepScene(on: scene.disk, clock: scene.clock)
        #expect(try second.recordKeys(of: "t") == ["a", "d"])
    }

    @Test("offsets that a failed flush took are not told after it; later ones are taken")
    func offsets() throws {
        let scene = try UpkeepScene(["offsets.topic.num.partitions": "1"])
        try scene.create("t")
        #expect(try scene.commit(offset: 5, of: "t", by: "g") == .none)
        scene.disk.fail(ordinal: 0, of: [.flush], with: .inputOutput, mode: .forGood)
        #expect(try scene.commit(offset: 9, of: "t", by: "g") != .none)
        scene.disk.clearFaults()
        scene.pass(.seconds(2))
        #expect(try scene.committed(of: "t", by: "g") == 5)
        #expect(try scene.commit(offset: 11, of: "t", by: "g") == .none)
        #expect(try scene.committed(of: "t", by: "g") == 11)
    }

    @Test("a topic whose making failed half way is there once the disk is well")
    func missingPartitions() throws {
        let scene = try UpkeepScene()
        scene.disk.fail(ordinal: 0, of: [.makeDirectory], with: .noSpace, mode: .forGood)
        #expect(try scene.create("t", partitions: 3) == .kafkaStorageError)
        scene.pass(.seconds(5))
        #expect(scene.broker.partitions["t", 0] == nil)
        scene.disk.clearFaults()
        scene.pass(.seconds(61))
        #expect(scene.broker.partitions["t", 2] != nil)
        #expect(try scene.produce(["a"], to: "t") == .none)
        let told = scene.diagnostics.lines.filter { $0.hasPrefix("partitions of t") }
        #expect(told.count == 1)
    }

    @Test("metadata that a failed flush took from its log is written again before anything else")
    func metadata() throws {
        let scene = try UpkeepScene()
        try scene.create("before")
        scene.disk.fail(ordinal: 0, of: [.flush], with: .noSpace, mode: .forGood)
        #expect(try scene.alter("retention.ms", to: "7777777", of: "before") == .kafkaStorageError)
        #expect(try scene.alter("retention.ms", to: "8888888", of: "before") == .kafkaStorageError)
        scene.disk.clearFaults()
        scene.pass(.seconds(61))
        #expect(scene.diagnostics.lines.contains { $0.contains("takes changes again") })
        #expect(try scene.create("after") == .none)
        let told = scene.broker.configs(of: "before").value(of: "retention.ms")
        try scene.broker.close()
        let second = try UpkeepScene(on: scene.disk, clock: scene.clock)
        #expect(second.broker.configs(of: "before").value(of: "retention.ms") == told)
        #expect(second.broker.image[topic: "after"] != nil)
        #expect(second.broker.partition("after", 0) != nil)
    }
}
