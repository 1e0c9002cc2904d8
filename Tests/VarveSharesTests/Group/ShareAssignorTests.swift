import Testing
import VarveSeeds
import VarveShares
import VarveTerms

@Suite("ShareAssignor")
struct ShareAssignorTests {
    private typealias Assignments = [String: ShareAssignment]

    private func topic(_ number: Int, _ count: Int32) -> [TopicPartition] {
        (0..<count).map {
            TopicPartition(topicID: UniqueID(high: 0, low: UInt64(number)), index: $0)
        }
    }

    private func group(_ memberCount: Int, _ all: ShareAssignment) -> Assignments {
        Dictionary(uniqueKeysWithValues: (0..<memberCount).map { ("m\($0)", all) })
    }

    private func rows(_ assignments: Assignments, of member: String) -> Set<TopicPartition> {
        Set(assignments[member]?.partitions ?? [])
    }

    /// How many rows of the one the other does not have.
    private func lost(_ old: Assignments, _ new: Assignments) -> Int {
        old.keys.reduce(0) { $0 + rows(old, of: $1).subtracting(rows(new, of: $1)).count }
    }

    private func gained(_ old: Assignments, _ new: Assignments) -> Int { lost(new, old) }

    /// What holds of every assignment.
    private func check(_ members: Assignments, _ found: Assignments, _ label: String) {
        #expect(Set(found.keys) == Set(members.keys), "\(label)")
        for member in members.keys {
            let (wanted, got) = (rows(members, of: member), rows(found, of: member))
            #expect(got.isSubset(of: wanted), "\(label): \(member) gets what it did not ask for")
            #expect(wanted.isEmpty == got.isEmpty, "\(label): \(member) gets nothing")
        }
        let wanted = Set(members.values.flatMap(\.partitions))
        #expect(Set(found.values.flatMap(\.partitions)) == wanted, "\(label): left out")
    }

    private func spread(_ counts: [Int]) -> Int { (counts.max() ?? 0) - (counts.min() ?? 0) }

    /// What holds where all subscribe to the same.
    private func checkEven(_ found: Assignments, _ label: String) {
        let given = found.values.flatMap(\.partitions)
        #expect(spread(found.values.map { $0.partitions.count }) <= 1, "\(label): members")
        let sharing = Dictionary(grouping: given) { $0 }.values.map(\.count)
        #expect(spread(sharing) <= 1, "\(label): partitions")
        #expect(given.count == max(found.count, Set(given).count), "\(label): more than needed")
    }

    @Test("each partition goes to somebody, each member gets something, and both are even")
    func even() {
        for memberCount in 1...9 {
            for partitionCount: Int32 in 1...9 {
                let members = group(memberCount, ShareAssignment(topic(1, partitionCount)))
                let found = ShareAssignor.assign(members)
                let label = "\(memberCount) members, \(partitionCount) partitions"
                check(members, found, label)
                checkEven(found, label)
                #expect(ShareAssignor.assign(members, previous: found) == found, "\(label)")
            }
        }
    }

    @Test("nobody gets what it did not subscribe to")
    func subscriptions() {
        let members = [
            "a": ShareAssignment(topic(1, 3)), "b": ShareAssignment(topic(1, 3) + topic(2, 2)),
            "c": ShareAssignment(),
        ]
        check(members, ShareAssignor.assign(members), "")
    }

    @Test("who has partitions that nobody else may have gets fewer of the others")
    func lopsided() {
        let members = [
            "a": ShareAssignment(topic(1, 6) + topic(2, 6)), "b": ShareAssignment(topic(1, 6)),
        ]
        let found = ShareAssignor.assign(members)
        check(members, found, "")
        #expect(found.mapValues { $0.partitions.count } == ["a": 6, "b": 6])
    }

    @Test("who goes leaves all others what they had, and who comes takes no more than its part")
    func membership() {
        for memberCount in 2...8 {
            for partitionCount: Int32 in 1...17 {
                let label = "\(memberCount) members, \(partitionCount) partitions"
                let all = ShareAssignment(topic(1, partitionCount))
                let less = ShareAssignor.assign(group(memberCount - 1, all))
                let more = ShareAssignor.assign(group(memberCount, all), previous: less)
                checkEven(more, label)
                // The newcomer's part is what others lose, but where it shares.
                #expect(lost(less, more) <= Int(partitionCount) / memberCount, "\(label)")
                var rest = group(memberCount, all)
                rest["m0"] = nil
                let left = ShareAssignor.assign(rest, previous: more)
                checkEven(left, label)
                var before = more
                before["m0"] = nil
                let isShared = memberCount > Int(partitionCount)
                #expect(lost(before, left) <= (isShared ? 1 : 0), "\(label)")
                let had = rows(more, of: "m0").count
                #expect(gained(before, left) <= (isShared ? 1 : had), "\(label)")
            }
        }
    }

    @Test("whatever comes and goes, assignments stay lawful, and do not change without a reason")
    func schedules() {
        var random = SeededRandom("ShareAssignorTests.schedules")
        for round in 0..<40 {
            var counts: [Int: Int32] = [1: 4, 2: 3]
            var wishes: [String: Set<Int>] = ["m0": [1, 2]]
            var last: Assignments = [:]
            // In every second round all subscribe to the same.
            let isSame = round.isMultiple(of: 2)
            for step in 0..<60 {
                let name = "m\(Int.random(in: 0..<12, using: &random))"
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<4:
                    let some = Set((1...3).filter { _ in Bool.random(using: &random) })
                    wishes[name] = isSame ? [1, 2, 3] : some
                case 4..<7: wishes[name] = nil
                default:
                    let topic = Int.random(in: 1...3, using: &random)
                    counts[topic] = Int32.random(in: 1...12, using: &random)
                }
                if isSame { wishes = wishes.mapValues { _ in [1, 2, 3] } }
                let members = wishes.mapValues { wish in
                    ShareAssignment(wish.flatMap { topic($0, counts[$0] ?? 0) })
                }
                let found = ShareAssignor.assign(members, previous: last)
                let label = "seed \(random.seed), round \(round), step \(step)"
                check(members, found, label)
                if isSame { checkEven(found, label) }
                #expect(ShareAssignor.assign(members, previous: found) == found, "\(label)")
                last = found
            }
        }
    }
}
