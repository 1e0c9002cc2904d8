import Testing
import VarveSeeds
import VarveTerms

@testable import VarveShares

@Suite("ShareStateCoordinator")
struct ShareStateCoordinatorTests {
    private let key = SharePartitionKey(
        group: "g", topicID: UniqueID(high: 1, low: 2), partition: 0)
    private let now = Timestamp(milliseconds: 1000)

    private func update(_ start: Int64) -> ShareStateUpdate {
        ShareStateUpdate(start: Offset(start), deliveryCompleteCount: 0, batches: [])
    }

    // MARK: Errors

    @Test("a state that nobody began is neither read nor written, but deleted")
    func unknown() throws {
        var states = ShareStateCoordinator()
        var records: [ShareStateRecord] = []
        #expect(throws: ShareRefusal.self) {
            _ = try states.read(key, leaderEpoch: 0, at: now, into: &records)
        }
        #expect(throws: ShareRefusal.self) {
            try states.write(
                update(1), to: key, stateEpoch: 0, leaderEpoch: 0, at: now, into: &records)
        }
        states.delete(key, into: &records)
        #expect(records.isEmpty && states.summary(of: key) == nil)
    }

    @Test("who comes with an older epoch is fenced off; −1 fits any")
    func fencing() throws {
        var states = ShareStateCoordinator()
        var records: [ShareStateRecord] = []
        try states.initialize(key, stateEpoch: 5, start: nil, at: now, into: &records)
        _ = try states.read(key, leaderEpoch: 7, at: now, into: &records)
        let write = { (states: inout ShareStateCoordinator, state: Int32, leader: Int32) in
            var records: [ShareStateRecord] = []
            try states.write(
                self.update(1), to: self.key, stateEpoch: state, leaderEpoch: leader, at: self.now,
                into: &records)
        }
        let stale = #expect(throws: ShareRefusal.self) { try write(&states, 4, 7) }
        #expect(stale?.error == .fencedStateEpoch)
        let old = #expect(throws: ShareRefusal.self) { try write(&states, 5, 6) }
        #expect(old?.error == .fencedLeaderEpoch)
        let begun = #expect(throws: ShareRefusal.self) {
            try states.initialize(key, stateEpoch: 4, start: nil, at: now, into: &records)
        }
        #expect(begun?.error == .fencedStateEpoch)
        try write(&states, -1, -1)
        #expect(states.summary(of: key)?.leaderEpoch == 7)
    }

    // MARK: Records

    @Test("after so many updates a snapshot takes their place")
    func snapshots() throws {
        var states = ShareStateCoordinator(.init(updatesPerSnapshot: 3))
        var records: [ShareStateRecord] = []
        try states.initialize(key, stateEpoch: 0, start: nil, at: now, into: &records)
        for start in 1...8 {
            try states.write(
                update(Int64(start)), to: key, stateEpoch: 0, leaderEpoch: 0, at: now,
                into: &records)
        }
        let kinds = records.map { if case .snapshot = $0 { "S" } else { "u" } }.joined()
        #expect(kinds == "SuuuSuuuS")
        guard case .snapshot(_, let last?)? = records.last else { return }
        #expect(last.snapshotEpoch == 2 && last.start == Offset(8))
    }

    @Test("its records, read by another coordinator, give the same states")
    func replay() throws {
        var random = SeededRandom("ShareStateCoordinatorTests.replay")
        var states = ShareStateCoordinator(.init(updatesPerSnapshot: 4))
        var records: [ShareStateRecord] = []
        for step in 0..<400 {
            let key = SharePartitionKey(
                group: "g\(Int.random(in: 0..<2, using: &random))", topicID: self.key.topicID,
                partition: Int32.random(in: 0..<2, using: &random))
            switch Int.random(in: 0..<12, using: &random) {
            case 0: states.delete(key, into: &records)
            case 1:
                try? states.initialize(
                    key, stateEpoch: Int32(step), start: nil, at: now, into: &records)
            default:
                let first = Int64.random(in: 0..<50, using: &random)
                let batch = StateBatch(
                    Offset(first)..<Offset(first + 4), .acknowledged, deliveryCount: 1)
                let change = ShareStateUpdate(
                    start: Offset(Int64(step) / 10), deliveryCompleteCount: 1, batches: [batch])
                try? states.write(
                    change, to: key, stateEpoch: -1, leaderEpoch: 0, at: now, into: &records)
            }
        }
        var again = ShareStateCoordinator(.init(updatesPerSnapshot: 4))
        for (place, record) in records.enumerated() {
            again.apply(record, at: Offset(Int64(place)))
        }
        for group in ["g0", "g1"] {
            #expect(Set(again.keys(of: group)) == Set(states.keys(of: group)))
            for key in states.keys(of: group) {
                var (left, right) = (again.summary(of: key), states.summary(of: key))
                // Only snapshots carry their time.
                left?.writeTimestamp = .none
                right?.writeTimestamp = .none
                #expect(left == right, "seed \(random.seed)")
            }
        }
    }

    // MARK: Keys

    @Test("keys are read as clients write them, and lie where Kafka puts them")
    func keys() throws {
        let text = "share-one:J_-qyqCgQGS48fWEx0zTVQ:0"
        let key = try #require(SharePartitionKey(text))
        #expect(key.description == text)
        // Apache Kafka 4.3.1 put this one into partition 1 of 2.
        #expect(key.statePartition(count: 2) == 1)
        #expect(SharePartitionKey("a:b:J_-qyqCgQGS48fWEx0zTVQ:0")?.group == "a:b")
        for wrong in ["", "g", "g:x:0", ":J_-qyqCgQGS48fWEx0zTVQ:0", "g:J_-qyqCgQGS48fWEx0zTVQ:-1"]
        {
            #expect(SharePartitionKey(wrong) == nil, "\(wrong)")
        }
    }
}
