import Testing
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Share groups")
struct ShareGroupTests {
    private func code(_ answer: ShareAcknowledgeResponse) -> ErrorCode {
        answer.responses.first?.partitions.first?.errorCode ?? answer.errorCode
    }

    // MARK: Errors

    @Test("without a session there is nothing to go on with, and sessions have a limit")
    func sessions() throws {
        let shares = try ShareScene(["group.share.max.share.sessions": "1"])
        try shares.join("a")
        let client = try shares.scene.talk()
        try shares.send("a", 1, by: client)
        #expect(try shares.take(client).errorCode == .shareSessionNotFound)
        _ = try shares.fetch("a", 0, by: client)
        try shares.send("b", 0, by: client)
        #expect(try shares.take(client).errorCode == .shareSessionLimitReached)
        try shares.send("a", 7, by: client)
        #expect(try shares.take(client).errorCode == .invalidShareSessionEpoch)
    }

    @Test("a group that nobody has begun has no records to give, and its client does not spin")
    func uninitialized() throws {
        let shares = try ShareScene()
        try shares.produce(3)
        let client = try shares.scene.talk()
        try shares.send("a", 0, waitMs: 400, by: client)
        #expect(!client.hasAnswer)
        shares.scene.clock.advance(by: .milliseconds(400))
        shares.scene.turn(client)
        let row = try shares.take(client).responses.first?.partitions.first
        #expect(row?.errorCode == .unknownServerError)
    }

    @Test("nobody speaks for another's records, and nothing comes of it")
    func foreign() throws {
        let shares = try ShareScene()
        try shares.join("a")
        try shares.produce(3)
        let (one, two) = (try shares.scene.talk(), try shares.scene.talk())
        #expect(try shares.fetch("a", 0, by: one) == [[0, 2, 1]])
        #expect(try shares.fetch("b", 0, by: two) == [])
        #expect(code(try shares.acknowledge("b", 1, 1, 0, 2, by: two)) == .invalidRecordState)
        #expect(code(try shares.acknowledge("a", 1, 1, 0, 2, by: one)) == .none)
    }

    // MARK: Waiting

    @Test("a fetch waits for records, and for those that come back")
    func waking() throws {
        let shares = try ShareScene()
        try shares.join("a")
        let (one, two) = (try shares.scene.talk(), try shares.scene.talk())
        try shares.send("a", 0, waitMs: 20_000, by: one)
        #expect(!one.hasAnswer)
        try shares.produce(4)
        shares.scene.turn(one)
        #expect(ShareScene.rows(try shares.take(one)) == [[0, 3, 1]])
        // What is released goes to who waits; so does what comes back when a lock ends.
        try shares.send("b", 0, waitMs: 40_000, by: two)
        #expect(!two.hasAnswer)
        #expect(code(try shares.acknowledge("a", 1, 2, 1, 1, by: one)) == .none)
        shares.scene.turn(two)
        #expect(ShareScene.rows(try shares.take(two)) == [[1, 1, 2]])
        try shares.send("b", 1, waitMs: 40_000, by: two)
        shares.scene.clock.advance(by: .seconds(29))
        shares.scene.turn(two)
        #expect(!two.hasAnswer)
        shares.scene.clock.advance(by: .seconds(2))
        shares.scene.turn(two)
        #expect(ShareScene.rows(try shares.take(two)).first == [0, 0, 2])
    }

    @Test("with a connection its member's records are given back")
    func closedConnection() throws {
        let shares = try ShareScene()
        try shares.join("a")
        try shares.produce(3)
        let (one, two) = (try shares.scene.talk(), try shares.scene.talk())
        #expect(try shares.fetch("a", 0, by: one) == [[0, 2, 1]])
        one.close()
        shares.scene.turn(one)
        #expect(try shares.fetch("b", 0, by: two) == [[0, 2, 2]])
    }

    @Test("a session that begins anew leaves nothing to who waited in the old one")
    func replacedSession() throws {
        let shares = try ShareScene()
        try shares.join("a")
        let (one, two) = (try shares.scene.talk(), try shares.scene.talk())
        try shares.send("a", 0, waitMs: 20_000, by: one)
        #expect(!one.hasAnswer)
        #expect(try shares.fetch("a", 0, by: two) == [])
        shares.scene.turn(one)
        #expect(ShareScene.rows(try shares.take(one)) == [])
        try shares.produce(2)
        #expect(try shares.fetch("a", 1, by: two) == [[0, 1, 1]])
    }

    @Test("a group of another kind is neither joined nor altered")
    func otherKind() throws {
        let shares = try ShareScene()
        let join = JoinGroupRequest(
            groupId: "g", sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: "",
            protocolType: "consumer", protocols: [.init(name: "range", metadata: [])])
        _ = try shares.scene.ask(join, 4, for: JoinGroupResponse.self)
        #expect(try shares.beat("a", 0, ["t"]).errorCode == .groupIdNotFound)
        let alter = AlterShareGroupOffsetsRequest(groupId: "g", topics: [])
        let answer = try shares.scene.ask(alter, 0, for: AlterShareGroupOffsetsResponse.self)
        #expect(answer.message.errorCode == .groupIdNotFound)
    }

    // MARK: Durability

