import Testing
import VarveBytes
import VarveMetadata
import VarveRecords
import VarveShares
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

/// What the properties of a group bound, and what is behind it when logs and topics go.
@Suite("Broker: the limits of share groups")
struct ShareLimitsTests {
    private func code(_ answer: ShareAcknowledgeResponse) -> ErrorCode {
        answer.responses.first?.partitions.first?.errorCode ?? answer.errorCode
    }

    // MARK: Properties of groups

    @Test("a lock ends after the group's time, counted from when it was set")
    func lockDuration() throws {
        let shares = try ShareScene()
        try shares.set("share.record.lock.duration.ms", "15000")
        try shares.join("a")
        try shares.produce(2)
        let client = try shares.scene.talk()
        #expect(try shares.fetch("a", 0, by: client) == [[0, 1, 1]])
        shares.pass(.seconds(14))
        #expect(code(try shares.acknowledge("a", 1, 1, 0, 0, by: client)) == .none)
        try shares.set("share.record.lock.duration.ms", "20000")
        shares.pass(.seconds(2))
        #expect(code(try shares.acknowledge("a", 2, 1, 1, 1, by: client)) == .invalidRecordState)
        #expect(try shares.fetch("a", 3, by: client) == [[1, 1, 2]])
        shares.pass(.seconds(18))
        #expect(code(try shares.acknowledge("a", 4, 4, 1, 1, by: client)) == .invalidRequest)
        #expect(code(try shares.acknowledge("a", 5, 1, 1, 1, by: client)) == .none)
    }

    @Test("a record that came back too often is given up, by the limit of the moment")
    func deliveryCount() throws {
        let shares = try ShareScene()
        try shares.join("a")
        try shares.produce(1)
        let client = try shares.scene.talk()
        #expect(try shares.fetch("a", 0, by: client) == [[0, 0, 1]])
        #expect(code(try shares.acknowledge("a", 1, 2, 0, 0, by: client)) == .none)
        #expect(try shares.fetch("a", 2, by: client) == [[0, 0, 2]])
        try shares.set("share.delivery.count.limit", "2")
        #expect(code(try shares.acknowledge("a", 3, 2, 0, 0, by: client)) == .none)
        #expect(try shares.fetch("a", 4, by: client) == [])
        #expect(try shares.offsets() == [1, 0])
        #expect(try shares.afterPowerCut().offsets() == [1, 0])
    }

    @Test("no further batch is begun with so many records under way")
    func recordLocks() throws {
        let shares = try ShareScene()
        try shares.set("share.partition.max.record.locks", "100")
        try shares.join("a")
        for _ in 0..<2 { try shares.produce(60) }
        try shares.produce(5)
        let client = try shares.scene.talk()
        #expect(try shares.fetch("a", 0, by: client) == [[0, 119, 1]])
        #expect(try shares.fetch("a", 1, by: client) == [])
        #expect(code(try shares.acknowledge("a", 2, 1, 0, 19, by: client)) == .none)
        #expect(try shares.fetch("a", 3, by: client) == [])
        #expect(code(try shares.acknowledge("a", 4, 1, 20, 20, by: client)) == .none)
        #expect(try shares.fetch("a", 5, by: client) == [[120, 124, 1]])
    }

    @Test("a group may begin at records that are no older than so long")
    func duration() throws {
        let shares = try ShareScene()
        try shares.set("share.auto.offset.reset", "by_duration:PT1H")
        try shares.join("a")
        let at = shares.scene.clock.wallClock().milliseconds
        let rows = [7200, 3601, 3500, 1].map {
            SentBatch.Row(nil, "v", at: at - Int64($0) * 1000)
        }
        for row in rows {
            #expect(try shares.scene.produce(SentBatch.make([row]), to: "t").errorCode == .none)
        }
        #expect(try shares.fetch("a", 0, by: try shares.scene.talk()) == [[2, 3, 1]])
    }

    @Test("a member that is given up leaves its records to others before their locks end")
    func lostMember() throws {
        let shares = try ShareScene(["group.share.record.lock.duration.ms": "60000"])
        try shares.join("a")
        try shares.produce(2)
        let (one, two) = (try shares.scene.talk(), try shares.scene.talk())
        #expect(try shares.fetch("a", 0, by: one) == [[0, 1, 1]])
        try shares.send("b", 0, waitMs: 58_000, by: two)
        shares.pass(.seconds(44))
        shares.scene.turn(two)
        #expect(!two.hasAnswer)
        shares.pass(.seconds(2))
        shares.scene.turn(two)
        #expect(ShareScene.rows(try shares.take(two)) == [[0, 1, 2]])
        try shares.send("a", 1, by: one)
        #expect(try shares.take(one).errorCode == .shareSessionNotFound)
    }

