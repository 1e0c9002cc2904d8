import Testing
import VarveLog
import VarveSim
import VarveTerms
import VarveWire

@testable import VarveBroker

/// What becomes of `__share_group_state`, and of what is kept in memory.
@Suite("Broker: the states of share groups")
struct SharePruningTests {
    private static let tight = [
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.snapshot.update.records.per.snapshot": "3",
        "share.coordinator.state.topic.prune.interval.ms": "10000",
        "share.coordinator.cold.partition.snapshot.interval.ms": "20000",
        // Members stay without heartbeats.
        "group.share.session.timeout.ms": "100000000",
    ]
    private static let longLocks = tight.merging([
        "group.share.record.lock.duration.ms": "3600000"
    ]) { $1 }

    private func states(_ shares: ShareScene) throws -> LogEnds {
        try #require(shares.scene.broker.partitions[ShareHost.stateTopic, 0]).log.ends
    }

    /// A member that accepts records one by one.
    private struct Reader {
        let shares: ShareScene
        let client: BrokerScene.Client
        private var epoch: Int32 = 1

        init(_ shares: ShareScene) throws {
            self.shares = shares
            client = try shares.scene.talk()
            _ = try shares.fetch("a", 0, by: client)
        }

        mutating func accept(_ offset: Int64) throws -> ErrorCode {
            let answer = try shares.acknowledge("a", epoch, 1, offset, offset, by: client)
            epoch += 1
            return answer.responses.first?.partitions.first?.errorCode ?? answer.errorCode
        }
    }

    @Test("a log of states stays short, and says the same after a kill and after a power cut")
    func bounded() throws {
        let shares = try ShareScene(Self.longLocks)
        try shares.join("a")
        try shares.produce(200)
        var reader = try Reader(shares)
        for offset in 0..<Int64(200) {
            #expect(try reader.accept(offset) == .none)
            if offset % 20 == 19 {
                shares.pass(.seconds(10))
                let ends = try states(shares)
                #expect(ends.start > .zero && ends.start.distance(to: ends.flushed) <= 5)
            }
            guard offset % 67 == 66 else { continue }
            for disk in [
                shares.scene.disk.crash(keeping: .none), shares.scene.disk.processDeath(),
            ] {
                let later = try shares.after(disk)
                #expect(try later.offsets() == [offset + 1, 199 - offset])
            }
        }
    }

    @Test("a group that reads nothing does not keep what others write")
    func coldGroup() throws {
        let shares = try ShareScene(Self.longLocks)
        try shares.join("a")
        let alter = AlterShareGroupOffsetsRequest(
            groupId: "idle",
            topics: [.init(topicName: "t", partitions: [.init(partitionIndex: 0, startOffset: 7)])])
        _ = try shares.scene.ask(alter, 0, for: AlterShareGroupOffsetsResponse.self)
        try shares.produce(50)
        var reader = try Reader(shares)
        for offset in 0..<Int64(50) {
            #expect(try reader.accept(offset) == .none)
            if offset % 10 == 9 { shares.pass(.seconds(11)) }
        }
        let ends = try states(shares)
        #expect(ends.start.distance(to: ends.flushed) <= 12, "\(ends)")
        let later = try shares.afterPowerCut()
        let request = DescribeShareGroupOffsetsRequest(groups: [
            .init(groupId: "idle", topics: nil)
        ])
        let answer = try later.scene.ask(request, 1, for: DescribeShareGroupOffsetsResponse.self)
        #expect(answer.message.groups.first?.topics.first?.partitions.first?.startOffset == 7)
    }

    @Test("a power cut at any moment loses nothing that was accepted")
    func cuts() throws {
        let shares = try ShareScene(Self.tight)
        try shares.join("a")
        try shares.produce(30)
        var reader = try Reader(shares)
        let disk = shares.scene.disk
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = disk.operationCount
        plan.subsetAtomCountMax = 2
        plan.doubleOmissionCountMax = 0
        plan.randomCount = 2
        plan.leavesOutEqual = true
        var promised = [disk.operationCount]
        for offset in 0..<Int64(24) {
            #expect(try reader.accept(offset) == .none)
            promised.append(disk.operationCount)
            if offset % 8 == 7 { shares.pass(.seconds(10)) }
        }
        #expect(try states(shares).start > .zero)
        let trace = disk.trace
        var number = 0
        let isWhole = { (_: Int) in false }
        try CrashStates.forEach(of: trace, under: plan, whole: isWhole) { crashed, label in
            number += 1
            // A broker for each would take a minute.
            guard number.isMultiple(of: 11) else { return }
            let least = promised.lastIndex { $0 <= label.moment } ?? 0
            let start = try shares.after(crashed).offsets().first ?? -1
            #expect(
                start == Int64(least) || start == Int64(least) + 1,
                "\(start), \(least) promised: trace.disk(at: \(label))")
        }
        print("power cuts of the states of share groups: \(number) of \(trace.count) operations")
        #expect(number > 500)
    }

    @Test("what nobody uses goes from memory, and comes back as it was")
    func idle() throws {
        let shares = try ShareScene(Self.tight)
        try shares.join("a")
        try shares.produce(6)
        let client = try shares.scene.talk()
        #expect(try shares.fetch("a", 0, by: client) == [[0, 5, 1]])
        _ = try shares.acknowledge("a", 1, 1, 0, 0, by: client)
        _ = try shares.acknowledge("a", 2, 2, 2, 2, by: client)
        let broker = shares.scene.broker
        shares.pass(.seconds(20))
        #expect(broker.shares.partitions.count == 1, "a member has records of it")
        shares.pass(.seconds(11))
        #expect(broker.shares.partitions.count == 1, "its locks have just ended")
        shares.pass(.seconds(61))
        #expect(broker.shares.partitions.isEmpty)
        shares.pass(.seconds(11))
        shares.pass(.seconds(11))
        #expect(broker.shares.states.indices == [])
        // The session is still there; nobody has any of the records.
        let late = try shares.acknowledge("a", 3, 1, 1, 1, by: client)
        #expect(late.responses.first?.partitions.first?.errorCode == .invalidRecordState)
        #expect(try shares.fetch("a", 4, by: client) == [[1, 5, 2]])
        #expect(broker.shares.partitions.count == 1)
        #expect(try shares.offsets() == [1, 5])
        shares.pass(.seconds(30))
        shares.pass(.seconds(90))
        #expect(broker.shares.partitions.isEmpty && broker.shares.alarms.size == 0)
    }

    @Test("a fetch that waits gets its records though its partition went from memory")
    func idleWait() throws {
        let shares = try ShareScene(Self.tight)
        try shares.join("a")
        let client = try shares.scene.talk()
        try shares.send("a", 0, waitMs: 200_000, by: client)
        shares.pass(.seconds(61))
        shares.pass(.seconds(61))
        #expect(shares.scene.broker.shares.partitions.isEmpty && !client.hasAnswer)
        try shares.produce(2)
        shares.scene.turn(client)
        #expect(ShareScene.rows(try shares.take(client)) == [[0, 1, 1]])
    }
}