    @Test("after a power cut what was accepted stays so, and the rest comes again")
    func powerCut() throws {
        let shares = try ShareScene()
        try shares.join("a")
        try shares.produce(6)
        let client = try shares.scene.talk()
        _ = try shares.fetch("a", 0, by: client)
        #expect(code(try shares.acknowledge("a", 1, 1, 0, 1, by: client)) == .none)
        #expect(code(try shares.acknowledge("a", 2, 2, 3, 3, by: client)) == .none)
        #expect(code(try shares.acknowledge("a", 3, 3, 4, 4, by: client)) == .none)
        let later = try shares.afterPowerCut()
        #expect(try later.beat("a", 3).errorCode == .none, "the member is still known")
        let again = try later.scene.talk()
        try later.send("a", 4, by: again)
        #expect(try later.take(again).errorCode == .shareSessionNotFound)
        #expect(try later.fetch("a", 0, by: again) == [[2, 2, 1], [3, 3, 2], [5, 5, 1]])
        #expect(try later.offsets() == [2, 3])
    }

    @Test("the first offset is kept before anybody reads: nothing is passed over after a crash")
    func latest() throws {
        let shares = try ShareScene()
        let change = IncrementalAlterConfigsRequest(resources: [
            .init(
                resourceType: 32, resourceName: "g",
                configs: [
                    .init(name: "share.auto.offset.reset", configOperation: 0, value: "latest")
                ])
        ])
        _ = try shares.scene.ask(change, 1, for: IncrementalAlterConfigsResponse.self)
        try shares.produce(2)
        try shares.join("a")
        let client = try shares.scene.talk()
        #expect(try shares.fetch("a", 0, by: client) == [])
        try shares.produce(3)
        let later = try shares.afterPowerCut()
        #expect(try later.fetch("a", 0, by: try later.scene.talk()) == [[2, 4, 1]])
    }

    @Test("an acknowledgement that cannot be flushed is not answered as taken")
    func failedFlush() throws {
        let shares = try ShareScene()
        try shares.join("a")
        try shares.produce(3)
        let client = try shares.scene.talk()
        #expect(try shares.fetch("a", 0, by: client) == [[0, 2, 1]])
        shares.scene.disk.fail(ordinal: 0, of: [.flush], with: .inputOutput, mode: .once)
        let answer = try shares.acknowledge("a", 1, 1, 0, 2, by: client)
        #expect(answer.errorCode == .kafkaStorageError)
        shares.scene.clock.advance(by: .seconds(2))
        let other = try shares.scene.talk()
        #expect(try shares.fetch("b", 0, by: other) == [[0, 2, 1]])
        #expect(code(try shares.acknowledge("b", 1, 1, 0, 2, by: other)) == .none)
        let later = try shares.afterPowerCut()
        #expect(try later.fetch("b", 0, by: try later.scene.talk()) == [])
    }

    // MARK: Administration

    @Test("offsets are altered and deleted while nobody is in the group, and that lasts")
    func offsets() throws {
        var shares = try ShareScene()
        try shares.join("a")
        try shares.produce(9)
        let client = try shares.scene.talk()
        _ = try shares.fetch("a", 0, by: client)
        let alter = AlterShareGroupOffsetsRequest(
            groupId: "g",
            topics: [.init(topicName: "t", partitions: [.init(partitionIndex: 0, startOffset: 7)])])
        let ask = { (shares: ShareScene) in
            try shares.scene.ask(alter, 0, for: AlterShareGroupOffsetsResponse.self).message
        }
        #expect(try ask(shares).errorCode == .nonEmptyGroup)
        #expect(try shares.beat("a", -1).memberEpoch == -1)
        #expect(try ask(shares).responses.first?.partitions.first?.errorCode == ErrorCode.none)
        shares = try shares.afterPowerCut()
        #expect(try shares.offsets() == [7, 2])
        #expect(try shares.fetch("b", 0, by: try shares.scene.talk()) == [[7, 8, 1]])
        let delete = DeleteShareGroupOffsetsRequest(
            groupId: "g", topics: [.init(topicName: "t")])
        _ = try shares.scene.ask(delete, 0, for: DeleteShareGroupOffsetsResponse.self)
        shares = try shares.afterPowerCut()
        #expect(try shares.offsets() == [])
        let deletion = DeleteGroupsRequest(groupsNames: ["g"])
        let answer = try shares.scene.ask(deletion, 2, for: DeleteGroupsResponse.self).message
        #expect(answer.results.map(\.errorCode) == [ErrorCode.none])
        shares = try shares.afterPowerCut()
        let list = try shares.scene.ask(ListGroupsRequest(), 5, for: ListGroupsResponse.self)
        #expect(list.message.groups.isEmpty)
    }

    @Test("a topic takes what share groups did with it along, and comes back fresh")
    func deletedTopic() throws {
        let shares = try ShareScene()
        try shares.join("a")
        try shares.produce(3)
        _ = try shares.fetch("a", 0, by: try shares.scene.talk())
        #expect(try shares.offsets() == [0, 3])
        try shares.scene.deleteTopic("t")
        #expect(try shares.offsets() == [])
        let later = try shares.afterPowerCut()
        #expect(try later.offsets() == [])
    }
}
