import Testing
import VarveSeeds
import VarveTerms

@testable import VarveShares

@Suite("ShareGroupCoordinator")
struct ShareGroupCoordinatorTests {
    private let topicID = UniqueID(high: 9, low: 9)

    private func grounds(
        _ seconds: Int64, memberCountMax: Int = 200
    ) -> ShareGroupCoordinator.Grounds {
        var settings = ShareGroupSettings()
        settings.memberCountMax = memberCountMax
        return ShareGroupCoordinator.Grounds(
            now: Instant(nanoseconds: seconds * 1_000_000_000),
            wallClock: Timestamp(milliseconds: 1_000_000 + seconds * 1000), settings: settings
        ) { $0 == "t" ? ShareTopic(id: self.topicID, partitionCount: 2) : nil }
    }

    private func beat(
        _ member: String, _ epoch: Int32, _ topics: [String]? = nil, group: String = "g"
    ) -> ShareHeartbeat {
        ShareHeartbeat(group: group, member: member, epoch: epoch, topics: topics)
    }

    /// A coordinator with everything that it wrote.
    private struct Stage {
        var groups = ShareGroupCoordinator()
        var records: [ShareGroupRecord] = []

        mutating func beat(
            _ beat: ShareHeartbeat, _ grounds: ShareGroupCoordinator.Grounds
        ) throws(ShareRefusal) -> ShareHeartbeatAnswer {
            let (answer, needed) = try groups.heartbeat(beat, grounds, into: &records)
            if let needed {
                groups.didInitialize(needed.partitions, of: needed.group, into: &records)
            }
            return answer
        }

        /// Whether the records give the same groups to another coordinator.
        var isReplayable: Bool {
            var again = ShareGroupCoordinator()
            for record in records { again.apply(record) }
            return again.list() == groups.list()
                && groups.list().allSatisfy {
                    again.describe($0.group) == groups.describe($0.group)
                        && again.topics(of: $0.group) == groups.topics(of: $0.group)
                }
        }
    }

    // MARK: Errors

