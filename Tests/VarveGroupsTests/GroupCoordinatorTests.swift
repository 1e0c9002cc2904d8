import Testing
import VarveTerms

@testable import VarveGroups

@Suite("GroupCoordinator")
struct GroupCoordinatorTests {
    @Test("two members come in two steps each, share an assignment, commit and read it back")
    func wholeLife() throws {
        var stage = Stage()
        let given = stage.joinNow("g", client: "one")
        let first = try #require(given)
        #expect(first.error == .memberIDRequired)
        #expect(first.memberID.hasPrefix("one-"))
        #expect(first.generation == -1)
        let join = stage.join("g", as: first.memberID)
        #expect(stage.joined(join) == nil)
        stage.advance(milliseconds: 3000)
        let answer = try #require(stage.joined(join))
        #expect(answer.error == nil)
        #expect(answer.generation == 1)
        #expect(answer.leader == first.memberID)
        #expect(answer.members.map(\.memberID) == [first.memberID])
        #expect(answer.protocolName == "range")

        let id = first.memberID
        let sync = stage.sync("g", as: id, generation: 1, assigning: [id: [1, 2]])
        #expect(stage.synced(sync)?.assignment == [1, 2])
        #expect(stage.state(of: "g") == .stable)
        #expect(stage.commit("g", as: id, generation: 1, offset: 5) == nil)

        let secondGiven = stage.joinNow("g", client: "two")
        let second = try #require(secondGiven).memberID
        let waiting = stage.join("g", as: second)
        #expect(stage.heartbeat("g", as: id, generation: 1) == .rebalanceInProgress)
        let again = stage.join("g", as: id)
        #expect(stage.joined(waiting)?.generation == 2)
        #expect(stage.joined(waiting)?.members == [])
        #expect(stage.joined(again)?.members.map(\.memberID) == [id, second])
        let followers = stage.sync("g", as: second, generation: 2)
        #expect(stage.synced(followers) == nil)
        _ = stage.sync("g", as: id, generation: 2, assigning: [id: [1], second: [2]])
        #expect(stage.synced(followers)?.assignment == [2])

        #expect(stage.leave("g", [LeavingMember(memberID: id)])?.singleError == nil)
        #expect(stage.heartbeat("g", as: second, generation: 2) == .rebalanceInProgress)
        #expect(stage.leave("g", [LeavingMember(memberID: second)])?.singleError == nil)
        #expect(stage.state(of: "g") == .empty)
        #expect(stage.offset(of: "g") == 5)
        #expect(stage.answeredTwice.isEmpty)
    }

    @Test("what was recorded rebuilds groups and offsets")
    func replay() throws {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: [nil, "i1"])
        #expect(stage.commit("g", as: ids[0], generation: 1, offset: 9) == nil)
        #expect(stage.commit("alone", offset: 4) == nil)
        let copy = Stage(replaying: stage.records)
        #expect(copy.coordinator.describe("g") == stage.coordinator.describe("g"))
        #expect(copy.coordinator.list() == stage.coordinator.list())
        #expect(copy.coordinator.offsets == stage.coordinator.offsets)
        #expect(copy.generation(of: "g") == 1)
    }
}
