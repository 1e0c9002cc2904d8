import Testing
import VarveTerms

@testable import VarveGroups

@Suite("ClassicGroup, joining")
struct ClassicGroupJoinTests {
    // MARK: Refused

    @Test("a join is refused for its group id, its session timeout and its protocols")
    func refused() {
        var stage = Stage()
        #expect(stage.joinNow("")?.error == .invalidGroupID)
        for session in [-1, 0, 5999, 1_800_001] {
            #expect(stage.joinNow("g", session: session)?.error == .invalidSessionTimeout)
        }
        #expect(stage.joinNow("g", session: 6000)?.error == .memberIDRequired)
        #expect(stage.joinNow("g", session: 1_800_000)?.error == .memberIDRequired)
        #expect(stage.joinNow("h", protocols: [])?.error == .inconsistentGroupProtocol)
        #expect(stage.joinNow("h", type: "")?.error == .inconsistentGroupProtocol)
        #expect(stage.joinNow("h", protocols: ["a", "b", "a"])?.error == .invalidRequest)
        let many = (0...100).map { "p\($0)" }
        #expect(stage.joinNow("h", protocols: many)?.error == .invalidRequest)
        let long = String(repeating: "x", count: 1_048_576)
        #expect(stage.joinNow("h", protocols: [long])?.error == .invalidRequest)
    }

    @Test("names that no record could hold are refused")
    func longNames() {
        var stage = Stage()
        let (fits, long) = (Int(Int16.max), Int(Int16.max) + 1)
        func name(_ size: Int) -> String { String(repeating: "é", count: size / 2) + "xx" }
        #expect(stage.joinNow(name(long))?.error == .invalidGroupID)
        #expect(stage.joinNow("g", type: name(long))?.error == .invalidRequest)
        #expect(stage.joinNow("g", protocols: [name(long)])?.error == .invalidRequest)
        #expect(stage.joinNow("g", client: name(fits - 37))?.error == .invalidRequest)
        #expect(stage.joinNow("g", instance: name(fits - 37))?.error == .invalidRequest)
        #expect(stage.joinNow("g", client: name(fits - 39))?.error == .memberIDRequired)
        #expect(stage.commit(name(long)) == .invalidGroupID)
        #expect(stage.records.count == 1)
    }

