import Testing
import VarveSeeds
import VarveTerms

@testable import VarveGroups

@Suite("assignors")
struct PartitionAssignorTests {
    private func input(
        _ members: [String: [String]], counts: [String: Int32],
        assigned: [String: [String: [Int32]]] = [:], instances: [String: String] = [:]
    ) -> AssignorInput {
        var input = AssignorInput()
        for (name, count) in counts { input.partitionCounts[topicID(name)] = count }
        input.members = members.sorted { $0.key < $1.key }.map { id, topics in
            AssignorInput.Member(
                id: id, instanceID: instances[id], topics: topics.sorted().map(topicID),
                assigned: assigned[id].map(partitions) ?? PartitionSet())
        }
        return input
    }

    @Test("range gives each topic's partitions in the order of members, static ones first")
    func range() {
        let topics = ["t", "u"]
        let given = input(
            ["a": topics, "b": topics, "c": ["u"]], counts: ["t": 3, "u": 5],
            instances: ["b": "z"])
        let parts = PartitionAssignor.range.assign(given)
        #expect(parts["b"] == partitions(["t": [0, 1], "u": [0, 1]]))
        #expect(parts["a"] == partitions(["t": [2], "u": [2, 3]]))
        #expect(parts["c"] == partitions(["u": [4]]))
        let few = PartitionAssignor.range.assign(
            input(["a": ["t"], "b": ["t"]], counts: ["t": 1]))
        #expect(few == ["a": partitions(["t": [0]]), "b": PartitionSet()])
    }

    @Test("uniform moves no more partitions than the balance asks for")
    func sticky() {
        let given = input(
            ["a": ["t"], "b": ["t"], "c": ["t"]], counts: ["t": 7],
            assigned: ["b": ["t": [0, 1, 2, 3]], "c": ["t": [4, 5, 6]]])
        let parts = PartitionAssignor.uniform.assign(given)
        #expect(parts["b"] == partitions(["t": [0, 1, 2]]))
        #expect(parts["c"] == partitions(["t": [4, 5]]))
        #expect(parts["a"] == partitions(["t": [3, 6]]))
    }

    @Test("uniform forgets topics and partitions that are gone")
    func gone() {
        let given = input(
            ["a": ["t"]], counts: ["t": 2],
            assigned: ["a": ["t": [1, 5], "u": [0]], "left": ["t": [0]]])
        #expect(PartitionAssignor.uniform.assign(given) == ["a": partitions(["t": [0, 1]])])
        #expect(PartitionAssignor.uniform.assign(input([:], counts: [:])) == [:])
        #expect(PartitionAssignor.range.assign(input([:], counts: [:])) == [:])
    }

    @Test("whatever members want: every partition has one owner that wants it, and loads are even")
    func random() {
        var random = SeededRandom("PartitionAssignorTests.random")
        for round in 0..<300 {
            let topics = (0..<Int.random(in: 0...4, using: &random)).map { "t\($0)" }
            var counts: [String: Int32] = [:]
            for topic in topics { counts[topic] = Int32.random(in: 0...9, using: &random) }
            let isAlike = Bool.random(using: &random)
            var members: [String: [String]] = [:]
            var assigned: [String: [String: [Int32]]] = [:]
            for number in 0..<Int.random(in: 1...6, using: &random) {
                members["m\(number)"] = topics.filter { _ in
                    isAlike || Bool.random(using: &random)
                }
            }
            for topic in topics {
                for partition in 0..<(counts[topic] ?? 0) where Bool.random(using: &random) {
                    guard let owner = members.keys.sorted().randomElement(using: &random) else {
                        continue
                    }
                    assigned[owner, default: [:]][topic, default: []].append(partition)
                }
            }
            let given = input(members, counts: counts, assigned: assigned)
            for assignor in PartitionAssignor.allCases {
                let fault = fault(assignor, given)
                #expect(fault == nil, "round \(round), seed \(random.seed)")
                guard fault == nil else { return }
            }
        }
    }

    private func fault(_ assignor: PartitionAssignor, _ input: AssignorInput) -> String? {
        let parts = assignor.assign(input)
        var owners: [UniqueID: [Int32: Int]] = [:]
        for (place, member) in input.members.enumerated() {
            for (topic, all) in (parts[member.id] ?? PartitionSet()).topics {
                guard member.topics.contains(topic) else { return "\(member.id): unwanted" }
                for partition in all {
                    if owners[topic]?[partition] != nil { return "two have one partition" }
                    owners[topic, default: [:]][partition] = place
                }
            }
        }
        let wanted = Set(input.members.flatMap(\.topics))
        let count = wanted.reduce(0) { $0 + Int(input.partitionCounts[$1] ?? 0) }
        guard owners.values.reduce(0, { $0 + $1.count }) == count else { return "some are free" }
        guard assignor == .uniform else { return nil }
        let loads = input.members.map { parts[$0.id]?.count ?? 0 }
        for (topic, all) in owners {
            for owner in all.values {
                for (other, member) in input.members.enumerated()
                where member.topics.contains(topic) && loads[owner] > loads[other] + 1 {
                    return "\(loads): one partition more could move"
                }
            }
        }
        return nil
    }
}
