import Testing
import VarveTerms

@testable import VarveGroups

@Suite("ClassicGroup, presence")
struct ClassicGroupPresenceTests {
    @Test("leaving tells for each member what became of it")
    func leaveRows() {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: [nil, "i"])
        let rows = stage.leave(
            "g",
            [
                LeavingMember(memberID: "nobody"),
                LeavingMember(memberID: "", instanceID: "z"),
                LeavingMember(memberID: "other", instanceID: "i"),
                LeavingMember(memberID: ""),
                LeavingMember(memberID: ids[0]),
                LeavingMember(memberID: ids[0]),
            ])
        #expect(
            rows?.members.map(\.error) == [
                .unknownMemberID, .unknownMemberID, .fencedInstanceID, .unknownMemberID, nil,
                .unknownMemberID,
            ])
        #expect(rows?.error == nil)
        #expect(stage.state(of: "g") == .preparingRebalance)
        #expect(stage.leave("", [LeavingMember(memberID: "m")])?.singleError == .invalidGroupID)
        #expect(stage.leave("h", [LeavingMember(memberID: "m")])?.singleError == .unknownMemberID)
        #expect(stage.leave("g", [])?.members == [])
    }

    @Test("an administrator removes a static member by its instance id")
    func byInstance() {
        var stage = Stage()
        _ = stage.makeStable("g", instances: ["i"])
        #expect(stage.leave("g", [LeavingMember(memberID: "", instanceID: "i")])?.error == nil)
        #expect(stage.state(of: "g") == .empty)
        #expect(stage.generation(of: "g") == 2)
    }

    @Test("an id that was given out can leave before it joins")
    func pendingLeaves() throws {
        var stage = Stage()
        let given = stage.joinNow("g")?.memberID ?? ""
        #expect(stage.leave("g", [LeavingMember(memberID: given)])?.singleError == nil)
        #expect(stage.joinNow("g", as: given)?.error == .unknownMemberID)
    }

    @Test("an id that leaves unused disturbs nobody, and whoever waited for it goes on")
    func pendingDisturbsNobody() {
        var stage = Stage()
        let ids = stage.makeStable("g")
        let given = (0..<2).compactMap { _ in stage.joinNow("g")?.memberID }
        #expect(stage.leave("g", [LeavingMember(memberID: given[0])])?.singleError == nil)
        #expect(stage.heartbeat("g", as: ids[0], generation: 1) == nil)
        let join = stage.join("g", as: ids[0])
        #expect(stage.joined(join) == nil)
        #expect(stage.leave("g", [LeavingMember(memberID: given[1])])?.singleError == nil)
        #expect(stage.joined(join)?.generation == 2)
    }

    @Test("silence for the session timeout removes a member, and a heartbeat prevents it")
    func session() {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: [nil, nil])
        stage.advance(milliseconds: 9000)
        #expect(stage.heartbeat("g", as: ids[0], generation: 1) == nil)
        stage.advance(milliseconds: 1500)
        #expect(stage.members(of: "g") == [ids[0]])
        #expect(stage.heartbeat("g", as: ids[0], generation: 1) == .rebalanceInProgress)
    }

    @Test("a commit keeps its member's session alive")
    func commitKeepsAlive() {
        var stage = Stage()
        let ids = stage.makeStable("g")
        for _ in 0..<4 {
            stage.advance(milliseconds: 9000)
            #expect(stage.commit("g", as: ids[0], generation: 1) == nil)
        }
        #expect(stage.state(of: "g") == .stable)
        stage.advance(milliseconds: 10_000)
        #expect(stage.state(of: "g") == .empty)
    }

    @Test("a heartbeat needs a group, its member and its generation")
    func heartbeats() {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: ["i"])
        #expect(stage.heartbeat("", as: ids[0], generation: 1) == .invalidGroupID)
        #expect(stage.heartbeat("h", as: ids[0], generation: 1) == .unknownMemberID)
        #expect(stage.heartbeat("g", as: "", generation: 1) == .unknownMemberID)
        #expect(stage.heartbeat("g", as: ids[0], generation: -1) == .illegalGeneration)
        #expect(stage.heartbeat("g", as: ids[0], generation: 0) == .illegalGeneration)
        #expect(
            stage.heartbeat("g", as: ids[0], generation: 1, instance: "z") == .unknownMemberID)
        #expect(stage.heartbeat("g", as: ids[0], generation: 1, instance: "i") == nil)
    }

    @Test("who waits is answered when the coordinator resigns")
    func resign() {
        var stage = Stage()
        let ids = stage.makeCompleting("g", instances: [nil, nil])
        let sync = stage.sync("g", as: ids[1], generation: 1)
        let join = stage.join("h", version: 3)
        stage.perform { $0.resign(at: $1, into: &$2) }
        #expect(stage.synced(sync)?.error == .notCoordinator)
        #expect(stage.joined(join)?.error == .notCoordinator)
        #expect(stage.answeredTwice.isEmpty)
    }

    @Test("a group that was read begins its sessions anew, and shrinks to a lowered limit")
    func begin() {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: [nil, nil])
        var copy = Stage(replaying: stage.records)
        copy.advance(milliseconds: 9999)
        #expect(copy.members(of: "g") == ids)
        copy.advance(milliseconds: 1)
        #expect(copy.members(of: "g") == [])

        var settings = GroupSettings()
        settings.groupSizeMax = 1
        copy = Stage(replaying: stage.records, settings: settings)
        #expect(copy.heartbeat("g", as: ids[0], generation: 1) == .rebalanceInProgress)
        let first = copy.join("g", as: ids[1])
        #expect(copy.joinNow("g", as: ids[0])?.error == .groupMaxSizeReached)
        #expect(copy.joined(first)?.members.map(\.memberID) == [ids[1]])
    }
}
