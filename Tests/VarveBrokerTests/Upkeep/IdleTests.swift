import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport
import VarveWire

@testable import VarveBroker

@Suite("Broker: many partitions and nothing to do")
struct IdleTests {
    /// Turns of the loop in an hour in which nobody asks for anything.
    private func turnsInAnHour(partitions: Int32) throws -> Int {
        let scene = try UpkeepScene()
        #expect(try scene.create("many", partitions: partitions) == .none)
        // What the making left to do.
        scene.pass(.seconds(5000))
        let turns = scene.pass(.seconds(3600))
        try scene.broker.close()
        return turns
    }

    @Test("many partitions wake the loop no more often than one does, some times an hour")
    func wakeUps() throws {
        let turns = try turnsInAnHour(partitions: 1)
        #expect(turns <= 30, "\(turns) turns in an hour")
        #expect(try turnsInAnHour(partitions: 200) == turns)
    }

    @Test("of thousands of new partitions few stay open, and the others open with their first use")
    func newPartitions() throws {
        let scene = try UpkeepScene(["log.retention.check.interval.ms": "60000"])
        try scene.create("many", partitions: 300)
        #expect(scene.broker.partitions.openCount <= 101)
        scene.pass(.seconds(10))
        let calls = scene.disk.callCount
        scene.pass(.seconds(600))
        #expect(scene.disk.callCount - calls < 100, "nobody looks at what is empty")
        let open = scene.broker.partitions.openCount
        #expect(scene.broker.partition("many", 299)?.log.ends.written == .zero)
        #expect(scene.broker.partitions.openCount == open + 1)
        try scene.broker.close()
    }

    @Test("logs that were written to long ago are neither noted again nor looked at")
    func writtenOnce() throws {
        let scene = try UpkeepScene(["log.retention.check.interval.ms": "100000000"])
        try scene.create("many", partitions: 50)
        try scene.create("t", ["cleanup.policy": "compact"])
        for _ in 0..<5 { try scene.produce(["k"], to: "t") }
        scene.pass(.seconds(600))
        let calls = scene.disk.callCount
        #expect(scene.pass(.seconds(36_000)) <= 2)
        #expect(scene.disk.callCount == calls)
    }

    @Test("coordinators without members wake nobody but to look after old offsets")
    func groups() throws {
        let scene = try UpkeepScene([
            "offsets.topic.num.partitions": "50",
            "offsets.retention.check.interval.ms": "3600000",
        ])
        try scene.create("t")
        for group in 0..<200 {
            #expect(try scene.commit(offset: 1, of: "t", by: "g\(group)") == .none)
        }
        scene.pass(.seconds(600))
        let turns = scene.pass(.seconds(3600))
        #expect(turns <= 110, "\(turns) turns in an hour")
    }
}
