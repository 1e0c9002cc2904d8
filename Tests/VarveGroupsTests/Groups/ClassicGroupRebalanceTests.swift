import Testing
import VarveTerms

@testable import VarveGroups

@Suite("ClassicGroup, rebalancing")
struct ClassicGroupRebalanceTests {
    @Test("members that do not join again are removed at the rebalance timeout")
    func late() {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: [nil, nil])
        let join = stage.join("g", as: ids[0])
        for _ in 0..<3 {
            stage.advance(milliseconds: 3333)
            #expect(stage.heartbeat("g", as: ids[1], generation: 1) == .rebalanceInProgress)
        }
        #expect(stage.joined(join) == nil)
        stage.advance(milliseconds: 1)
        #expect(stage.joined(join)?.generation == 2)
        #expect(stage.members(of: "g") == [ids[0]])
        #expect(stage.heartbeat("g", as: ids[1], generation: 1) == .unknownMemberID)
    }

    @Test("static members that are away stay in the generation until their session ends")
    func away() {
        var stage = Stage()
        let join = stage.join("g", instance: "a", session: 60_000)
        let other = stage.join("g", instance: "b", session: 60_000)
        stage.advance(milliseconds: 6500)
        let ids = [join, other].compactMap { stage.joined($0)?.memberID }
        let parts = Dictionary(uniqueKeysWithValues: ids.map { ($0, [UInt8](ids[0].utf8)) })
        _ = stage.sync("g", as: ids[0], generation: 1, instance: "a", assigning: parts)
        _ = stage.sync("g", as: ids[1], generation: 1, instance: "b")
        let again = stage.join("g", as: ids[1], instance: "b", topics: ["t", "u"])
        stage.advance(milliseconds: 10_000)
        let answer = stage.joined(again)
        #expect(answer?.generation == 2)
        // The leader that is away leads no more.
        #expect(answer?.leader == ids[1])
        #expect(answer?.members.map(\.memberID) == ids)
    }

    @Test("a generation without a leader is not made: the group waits for its static members")
    func allAway() {
        var stage = Stage()
        let tokens = ["a", "b"].map { stage.join("g", instance: $0, session: 60_000) }
        stage.advance(milliseconds: 6500)
        let ids = tokens.compactMap { stage.joined($0)?.memberID }
        _ = stage.sync("g", as: ids[0], generation: 1, instance: "a")
        _ = stage.sync("g", as: ids[1], generation: 1, instance: "b")
        _ = stage.leave("g", [LeavingMember(memberID: "", instanceID: "a")])
        stage.advance(milliseconds: 25_000)
        #expect(stage.state(of: "g") == .preparingRebalance)
        #expect(stage.generation(of: "g") == 1)
        let back = stage.joinNow("g", instance: "b")
        #expect(back?.generation == 2)
        #expect(back?.members.count == 1)
    }

    @Test("the first generation waits once more for each wait that brings a member")
    func gathering() {
        var stage = Stage()
        let first = stage.join("g", version: 3, rebalance: 8000)
        stage.advance(milliseconds: 2999)
        let second = stage.join("g", version: 3, rebalance: 8000)
        stage.advance(milliseconds: 1)
        #expect(stage.joined(first) == nil)
        stage.advance(milliseconds: 2000)
        let third = stage.join("g", version: 3, rebalance: 8000)
        stage.advance(milliseconds: 1000)
        #expect(stage.joined(first) == nil)
        // Two seconds are left of the rebalance timeout.
        stage.advance(milliseconds: 1999)
        #expect(stage.joined(first) == nil)
        stage.advance(milliseconds: 1)
        #expect([first, second, third].allSatisfy { stage.joined($0)?.generation == 1 })
    }

    @Test("without a delay the first member leads a generation at once")
    func noDelay() {
        var settings = GroupSettings()
        settings.initialRebalanceDelay = .zero
        var stage = Stage(settings: settings)
        let join = stage.join("g", version: 3)
        stage.advance(milliseconds: 0)
        #expect(stage.joined(join)?.generation == 1)
    }

    @Test("a group whose only member goes while it gathers is empty again, one generation on")
    func goneWhileGathering() {
        var stage = Stage()
        let join = stage.join("g", instance: "a")
        #expect(stage.leave("g", [LeavingMember(memberID: "", instanceID: "a")])?.error == nil)
        #expect(stage.joined(join)?.error == .unknownMemberID)
        #expect(stage.state(of: "g") == .preparingRebalance)
        stage.advance(milliseconds: 6500)
        #expect(stage.state(of: "g") == .empty)
        #expect(stage.generation(of: "g") == 1)
    }

    @Test("an id that was given out holds a rebalance up until its owner comes or is forgotten")
    func pendingHoldsUp() throws {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: [nil])
        #expect(stage.joinNow("g", session: 6000)?.error == .memberIDRequired)
        let join = stage.join("g", as: ids[0])
        #expect(stage.joined(join) == nil)
        stage.advance(milliseconds: 6000)
        #expect(stage.joined(join)?.generation == 2)
    }

    @Test("members that never ask for their part are removed, and the others begin anew")
    func unsynced() {
        var stage = Stage()
        let ids = stage.makeCompleting("g", instances: [nil, nil])
        let sync = stage.sync("g", as: ids[0], generation: 1, assigning: [ids[0]: [1]])
        #expect(stage.synced(sync)?.assignment == [1])
        for _ in 0..<4 {
            stage.advance(milliseconds: 2500)
            for id in ids { _ = stage.heartbeat("g", as: id, generation: 1) }
        }
        #expect(stage.members(of: "g") == [ids[0]])
        #expect(stage.heartbeat("g", as: ids[0], generation: 1) == .rebalanceInProgress)
    }

    @Test("followers of a leader that dies are told to join again")
    func leaderDies() {
        var stage = Stage()
        let ids = stage.makeCompleting("g", instances: [nil, nil])
        let sync = stage.sync("g", as: ids[1], generation: 1)
        stage.advance(milliseconds: 10_000)
        #expect(stage.synced(sync)?.error == .rebalanceInProgress)
        #expect(stage.members(of: "g") == [ids[1]])
        let join = stage.joinNow("g", as: ids[1])
        #expect(join?.leader == ids[1])
    }

    @Test("a member that waits is not given up for its silence, a new one after five minutes")
    func silence() {
        var stage = Stage()
        let first = stage.makeStable("g", instances: [nil])
        let join = stage.join("g", version: 3, rebalance: 1_000_000)
        let again = stage.join("g", as: first[0], rebalance: 1_000_000)
        #expect(stage.joined(again)?.generation == 2)
        let ids = [first[0], stage.joined(join)?.memberID ?? ""]
        let parts = Dictionary(uniqueKeysWithValues: ids.map { ($0, [UInt8](ids[0].utf8)) })
        _ = stage.sync("g", as: ids[0], generation: 2, assigning: parts)
        _ = stage.sync("g", as: ids[1], generation: 2)
        let newcomer = stage.join("g", version: 3, session: 6000)
        let waits = stage.join("g", as: ids[0], rebalance: 1_000_000)
        for _ in 0..<60 {
            stage.advance(milliseconds: 5000)
            _ = stage.heartbeat("g", as: ids[1], generation: 2)
        }
        #expect(stage.joined(newcomer)?.error == .unknownMemberID)
        #expect(stage.joined(waits) == nil)
        #expect(stage.members(of: "g") == ids)
    }

    @Test("the number of a generation never becomes negative")
    func wraps() throws {
        let group = StoredGroup(
            protocolType: "consumer", generation: .max, protocolName: nil, leader: nil,
            stateTimestamp: .none, members: [])
        var stage = Stage(replaying: [.group("g", group)])
        let join = stage.join("g", version: 3)
        stage.advance(milliseconds: 3000)
        #expect(stage.joined(join)?.generation == 1)
    }
}
