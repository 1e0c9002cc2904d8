import Testing
import VarveTerms

@testable import VarveGroups

@Suite("GroupCoordinator, administration")
struct GroupCoordinatorAdministrationTests {
    @Test("only groups without members are deleted, each once, with all that they had")
    func delete() {
        var stage = Stage()
        _ = stage.makeStable("busy")
        #expect(stage.commit("") == nil)
        #expect(stage.commit("old") == nil)
        let count = stage.records.count
        let rows = stage.delete(["busy", "none", "old", "", "old"])
        #expect(rows.map(\.group) == ["busy", "none", "old", ""])
        #expect(rows.map(\.error) == [.nonEmptyGroup, .groupIDNotFound, nil, nil])
        #expect(
            Array(stage.records[count...]) == [
                .offset(OffsetKey(group: "old", topic: "t", partition: 0), nil),
                .group("old", nil),
                .offset(OffsetKey(group: "", topic: "t", partition: 0), nil),
                .group("", nil),
            ])
        #expect(stage.delete(["old"])[0].error == .groupIDNotFound)
        #expect(Stage(replaying: stage.records).coordinator.list().map(\.group) == ["busy"])
    }

    @Test("a list is filtered by state and type, whatever their case")
    func list() {
        var stage = Stage()
        _ = stage.makeStable("b")
        #expect(stage.commit("a") == nil)
        func names(_ states: [String], _ types: [String] = []) -> [String] {
            stage.coordinator.list(states: states, types: types).map(\.group)
        }
        #expect(names([]) == ["a", "b"])
        for state in ["Stable", "stable", "STABLE"] { #expect(names([state]) == ["b"]) }
        #expect(names(["empty", "stable"]) == ["a", "b"])
        for state in ["Dead", "Assigning", "nope", ""] { #expect(names([state]) == []) }
        for type in ["classic", "Classic"] { #expect(names(["Empty"], [type]) == ["a"]) }
        for type in ["consumer", "share", ""] { #expect(names([], [type]) == []) }
        #expect(stage.coordinator.list().map(\.protocolType) == ["", "consumer"])
    }

    @Test("metadata and protocol are shown of stable groups only, assignments always")
    func describe() throws {
        var stage = Stage()
        let ids = stage.makeStable("g", instances: [nil, "i"])
        let stable = try #require(stage.coordinator.describe("g"))
        #expect(stable.state.name == "Stable")
        #expect(stable.protocolName == "range")
        #expect(stable.members.map(\.instanceID) == [nil, "i"])
        #expect(
            stable.members.map(\.metadata)
                == [[UInt8]](repeating: subscription(to: ["t"]), count: 2))
        #expect(stable.members.map(\.assignment) == ids.map { Array($0.utf8) })
        _ = stage.join("g", version: 3)
        let moving = try #require(stage.coordinator.describe("g"))
        #expect(moving.state.name == "PreparingRebalance")
        #expect(moving.protocolName == "")
        #expect(moving.members.map(\.metadata) == [[], [], []])
        #expect(moving.members.map(\.assignment) == ids.map { Array($0.utf8) } + [[]])
        #expect(stage.coordinator.describe("none") == nil)
    }
}