    @Test("a join without a common protocol is refused; the members' own may change together")
    func protocols() throws {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: [nil, nil])
        #expect(stage.joinNow("g", protocols: ["sticky"])?.error == .inconsistentGroupProtocol)
        let moved = stage.join("g", as: ids[0], protocols: ["sticky", "range"])
        #expect(stage.joined(moved) == nil)
        let second = stage.joinNow("g", as: ids[1], protocols: ["sticky", "range"])
        #expect(second?.protocolName == "sticky")
        #expect(stage.joined(moved)?.protocolName == "sticky")
    }

    @Test("a group takes no more members than it may have")
    func full() {
        var settings = GroupSettings()
        settings.groupSizeMax = 2
        var stage = Stage(settings: settings)
        let ids = stage.makeStable("g", instances: [nil, "i"])
        let third = stage.joinNow("g", version: 3)
        #expect(third?.error == .groupMaxSizeReached)
        #expect(third?.memberID == "")
        #expect(stage.state(of: "g") == .stable)
        // A static member that comes back has its place.
        #expect(stage.joinNow("g", instance: "i")?.error == nil)
        #expect(stage.members(of: "g").count == 2)
        #expect(stage.members(of: "g")[0] == ids[0])
    }

    @Test("while members gather, the limit counts those who wait")
    func fullWhileGathering() {
        var settings = GroupSettings()
        settings.groupSizeMax = 2
        var stage = Stage(settings: settings)
        let tokens = (0..<2).map { _ in stage.join("g", version: 3) }
        #expect(stage.joinNow("g", version: 3)?.error == .groupMaxSizeReached)
        stage.advance(milliseconds: 6500)
        #expect(tokens.allSatisfy { stage.joined($0)?.generation == 1 })
    }

    @Test("who has an id and finds no room is forgotten, and holds up nobody")
    func fullForPending() {
        var settings = GroupSettings()
        settings.groupSizeMax = 2
        var stage = Stage(settings: settings)
        let ids = stage.makeStable("g")
        let given = (0..<2).compactMap { _ in stage.joinNow("g")?.memberID }
        let tokens = [ids[0], given[0]].map { stage.join("g", as: $0) }
        #expect(stage.joined(tokens[0]) == nil)
        #expect(stage.joinNow("g", as: given[1])?.error == .groupMaxSizeReached)
        #expect(tokens.allSatisfy { stage.joined($0)?.generation == 2 })
        #expect(stage.members(of: "g") == [ids[0], given[0]])
    }

    @Test("ids that are given out are bounded, and forgotten after the session timeout")
    func pending() throws {
        var settings = GroupSettings()
        settings.pendingMemberCountMax = 2
        var stage = Stage(settings: settings)
        let given = (0..<2).compactMap { _ in stage.joinNow("g")?.memberID }
        #expect(stage.joinNow("g")?.error == .groupMaxSizeReached)
        stage.advance(milliseconds: 9999)
        #expect(stage.coordinator.groups["g"]?.pendingMembers.count == 2)
        stage.advance(milliseconds: 1)
        #expect(stage.coordinator.groups["g"]?.pendingMembers.isEmpty == true)
        #expect(stage.joinNow("g", as: given[0])?.error == .unknownMemberID)
        #expect(stage.joinNow("g")?.error == .memberIDRequired)
    }

    @Test("a member id that is not random after all is not given to two members")
    func sameID() {
        var stage = Stage()
        let context = JoinContext(clientID: "c", clientHost: "/h", uniqueID: .zero)
        let request = JoinRequest(
            version: 9, group: "g", protocolType: "consumer",
            protocols: [GroupProtocol(name: "range", metadata: [])],
            sessionTimeout: .seconds(10), rebalanceTimeout: .seconds(10))
        let tokens = [RequestToken(101), RequestToken(102)]
        for token in tokens {
            stage.perform { $0.join(request, from: context, token: token, at: $1, into: &$2) }
        }
        #expect(stage.joined(tokens[0])?.error == .memberIDRequired)
        #expect(stage.joined(tokens[0])?.memberID == "c-00000000-0000-4000-8000-000000000000")
        #expect(stage.joined(tokens[1])?.error == .unknownMemberID)
    }

    // MARK: Joining again

    @Test("a join that repeats a waiting one takes its place, and the first is answered")
    func repeated() {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: [nil, nil])
        let first = stage.join("g", as: ids[0])
        let second = stage.join("g", as: ids[0])
        #expect(stage.joined(first)?.error == .rebalanceInProgress)
        #expect(stage.joined(second) == nil)
        _ = stage.join("g", as: ids[1])
        #expect(stage.joined(second)?.generation == 2)
        #expect(stage.answeredTwice.isEmpty)
    }

    @Test("a member that missed its answer is told the generation again")
    func missed() {
        var stage = Stage()
        let ids = stage.makeCompleting("g", instances: [nil, nil])
        let leader = stage.joinNow("g", as: ids[0])
        #expect(leader?.generation == 1)
        #expect(leader?.members.count == 2)
        let follower = stage.joinNow("g", as: ids[1])
        #expect(follower?.generation == 1)
        #expect(follower?.members == [])
        #expect(stage.state(of: "g") == .completingRebalance)
    }

    // MARK: Static members

    @Test("a static member's successor keeps generation and assignment, and fences it")
    func successor() throws {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: ["a", "b"])
        let count = stage.records.count
        let answer = try joinedNow(&stage, instance: "a", version: 9)
        #expect(answer.generation == 1)
        #expect(answer.skipAssignment)
        #expect(answer.leader == answer.memberID)
        #expect(answer.members.map(\.memberID) == [answer.memberID, ids[1]])
        #expect(stage.records.count == count + 1)
        let sync = stage.sync("g", as: answer.memberID, generation: 1, instance: "a")
        #expect(stage.synced(sync)?.assignment == Array(ids[0].utf8))
        let fenced = stage.heartbeat("g", as: ids[0], generation: 1, instance: "a")
        #expect(fenced == .fencedInstanceID)
        #expect(stage.heartbeat("g", as: ids[0], generation: 1) == .unknownMemberID)
        #expect(stage.heartbeat("g", as: ids[1], generation: 1, instance: "b") == nil)
        let copy = Stage(replaying: stage.records)
        #expect(copy.members(of: "g") == stage.members(of: "g"))
    }

    @Test("below version 9 a successor of the leader does not learn that it leads")
    func oldSuccessor() throws {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: ["a", "b"])
        let answer = try joinedNow(&stage, instance: "a", version: 8)
        #expect(!answer.skipAssignment)
        #expect(answer.leader == ids[0])
        #expect(answer.members == [])
        let other = try joinedNow(&stage, instance: "b", version: 9)
        #expect(!other.skipAssignment)
        #expect(other.leader == answer.memberID)
    }

    @Test("a successor before the assignment begins a rebalance, and waiting syncs end")
    func successorEarly() throws {
        var stage = Stage()
        let ids = stage.makeCompleting("g", instances: ["a", "b"])
        let sync = stage.sync("g", as: ids[1], generation: 1, instance: "b")
        let join = stage.join("g", instance: "b")
        #expect(stage.synced(sync)?.error == .fencedInstanceID)
        #expect(stage.joined(join) == nil)
        #expect(stage.state(of: "g") == .preparingRebalance)
        let leader = stage.joinNow("g", as: ids[0], instance: "a")
        #expect(leader?.generation == 2)
    }

    @Test("a waiting static member is fenced by its successor")
    func fencedWhileWaiting() {
        var stage = Stage()
        let first = stage.join("g", instance: "a")
        let second = stage.join("g", instance: "a")
        #expect(stage.joined(first)?.error == .fencedInstanceID)
        stage.advance(milliseconds: 6000)
        #expect(stage.joined(second)?.members.count == 1)
        #expect(stage.answeredTwice.isEmpty)
    }

    @Test("an instance id protects against strangers")
    func strangers() {
        var stage = Stage()
        _ = stage.makeStable("g", instances: ["a"])
        #expect(stage.joinNow("g", as: "wrong", instance: "a")?.error == .fencedInstanceID)
        #expect(stage.joinNow("g", as: "wrong", instance: "z")?.error == .unknownMemberID)
    }

    private func joinedNow(
        _ stage: inout Stage, instance: String, version: Int16
    ) throws -> JoinAnswer {
        let answer = stage.joinNow("g", instance: instance, version: version)
        return try #require(answer)
    }
}
