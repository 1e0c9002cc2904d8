import Testing
import VarveTerms

@testable import VarveGroups

@Suite("consumer groups: leaving, silence, static members")
struct ConsumerGroupPresenceTests {
    private func leave(
        _ stage: inout Stage, _ memberID: String, epoch: Int32 = -1, instance: String? = nil
    ) -> ConsumerHeartbeatAnswer {
        stage.beat(
            ConsumerHeartbeat(
                group: "g", memberID: memberID, epoch: epoch, instanceID: instance))
    }

    @Test("who has left is unknown, and the others get what it had")
    func leaving() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a")
        #expect(leave(&stage, "x").error == .unknownMemberID)
        stage.advance(milliseconds: 1000)
        stage.enter("g", as: "b")
        #expect(leave(&stage, "a").epoch == -1)
        #expect(leave(&stage, "a").message == "Member a is not a member of group g.")
        stage.advance(milliseconds: 1000)
        #expect(stage.stay("g", as: "b", epoch: 3).assignment == partitions(["t": [0, 1]]))
        #expect(leave(&stage, "b").epoch == -1)
        let group = stage.coordinator.describeConsumers("g")
        #expect(group?.state == .empty)
        #expect(group?.epoch == 5)
        #expect(group?.targetEpoch == 4)
    }

    @Test("a member that is silent for its session's time is removed")
    func silence() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a")
        stage.advance(milliseconds: 44_999)
        #expect(stage.stay("g", as: "a", epoch: 2).error == nil)
        stage.advance(milliseconds: 45_000)
        #expect(stage.stay("g", as: "a", epoch: 2).error == .unknownMemberID)
    }

    @Test("a member that does not hand back within its time is removed")
    func revocation() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a", rebalance: 3000)
        stage.advance(milliseconds: 1000)
        stage.enter("g", as: "b")
        #expect(stage.stay("g", as: "a", epoch: 2).assignment == partitions(["t": [0]]))
        stage.advance(milliseconds: 2999)
        #expect(stage.stay("g", as: "a", epoch: 2).error == nil)
        stage.advance(milliseconds: 1)
        #expect(stage.stay("g", as: "a", epoch: 2).error == .unknownMemberID)
        #expect(stage.stay("g", as: "b", epoch: 3).assignment == partitions(["t": [0, 1]]))
    }

    @Test("a static member comes back to what it had, under another id")
    func comesBack() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a", instance: "i")
        let taken = stage.enter("g", as: "b", instance: "i")
        #expect(taken.error == .unreleasedInstanceID)
        #expect(leave(&stage, "b", epoch: -2, instance: "i").error == .fencedInstanceID)
        #expect(leave(&stage, "a", epoch: -2, instance: "i").epoch == -2)
        let late = stage.stay("g", as: "a", epoch: 1, instance: "i")
        #expect(late.error == .fencedMemberEpoch)
        #expect(late.message?.contains("a greater member epoch (1)") == true)
        let back = stage.enter("g", as: "b", instance: "i")
        #expect(back.epoch == 2)
        #expect(back.assignment == partitions(["t": [0, 1]]))
        #expect(stage.stay("g", as: "a", epoch: 2, instance: "i").error == .fencedInstanceID)
        #expect(stage.stay("g", as: "b", epoch: 2, instance: "z").error == .unknownMemberID)
        #expect(stage.coordinator.describeConsumers("g")?.epoch == 2)
    }

    @Test("a static member that does not come back is removed after its session")
    func staysAway() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a", instance: "i")
        _ = leave(&stage, "a", epoch: -2, instance: "i")
        stage.advance(milliseconds: 1000)
        stage.enter("g", as: "b")
        #expect(stage.stay("g", as: "b", epoch: 3).assignment == nil)
        stage.advance(milliseconds: 43_999)
        #expect(stage.stay("g", as: "b", epoch: 3).assignment == nil)
        stage.advance(milliseconds: 1)
        #expect(stage.stay("g", as: "b", epoch: 3).assignment == partitions(["t": [0, 1]]))
    }

    @Test("LeaveGroup removes members by id or instance")
    func administrator() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a", instance: "i")
        stage.enter("g", as: "b")
        let rows = stage.leave(
            "g",
            [
                LeavingMember(memberID: "zz"), LeavingMember(memberID: "", instanceID: "i"),
                LeavingMember(memberID: "a"), LeavingMember(memberID: "b", instanceID: "j"),
            ])
        #expect(
            rows?.members.map(\.error) == [
                .unknownMemberID, nil, .unknownMemberID, .unknownMemberID,
            ])
        #expect(stage.coordinator.describeConsumers("g")?.members.map(\.memberID) == ["b"])
    }
}
