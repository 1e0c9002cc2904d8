import Testing
import VarveTerms

@testable import VarveGroups

@Suite("GroupCoordinator, replay")
struct GroupCoordinatorReplayTests {
    private func member(_ id: String, instance: String? = nil, _ milliseconds: Int32)
        -> StoredMember
    {
        StoredMember(
            memberID: id, instanceID: instance, clientID: "c", clientHost: "/h",
            rebalanceTimeoutMs: milliseconds, sessionTimeoutMs: milliseconds, subscription: [],
            assignment: [1])
    }

    private func group(_ members: [StoredMember], leader: String?) -> GroupRecord {
        .group(
            "g",
            StoredGroup(
                protocolType: "consumer", generation: -7, protocolName: nil, leader: leader,
                stateTimestamp: .none, members: members))
    }

    @Test("a record with members twice, a stranger as leader and wild numbers does no harm")
    func wild() {
        let members = [
            member("a", instance: "i", .min), member("a", 5), member("b", instance: "i", .max),
            member("c", .max),
        ]
        var stage = Stage(replaying: [group(members, leader: "nobody")])
        #expect(stage.members(of: "g") == ["a", "c"])
        #expect(stage.coordinator.groups["g"]?.members.leader == "a")
        // The session of a negative timeout ends at once.
        stage.advance(milliseconds: 0)
        #expect(stage.members(of: "g") == ["c"])
        stage.advance(milliseconds: Int64(Int32.max))
        #expect(stage.state(of: "g") == .empty)
        #expect(stage.generation(of: "g") == -6)
    }

    @Test("tombstones take groups and offsets away, in any order")
    func tombstones() {
        let key = OffsetKey(group: "g", topic: "t", partition: 0)
        let offset = StoredOffset(offset: 3, commitTimestamp: Timestamp(milliseconds: 1))
        let made: [GroupRecord] = [group([member("a", 1)], leader: "a"), .offset(key, offset)]
        let gone: [GroupRecord] = [.offset(key, nil), .group("g", nil)]
        #expect(Stage(replaying: made + gone).coordinator.list() == [])
        #expect(Stage(replaying: gone).coordinator.list() == [])
        let left = Stage(replaying: made + [.group("g", nil)])
        #expect(left.state(of: "g") == .empty)
        #expect(left.offset(of: "g") == 3)
        #expect(left.coordinator.list().map(\.protocolType) == [""])
    }

    @Test("a later record of a group takes the place of an earlier one")
    func later() {
        let stage = Stage(replaying: [
            group([member("a", 9000)], leader: "a"), group([member("b", 9000)], leader: "b"),
        ])
        #expect(stage.members(of: "g") == ["b"])
        #expect(stage.state(of: "g") == .stable)
    }

    @Test("offsets alone make a group without a protocol type, since their first commit")
    func alone() {
        let key = OffsetKey(group: "g", topic: "t", partition: 0)
        let offset = StoredOffset(offset: 3, commitTimestamp: Timestamp(milliseconds: 77))
        let stage = Stage(replaying: [.offset(key, offset)])
        #expect(stage.coordinator.groups["g"]?.protocolType == nil)
        #expect(stage.coordinator.groups["g"]?.stateTimestamp == Timestamp(milliseconds: 77))
    }

    @Test("the records of a group's life are those that Apache Kafka 4.3.1 wrote for one")
    func golden() throws {
        var stage = Stage()
        let given = stage.joinNow("g", client: "c-1")
        let id = try #require(given).memberID
        let join = stage.join("g", as: id, session: 45_000, rebalance: 300_000, client: "c-1")
        stage.advance(milliseconds: 3000)
        #expect(stage.joined(join)?.generation == 1)
        stage.advance(milliseconds: 28)
        _ = stage.sync("g", as: id, generation: 1, assigning: [id: [7]])
        #expect(stage.commit("g", as: id, generation: 1, offset: 34) == nil)
        _ = stage.leave("g", [LeavingMember(memberID: id)])
        func at(_ milliseconds: Int64) -> Timestamp {
            Timestamp(milliseconds: Stage.start + milliseconds)
        }
        let member = StoredMember(
            memberID: id, instanceID: nil, clientID: "c-1", clientHost: "/127.0.0.1",
            rebalanceTimeoutMs: 300_000, sessionTimeoutMs: 45_000,
            subscription: subscription(to: ["t"]), assignment: [7])
        let offset = StoredOffset(offset: 34, commitTimestamp: at(3028))
        #expect(
            stage.records == [
                .group("g", empty("", generation: 0, at(0))),
                .group(
                    "g",
                    StoredGroup(
                        protocolType: "consumer", generation: 1, protocolName: "range",
                        leader: id, stateTimestamp: at(3000), members: [member])),
                .offset(OffsetKey(group: "g", topic: "t", partition: 0), offset),
                .group("g", empty("consumer", generation: 2, at(3028))),
            ])
    }

    private func empty(_ type: String, generation: Int32, _ time: Timestamp) -> StoredGroup {
        StoredGroup(
            protocolType: type, generation: generation, protocolName: nil, leader: nil,
            stateTimestamp: time, members: [])
    }
}
