import Testing

@testable import VarveGroups

@Suite("MemberTable")
struct MemberTableTests {
    private func table(_ preferences: [[String]]) -> MemberTable {
        var table = MemberTable()
        for (place, names) in preferences.enumerated() {
            table.insert(
                GroupMember(
                    id: "m\(place)", instanceID: nil, clientID: "c", clientHost: "/h",
                    sessionTimeout: .zero, rebalanceTimeout: .seconds(place),
                    protocols: names.map { GroupProtocol(name: $0, metadata: []) }))
        }
        table.checkInvariants()
        return table
    }

    @Test("each member votes for what it likes best of what all support; the leader breaks ties")
    func votes() {
        #expect(table([["a", "b"], ["b", "a"], ["b", "a"]]).electedProtocol == "b")
        #expect(table([["a", "b"], ["b", "a"]]).electedProtocol == "a")
        #expect(table([["b", "a"], ["a", "b"]]).electedProtocol == "b")
        // Two like c best, but one does not know it.
        #expect(table([["c", "a"], ["c", "a"], ["a"]]).electedProtocol == "a")
        #expect(table([]).electedProtocol == nil)
    }

    @Test("the leader is the first that is left; order is by joining")
    func order() {
        var table = table([["a"], ["a"], ["a"]])
        #expect(table.leader == "m0")
        table.rename("m1", to: "x")
        #expect(table.remove("m0")?.id == "m0")
        #expect(table.leader == "x")
        #expect(table.inOrder.map(\.id) == ["x", "m2"])
        #expect(table.rebalanceTimeout == .seconds(2))
        #expect(table.remove("x") != nil)
        #expect(table.remove("m2") != nil)
        #expect(table.remove("m2") == nil)
        #expect(table.leader == nil)
        table.checkInvariants()
    }
}
