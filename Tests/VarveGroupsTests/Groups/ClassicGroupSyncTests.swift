import Testing
import VarveTerms

@testable import VarveGroups

@Suite("ClassicGroup, syncing")
struct ClassicGroupSyncTests {
    @Test("from version 5 on a sync must name the protocol")
    func mustName() {
        var stage = Stage()
        let ids = stage.makeStable("g")
        let claim = MemberClaim(group: "g", memberID: ids[0], generation: 1)
        let bare = stage.sync(SyncRequest(version: 5, claim: claim))
        #expect(stage.synced(bare)?.error == .inconsistentGroupProtocol)
        let old = stage.sync(SyncRequest(version: 4, claim: claim))
        #expect(stage.synced(old)?.error == nil)
        let other = stage.sync(
            SyncRequest(
                version: 5, claim: claim, protocolType: "connect", protocolName: "range"))
        #expect(stage.synced(other)?.error == .inconsistentGroupProtocol)
    }

    @Test("the assignment is the leader's alone")
    func leaderOnly() {
        var stage = Stage()
        let ids = stage.makeCompleting("g", instances: [nil, nil])
        let follower = stage.sync("g", as: ids[1], generation: 1, assigning: [ids[1]: [9]])
        #expect(stage.synced(follower) == nil)
        let leader = stage.sync(
            "g", as: ids[0], generation: 1, assigning: [ids[0]: [1], "stranger": [2]])
        #expect(stage.synced(leader)?.assignment == [1])
        #expect(stage.synced(follower)?.assignment == [])
        #expect(stage.members(of: "g") == ids)
    }

    @Test("the record stands before the answers that tell of it")
    func order() {
        var stage = Stage()
        let ids = stage.makeCompleting("g", instances: [nil])
        var effects: [GroupEffect] = []
        let claim = MemberClaim(group: "g", memberID: ids[0], generation: 1)
        let request = SyncRequest(
            version: 4, claim: claim,
            assignments: [MemberAssignment(memberID: ids[0], assignment: [1])])
        stage.coordinator.sync(request, token: RequestToken(99), at: stage.now, into: &effects)
        guard case .append(let records) = effects.first, case .group("g", let group?) = records[0]
        else {
            Issue.record("\(effects)")
            return
        }
        #expect(group.members.map(\.assignment) == [[1]])
        #expect(group.members.map(\.subscription) == [subscription(to: ["t"])])
        #expect(group.leader == ids[0])
        #expect(group.generation == 1)
        #expect(effects.count == 2)
    }

    @Test("an assignment that no record can hold is refused, and the group begins anew")
    func tooLarge() {
        var settings = GroupSettings()
        settings.groupRecordSizeMax = ByteCount(1000)
        var stage = Stage(settings: settings)
        let ids = stage.makeCompleting("g", instances: [nil, nil])
        let follower = stage.sync("g", as: ids[1], generation: 1)
        let count = stage.records.count
        let leader = stage.sync(
            "g", as: ids[0], generation: 1, assigning: [ids[0]: [UInt8](repeating: 1, count: 900)])
        #expect(stage.synced(leader)?.error == .unknownServerError)
        #expect(stage.synced(follower)?.error == .unknownServerError)
        #expect(stage.records.count == count)
        #expect(stage.state(of: "g") == .preparingRebalance)
    }

    @Test("a sync that repeats a waiting one takes its place, and the first is answered")
    func repeated() {
        var stage = Stage()
        let ids = stage.makeCompleting("g", instances: [nil, nil])
        let first = stage.sync("g", as: ids[1], generation: 1)
        let second = stage.sync("g", as: ids[1], generation: 1)
        #expect(stage.synced(first)?.error == .rebalanceInProgress)
        _ = stage.sync("g", as: ids[0], generation: 1, assigning: [ids[1]: [7]])
        #expect(stage.synced(second)?.assignment == [7])
        #expect(stage.answeredTwice.isEmpty)
    }

    @Test("a member that leaves while it waits is answered")
    func leaves() {
        var stage = Stage()
        let ids = stage.makeCompleting("g", instances: [nil, nil])
        let sync = stage.sync("g", as: ids[1], generation: 1)
        _ = stage.leave("g", [LeavingMember(memberID: ids[1])])
        #expect(stage.synced(sync)?.error == .unknownMemberID)
    }

    @Test("a group without a name is refused, an unknown one has no members")
    func noGroup() {
        var stage = Stage()
        let nameless = stage.sync("", as: "m", generation: 1)
        #expect(stage.synced(nameless)?.error == .invalidGroupID)
        let unknown = stage.sync("g", as: "m", generation: 1)
        #expect(stage.synced(unknown)?.error == .unknownMemberID)
    }
}