    @Test("records of open transactions are waited for, and those of aborted ones passed over")
    func isolation() throws {
        let shares = try ShareScene()
        try shares.set("share.isolation.level", "read_committed")
        try shares.join("a")
        let scene = shares.scene
        let producer = try scene.ask(
            InitProducerIdRequest(transactionalId: "x", transactionTimeoutMs: 60_000), 4,
            for: InitProducerIdResponse.self
        ).message
        try shares.produce(1)
        var settings = BatchSettings()
        settings.kind = .transactional
        settings.producer = ProducerStamp(
            id: producer.producerId, epoch: producer.producerEpoch, baseSequence: 0)
        var builder = RecordBatchBuilder()
        builder.begin(settings)
        _ = try builder.append(
            key: nil, value: [7].rawSpan, timestamp: Timestamp(milliseconds: 1_795_253_491_000))
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        let batch = output.bytes.array()
        let slice = RecordsSlice(start: 0, count: batch.count)
        let request = ProduceRequest(
            transactionalId: "x", acks: -1, timeoutMs: 1000,
            topicData: [.init(name: "t", partitionData: [.init(index: 0, records: slice)])])
        let sent = try scene.ask(request, 12, records: batch, for: ProduceResponse.self)
        #expect(sent.message.responses.first?.partitionResponses.first?.errorCode == ErrorCode.none)
        try shares.produce(1)
        let client = try scene.talk()
        #expect(try shares.fetch("a", 0, by: client) == [[0, 0, 1]])
        #expect(code(try shares.acknowledge("a", 1, 1, 0, 0, by: client)) == .none)
        try shares.send("a", 2, waitMs: 20_000, by: client)
        #expect(!client.hasAnswer)
        let end = EndTxnRequest(
            transactionalId: "x", producerId: producer.producerId,
            producerEpoch: producer.producerEpoch, committed: false)
        let ended = try scene.ask(end, 5, for: EndTxnResponse.self).message
        #expect(ended.errorCode == .none)
        scene.turn(client)
        // The marker at 3 comes along, and clients pass over it.
        let rows = ShareScene.rows(try shares.take(client))
        #expect(rows.first?.first == 2 && rows.last?[1] ?? 0 >= 2, "\(rows)")
    }

    // MARK: What goes

    @Test("nobody lags behind records that are deleted")
    func deletedRecords() throws {
        let shares = try ShareScene()
        try shares.join("a")
        try shares.produce(9)
        let client = try shares.scene.talk()
        #expect(try shares.fetch("a", 0, by: client) == [[0, 8, 1]])
        #expect(code(try shares.acknowledge("a", 1, 1, 4, 6, by: client)) == .none)
        #expect(try shares.offsets() == [0, 6])
        for (offset, expected) in [(Int64(2), [2, 4]), (5, [7, 2]), (9, [9, 0])] {
            let request = DeleteRecordsRequest(
                topics: [
                    .init(name: "t", partitions: [.init(partitionIndex: 0, offset: offset)])
                ], timeoutMs: 1000)
            _ = try shares.scene.ask(request, 2, for: DeleteRecordsResponse.self)
            #expect(try shares.offsets() == expected.map(Int64.init))
        }
    }

    @Test("a power cut while a topic is deleted leaves nothing of its groups' work for ever")
    func deletedTopicCuts() throws {
        let shares = try ShareScene(["share.coordinator.state.topic.num.partitions": "1"])
        try shares.join("a")
        try shares.produce(3)
        _ = try shares.fetch("a", 0, by: try shares.scene.talk())
        let disk = shares.scene.disk
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = disk.operationCount
        plan.subsetAtomCountMax = 2
        plan.doubleOmissionCountMax = 0
        plan.randomCount = 1
        plan.leavesOutEqual = true
        try shares.scene.deleteTopic("t")
        var (count, goneCount) = (0, 0)
        let isWhole = { (_: Int) in false }
        try CrashStates.forEach(of: disk.trace, under: plan, whole: isWhole) { crashed, label in
            count += 1
            guard count.isMultiple(of: 5) else { return }
            let later = try shares.after(crashed)
            let broker = later.scene.broker
            // Both coordinators are read; the log of states is looked after.
            let rest = try later.offsets()
            guard broker.image[topic: "t"] == nil else { return }
            goneCount += 1
            #expect(rest == [])
            var work = ShareWork(broker.clock.now(), broker.clock.wallClock())
            let home = try #require(broker.partitions[ShareHost.stateTopic, 0])
            _ = try broker.withShareStates(in: home, &work) { states, _ in states.keys(of: "g") }
            later.pass(.seconds(301))
            let left = try broker.withShareStates(in: home, &work) { states, _ in
                states.keys(of: "g")
            }
            let topics = try broker.withShareGroups(of: "g", &work) { groups, _ in
                groups.topics(of: "g")
            }
            #expect(left == [] && topics.isEmpty, "trace.disk(at: \(label))")
        }
        print("power cuts while a topic is deleted: \(count) states")
        #expect(goneCount > 5)
    }
}
