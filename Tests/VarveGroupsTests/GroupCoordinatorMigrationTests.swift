import Testing
import VarveSeeds
import VarveTerms

@testable import VarveGroups

@Suite("groups that change their protocol")
struct GroupCoordinatorMigrationTests {
    private func encoded(_ parts: [String: [Int32]]) -> [UInt8] {
        ConsumerProtocol.encode(parts, version: 3)
    }

    /// A stable classic group of two members that have one partition each.
    private func classic(_ stage: inout Stage) -> [String] {
        stage.setTopics(["t": 2])
        let ids = stage.makeCompleting("g", instances: [nil, nil])
        let generation = stage.generation(of: "g")
        for id in ids.reversed() {
            let parts = Dictionary(
                uniqueKeysWithValues: ids.enumerated().map { ($1, encoded(["t": [Int32($0)]])) })
            _ = stage.sync(
                "g", as: id, generation: generation, assigning: id == ids[0] ? parts : [:])
        }
        return ids
    }

    @Test("a group with parts that nobody can read, or of another type, is not changed")
    func malformed() {
        var stage = Stage()
        stage.setTopics(["t": 1])
        let ids = stage.makeStable("g")
        let answer = stage.enter("g", as: "new")
        #expect(answer.error == .groupIDNotFound)
        #expect(
            answer.message
                == "Cannot upgrade classic group g to consumer group because the embedded consumer "
                + "protocol is malformed.")
        #expect(stage.heartbeat("g", as: ids[0], generation: 1) == nil)
    }

    @Test("the policy decides")
    func policy() {
        var settings = GroupSettings()
        settings.migrationPolicy = .downgrade
        var stage = Stage(settings: settings)
        _ = classic(&stage)
        #expect(stage.enter("g", as: "new").message == "Group g is not a consumer group.")
        #expect(stage.coordinator.kind(of: "g") == .classic)
    }

    @Test("classic members go on with what they have when one of the new protocol joins")
    func upgrade() {
        var stage = Stage()
        let ids = classic(&stage)
        let joined = stage.enter("g", as: "new")
        #expect(joined.error == nil)
        #expect(joined.assignment == PartitionSet())
        let members = stage.coordinator.describeConsumers("g")?.members ?? []
        #expect(Set(members.map(\.memberID)) == Set(ids + ["new"]))
        let held = members.filter { $0.profile.classic != nil }.flatMap(\.assigned)
        #expect(held.flatMap(\.partitions).sorted() == [0, 1])
        // Both learn by a rebalance that the epoch is another one.
        #expect(stage.heartbeat("g", as: ids[0], generation: 1) == .rebalanceInProgress)
        #expect(stage.commit("g", as: ids[0], generation: 1) == nil)
        #expect(stage.commit("g", as: ids[0], generation: 2) == .illegalGeneration)
        let copy = Stage(replaying: stage.records).coordinator
        #expect(copy.kind(of: "g") == .consumer)
        #expect(copy.consumerGroups["g"]?.members.count == 3)
    }

    @Test("a classic member among new ones: ids, parts in steps, and the way back")
    func mixed() {
        var stage = Stage()
        stage.setTopics(["t": 4])
        stage.enter("g", as: "new")
        stage.advance(milliseconds: 60)
        let refused = stage.joinNow("g", type: "other")
        #expect(refused?.error == .inconsistentGroupProtocol)
        let named = stage.joinNow("g", protocols: ["range"])
        #expect(named?.error == .memberIDRequired)
        let id = named?.memberID ?? ""
        let joined = stage.joinNow("g", as: id)
        #expect(joined?.generation == 2)
        #expect(joined?.leader == "")
        let part = { (stage: inout Stage, generation: Int32) -> [String: [Int32]]? in
            let token = stage.sync("g", as: id, generation: generation)
            return stage.synced(token).flatMap { ConsumerProtocol.assignment($0.assignment) }
        }
        #expect(part(&stage, 2) == [:])
        #expect(stage.heartbeat("g", as: id, generation: 2) == nil)
        stage.advance(milliseconds: 1000)
        let told = stage.stay("g", as: "new", epoch: 2)
        #expect(told.assignment == partitions(["t": [0, 1]]))
        #expect(stage.heartbeat("g", as: id, generation: 2) == .rebalanceInProgress)
        #expect(stage.joinNow("g", as: id)?.generation == 3)
        #expect(part(&stage, 3) == [:])
        #expect(stage.heartbeat("g", as: id, generation: 3) == nil)
        #expect(stage.stay("g", as: "new", epoch: 2, owning: ["t": [0, 1]]).epoch == 3)
        #expect(stage.heartbeat("g", as: id, generation: 3) == .rebalanceInProgress)
        #expect(stage.joinNow("g", as: id)?.generation == 3)
        #expect(part(&stage, 3) == ["t": [2, 3]])
        // The last of the new protocol leaves: a classic group, in a rebalance.
        _ = stage.beat(ConsumerHeartbeat(group: "g", memberID: "new", epoch: -1))
        #expect(stage.coordinator.kind(of: "g") == .classic)
        #expect(stage.state(of: "g") == .preparingRebalance)
        #expect(stage.heartbeat("g", as: id, generation: 4) == .rebalanceInProgress)
        let again = stage.join("g", as: id)
        #expect(stage.joined(again)?.generation == 5)
        #expect(Stage(replaying: stage.records).coordinator.kind(of: "g") == .classic)
    }

    @Test("a classic member that is told to join and does not is removed")
    func silence() {
        var stage = Stage()
        stage.setTopics(["t": 4])
        stage.enter("g", as: "new")
        let id = stage.joinNow("g")?.memberID ?? ""
        _ = stage.joinNow("g", as: id)
        _ = stage.sync("g", as: id, generation: 2)
        stage.advance(milliseconds: 1000)
        stage.stay("g", as: "new", epoch: 2)
        for _ in 0..<10 {
            #expect(stage.heartbeat("g", as: id, generation: 2) == .rebalanceInProgress)
            stage.advance(milliseconds: 1000)
        }
        #expect(stage.heartbeat("g", as: id, generation: 2) == .unknownMemberID)
    }

    @Test("whatever members send is read or refused")
    func anything() {
        var random = SeededRandom("GroupCoordinatorMigrationTests.anything")
        let whole = encoded(["t": [0, 1], "u": [5]])
        #expect(ConsumerProtocol.assignment(whole) == ["t": [0, 1], "u": [5]])
        for _ in 0..<5000 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                in: 0...255, using: &random)
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random) / 2)
            _ = ConsumerProtocol.assignment(bytes)
            _ = ConsumerProtocol.subscription(bytes)
        }
    }
}
