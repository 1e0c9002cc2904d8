import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Broker: scrub in the background")
struct ScrubbingTests {
    private func fill(_ scene: UpkeepScene, _ topic: String = "t", count: Int = 40) throws {
        try scene.create(topic)
        try scene.shrinkSegments(of: topic, to: 16 << 10)
        for number in 0..<count {
            #expect(try scene.produce(["k\(number)"], to: topic, size: 5000) == .none)
        }
    }

    @Test("damage that nobody has read is found, told of once a round, and fenced")
    func damage() throws {
        let scene = try UpkeepScene()
        try fill(scene)
        scene.disk.flipBit("/d/t-0/00000000000000000000.log", 8 * 300)
        scene.pass(.seconds(40))
        #expect(scene.broker.upkeepReport.damageFound == 1)
        let told = scene.diagnostics.lines.filter { $0.contains("is damaged") }
        #expect(told.count == 1)
        #expect(try scene.partition("t").log.quarantine.ranges.count == 1)
        scene.pass(.seconds(61))
        #expect(scene.disk.paths.contains { $0.hasPrefix("/d/t-0/varve.quarantine") })
        #expect(try scene.produce(["k"], to: "t") == .none)
    }

    @Test("a disk that cannot be read is told of, and the other logs are gone through")
    func unreadable() throws {
        let scene = try UpkeepScene()
        try fill(scene, "a", count: 2)
        try fill(scene, "b", count: 2)
        scene.disk.evictCaches()
        scene.disk.fail(ordinal: 0, of: [.open, .map, .read], with: .inputOutput)
        scene.pass(.seconds(40))
        #expect(scene.broker.upkeepReport[.scrub].logCount >= 2)
        #expect(scene.broker.upkeepReport.sizeScrubbed > ByteCount(5000))
    }

    @Test("every log is read once in an interval, the metadata too, and at the rate that is set")
    func rate() throws {
        let scene = try UpkeepScene([
            "varve.scrub.bytes.per.second": "10000", "varve.scrub.interval.ms": "86400000",
        ])
        try fill(scene)
        let size = try scene.partition("t").log.size + scene.broker.metadata.log.size
        scene.pass(.seconds(31))
        #expect(scene.broker.upkeepReport[.scrub].isOn)
        #expect(scene.broker.upkeepReport.sizeScrubbed < size)
        scene.pass(.seconds(60))
        #expect(!scene.broker.upkeepReport[.scrub].isOn)
        #expect(scene.broker.upkeepReport.sizeScrubbed == size)
        scene.pass(.seconds(80_000))
        #expect(scene.broker.upkeepReport[.scrub].roundCount == 1)
        scene.pass(.seconds(7000))
        #expect(scene.broker.upkeepReport[.scrub].roundCount == 2)
    }

    @Test("a scrub goes on after a restart where it was")
    func resumed() throws {
        let scene = try UpkeepScene(["varve.scrub.bytes.per.second": "10000"])
        try fill(scene)
        scene.pass(.seconds(31))
        let first = scene.broker.upkeepReport.sizeScrubbed
        let size = try scene.partition("t").log.size
        try scene.broker.close()
        #expect(scene.disk.contents("/d/varve.scrub") != nil)
        let second = try UpkeepScene(on: scene.disk, clock: scene.clock)
        second.pass(.seconds(60))
        let both = first + second.broker.upkeepReport.sizeScrubbed
        #expect(both < size + size)
        #expect(second.broker.upkeepReport[.scrub].roundCount == 1)
        #expect(second.disk.contents("/d/varve.scrub") == nil)
    }

    @Test("varve.scrub.interval.ms=-1, set at runtime, ends scrubbing")
    func turnedOff() throws {
        let scene = try UpkeepScene()
        try fill(scene, count: 2)
        #expect(try scene.alter("varve.scrub.interval.ms", to: "-1") == .none)
        scene.pass(.seconds(1_000_000))
        #expect(scene.broker.upkeepReport[.scrub].roundCount == 0)
        #expect(try scene.alter("varve.scrub.interval.ms", to: "5000") == .none)
        scene.pass(.seconds(12))
        #expect(scene.broker.upkeepReport[.scrub].roundCount >= 2)
    }
}
