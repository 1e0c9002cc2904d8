import Testing
import VarveShares
import VarveTerms

@Suite("SimpleShareAssignor")
struct SimpleShareAssignorTests {
    private func topic(_ number: UInt64, _ count: Int32) -> [TopicPartition] {
        (0..<count).map { TopicPartition(topicID: UniqueID(high: 0, low: number), index: $0) }
    }

    @Test("each partition goes to somebody, each member gets something, and loads are even")
    func even() {
        for memberCount in 1...7 {
            for partitionCount: Int32 in 1...7 {
                let all = ShareAssignment(topic(1, partitionCount))
                let members = Dictionary(
                    uniqueKeysWithValues: (0..<memberCount).map { ("m\($0)", all) })
                let found = SimpleShareAssignor.assign(members)
                #expect(ShareAssignment(found.values.flatMap(\.partitions)) == all)
                let loads = found.values.map { $0.partitions.count }
                #expect(loads.count == memberCount)
                #expect((loads.min() ?? 0) >= 1)
                #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 1)
            }
        }
    }

    @Test("nobody gets what it did not subscribe to")
    func subscriptions() {
        let members = [
            "a": ShareAssignment(topic(1, 3)), "b": ShareAssignment(topic(1, 3) + topic(2, 2)),
            "c": ShareAssignment(),
        ]
        let found = SimpleShareAssignor.assign(members)
        for (member, assignment) in found {
            #expect(Set(assignment.partitions).isSubset(of: Set(members[member]?.partitions ?? [])))
        }
        #expect(found["c"]?.isEmpty == true)
        #expect(
            ShareAssignment(found.values.flatMap(\.partitions))
                == ShareAssignment(topic(1, 3) + topic(2, 2)))
    }
}