    @Test(
        "heartbeats that make no sense",
        arguments: [
            ("", "m", Int32(0), ["t"]), ("g", "", 0, ["t"]), ("g", "m", 0, nil), ("g", "m", 0, []),
            ("g", "m", -2, nil),
        ] as [(String, String, Int32, [String]?)])
    func lawless(_ group: String, _ member: String, _ epoch: Int32, _ topics: [String]?) throws {
        var stage = Stage()
        let refusal = #expect(throws: ShareRefusal.self) {
            try stage.beat(beat(member, epoch, topics, group: group), grounds(0))
        }
        #expect(refusal?.error == .invalidRequest && stage.records.isEmpty)
    }

    @Test("names that no record could hold do not come in")
    func longNames() {
        var stage = Stage()
        let long = String(repeating: "x", count: 40_000)
        #expect(throws: ShareRefusal.self) { try stage.beat(beat(long, 0, ["t"]), grounds(0)) }
        #expect(throws: ShareRefusal.self) { try stage.beat(beat("m", 0, [long]), grounds(0)) }
        #expect(stage.records.isEmpty)
    }

    @Test("epochs: the present and the previous one are taken, 0 joins, others are fenced off")
    func epochs() throws {
        var stage = Stage()
        let unknown = #expect(throws: ShareRefusal.self) {
            try stage.beat(beat("m", 1), grounds(0))
        }
        #expect(unknown?.error == .groupIDNotFound)
        _ = try stage.beat(beat("m", 0, ["t"]), grounds(0))
        let second = try stage.beat(beat("m", 2), grounds(1))
        #expect(second.epoch == 3)
        let expected: [(Int32, ShareError?)] = [
            (3, nil), (2, nil), (0, nil), (4, .fencedMemberEpoch), (1, .fencedMemberEpoch),
        ]
        for (epoch, error) in expected {
            var copy = stage
            do throws(ShareRefusal) {
                _ = try copy.beat(beat("m", epoch, epoch == 0 ? ["t"] : nil), grounds(2))
                #expect(error == nil, "epoch \(epoch)")
            } catch {
                #expect(expected.first { $0.0 == epoch }?.1 == error.error, "epoch \(epoch)")
            }
        }
        let stranger = #expect(throws: ShareRefusal.self) {
            try stage.beat(beat("z", -1), grounds(2))
        }
        #expect(stranger?.error == .unknownMemberID)
    }

    @Test("who comes with the previous epoch is told its assignment again: the answer was lost")
    func lostAnswer() throws {
        var stage = Stage()
        _ = try stage.beat(beat("m", 0, ["t"]), grounds(0))
        let told = try stage.beat(beat("m", 2), grounds(1))
        #expect(told.assignment?.isEmpty == false)
        #expect(try stage.beat(beat("m", 2), grounds(2)) == told)
        #expect(try stage.beat(beat("m", told.epoch), grounds(3)).assignment == nil)
    }

    @Test("a full group takes nobody new")
    func full() throws {
        var stage = Stage()
        _ = try stage.beat(beat("a", 0, ["t"]), grounds(0, memberCountMax: 1))
        let refusal = #expect(throws: ShareRefusal.self) {
            try stage.beat(beat("b", 0, ["t"]), grounds(0, memberCountMax: 1))
        }
        #expect(refusal?.error == .groupMaxSizeReached)
        _ = try stage.beat(beat("a", 0, ["t"]), grounds(0, memberCountMax: 1))
    }

    @Test("a group with members is neither changed nor deleted")
    func nonEmpty() throws {
        var stage = Stage()
        _ = try stage.beat(beat("a", 0, ["t"]), grounds(0))
        #expect(stage.groups.refusalToChange("g")?.error == .nonEmptyGroup)
        #expect(throws: ShareRefusal(.nonEmptyGroup)) {
            try stage.groups.delete("g", into: &stage.records)
        }
        #expect(throws: ShareRefusal(.groupIDNotFound)) {
            try stage.groups.delete("h", into: &stage.records)
        }
    }

    // MARK: Life

    @Test("a member's life, record by record as Apache Kafka 4.3.1 writes it")
    func life() throws {
        var stage = Stage()
        var answer = try stage.beat(beat("m", 0, ["t"]), grounds(0))
        #expect(answer.epoch == 2 && answer.assignment == ShareAssignment())
        answer = try stage.beat(beat("m", 2), grounds(5))
        #expect(answer.epoch == 3 && answer.assignment?.partitions.count == 2)
        answer = try stage.beat(beat("m", 3), grounds(10))
        #expect(answer.epoch == 3 && answer.assignment == nil)
        answer = try stage.beat(beat("m", -1), grounds(11))
        #expect(answer == ShareHeartbeatAnswer(epoch: -1))
        let kinds = stage.records.map { record in
            switch record {
            case .member(_, _, let value): value == nil ? "-10" : "10"
            case .group(_, let value): "11:\(value?.epoch ?? -1)"
            case .targetEpoch(_, let value): "12:\(value?.epoch ?? -1)"
            case .target(_, _, let value): value == nil ? "-13" : "13"
            case .current(_, _, let value): value.map { "14:\($0.epoch)" } ?? "-14"
            case .topics: "15"
            }
        }
        #expect(
            kinds == [
                "10", "11:2", "13", "12:2", "14:2", "15", "15", "11:3", "13", "12:3", "14:3", "-14",
                "-13", "-10", "11:4",
            ])
        #expect(stage.groups.describe("g")?.state == .empty)
        #expect(stage.isReplayable)
    }

    @Test("an assignment stays for its interval, then the next heartbeat brings a new one")
    func interval() throws {
        var stage = Stage()
        _ = try stage.beat(beat("a", 0, ["t"]), grounds(0))
        _ = try stage.beat(beat("a", 2), grounds(5))
        var joined = try stage.beat(beat("b", 0, ["t"]), grounds(5))
        #expect(joined.epoch == 3 && joined.assignment?.isEmpty == true)
        joined = try stage.beat(beat("b", 3), grounds(6))
        #expect(joined.epoch == 4 && joined.assignment?.partitions.count == 1)
        #expect(stage.isReplayable)
    }

    @Test("members keep what they have when others join, also after the records are read anew")
    func sticky() throws {
        var stage = Stage()
        var seconds: Int64 = 0
        var all: [String] = []
        var had: [String: Set<TopicPartition>] = [:]
        // Each newcomer comes before the others in the order of names.
        for member in ["c", "b", "a", "A"] {
            all.append(member)
            for name in all + all {
                seconds += 2
                _ = try stage.beat(beat(name, 0, ["t"]), grounds(seconds))
            }
            var again = ShareGroupCoordinator()
            for record in stage.records { again.apply(record) }
            again.begin(at: grounds(seconds).now) { _ in ShareGroupSettings() }
            stage.groups = again
            let group = try #require(stage.groups.describe("g"))
            let has = group.members.reduce(into: [:]) {
                $0[$1.id] = Set($1.assignment.partitions)
            }
            for (name, before) in had {
                let isShared = all.count > 2
                let kept = has[name]?.intersection(before) ?? []
                #expect(kept.count == (isShared ? before.count : 1), "\(member): \(name)")
            }
            had = has
        }
    }

    @Test("who is silent for too long is given up")
    func silence() throws {
        var stage = Stage()
        _ = try stage.beat(beat("a", 0, ["t"]), grounds(0))
        _ = try stage.beat(beat("b", 0, ["t"]), grounds(10))
        let due = try #require(stage.groups.nextDeadline)
        #expect(due == Instant(nanoseconds: 45_000_000_000))
        let lost = stage.groups.expire(at: due, into: &stage.records)
        #expect(lost == [ShareSessionKey(group: "g", member: "a")])
        #expect(stage.groups.describe("g")?.members.map(\.id) == ["b"])
        #expect(stage.isReplayable)
    }

    @Test("random members, and a coordinator that is read anew at any time")
    func random() throws {
        var random = SeededRandom("ShareGroupCoordinatorTests.random")
        var stage = Stage()
        var epochs: [String: Int32] = [:]
        for step in 0..<600 {
            let member = "m\(Int.random(in: 0..<4, using: &random))"
            let now = grounds(Int64(step))
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                _ = stage.groups.expire(at: now.now, into: &stage.records)
            case 1:
                _ = try? stage.beat(beat(member, -1), now)
                epochs[member] = nil
            case 2:
                stage.groups = ShareGroupCoordinator()
                for record in stage.records { stage.groups.apply(record) }
                stage.groups.begin(at: now.now) { _ in ShareGroupSettings() }
            default:
                let epoch = epochs[member] ?? 0
                let topics = epoch == 0 ? ["t"] : nil
                do throws(ShareRefusal) {
                    epochs[member] = try stage.beat(beat(member, epoch, topics), now).epoch
                } catch {
                    epochs[member] = nil
                }
            }
            #expect(stage.isReplayable, "step \(step), seed \(random.seed)")
        }
    }
}
