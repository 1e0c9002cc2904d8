import Testing
import VarveSeeds
import VarveTerms

@testable import VarveShares

@Suite("ShareStateCoordinator: upkeep")
struct ShareStateUpkeepTests {
    /// A coordinator with its log.
    private struct Scene {
        var states = ShareStateCoordinator(.init(updatesPerSnapshot: 4))
        var log: [ShareStateRecord] = []
        var start = Offset(0)
        var now = Timestamp(milliseconds: 1_000_000)

        var end: Offset { Offset(Int64(log.count)) }
        /// How many records are kept.
        var size: Int64 { start.distance(to: end) }

        func key(_ number: Int) -> SharePartitionKey {
            SharePartitionKey(
                group: "g", topicID: UniqueID(high: 1, low: UInt64(number)), partition: 0)
        }

        mutating func decide(
            _ body: (inout ShareStateCoordinator, inout [ShareStateRecord]) throws -> Void
        ) rethrows {
            var records: [ShareStateRecord] = []
            try body(&states, &records)
            states.didWrite(records, at: end)
            log += records
        }

        mutating func begin(_ number: Int) throws {
            let (key, now) = (key(number), now)
            try decide { try $0.initialize(key, stateEpoch: 0, start: nil, at: now, into: &$1) }
        }

        mutating func write(_ number: Int, _ start: Int64) throws {
            let (key, now) = (key(number), now)
            let update = ShareStateUpdate(
                start: Offset(start), deliveryCompleteCount: 0, batches: [])
            try decide {
                try $0.write(
                    update, to: key, stateEpoch: 0, leaderEpoch: 0, at: now, into: &$1)
            }
        }

        mutating func delete(_ number: Int) {
            let key = key(number)
            decide { $0.delete(key, into: &$1) }
        }

        mutating func pass(_ seconds: Int64) {
            now = Timestamp(milliseconds: now.milliseconds + seconds * 1000)
        }

        mutating func lookAfter() {
            let (end, now) = (end, now)
            decide { _ = $0.snapshotCold(end: end, at: now, into: &$1) }
            start = max(start, states.neededStart(end: self.end))
        }

        /// What is read from what is kept.
        var again: ShareStateCoordinator {
            var again = ShareStateCoordinator(states.settings)
            for place in Int(start.rawValue)..<log.count {
                again.apply(log[place], at: Offset(Int64(place)))
            }
            return again
        }

        func check(_ label: String) {
            let again = again
            #expect(Set(again.kept.keys) == Set(states.kept.keys), "\(label)")
            for (key, entry) in states.kept {
                var (left, right) = (again.kept[key]?.state, entry.state)
                #expect(again.kept[key]?.snapshotOffset == entry.snapshotOffset, "\(label)")
                left?.writeTimestamp = .none
                right.writeTimestamp = .none
                #expect(left == right, "\(label)")
            }
        }
    }

    @Test("without states nothing is needed; with them what comes after the oldest last snapshot")
    func needed() throws {
        var scene = Scene()
        #expect(scene.states.neededStart(end: Offset(9)) == Offset(9))
        try scene.begin(1)
        try scene.begin(2)
        for start in 1...4 { try scene.write(1, Int64(start)) }
        scene.lookAfter()
        #expect(scene.start == Offset(0), "state 1 has no second snapshot yet")
        try scene.write(1, 5)
        scene.lookAfter()
        #expect(scene.start == Offset(1), "state 2 needs its first one")
        scene.check("")
        scene.delete(2)
        scene.lookAfter()
        #expect(scene.start == Offset(6))
        scene.check("")
    }

    @Test("before it is known where a snapshot stands nothing is deleted")
    func unknownPlace() throws {
        var states = ShareStateCoordinator()
        var records: [ShareStateRecord] = []
        let key = SharePartitionKey(group: "g", topicID: UniqueID(high: 1, low: 1), partition: 0)
        try states.initialize(key, stateEpoch: 0, start: nil, at: .none, into: &records)
        #expect(states.neededStart(end: Offset(9)) == .zero)
    }

    @Test("a state that is not written to moves on when it keeps much, and not for ever")
    func cold() throws {
        var scene = Scene()
        for number in 1...5 { try scene.begin(number) }
        for start in 1...100 { try scene.write(5, Int64(start)) }
        scene.pass(200)
        scene.lookAfter()
        #expect(scene.size == 105, "nothing is cold yet")
        scene.pass(200)
        try scene.write(5, 101)
        scene.lookAfter()
        #expect(scene.size <= 20)
        scene.check("")
        scene.pass(400)
        scene.lookAfter()
        let end = scene.end
        for _ in 0..<5 {
            scene.pass(400)
            scene.lookAfter()
        }
        #expect(scene.end == end, "nobody wrote anything")
        #expect(scene.size == 5)
    }

    @Test("the states of topics that are gone are deleted")
    func lostTopics() throws {
        var scene = Scene()
        for number in 1...3 { try scene.begin(number) }
        scene.decide { $0.deleteStates(without: { $0.low == 2 }, into: &$1) }
        #expect(Set(scene.states.kept.keys) == [scene.key(2)])
        scene.check("")
    }

    @Test("a log that is looked after stays short, and says what it said")
    func bounded() throws {
        var random = SeededRandom("ShareStateUpkeepTests.bounded")
        var scene = Scene()
        for step in 0..<4000 {
            let number = Int.random(in: 1...8, using: &random)
            switch Int.random(in: 0..<60, using: &random) {
            case 0: try scene.begin(number)
            case 1: scene.delete(number)
            case 2:
                scene.pass(Int64.random(in: 0..<200, using: &random))
                scene.lookAfter()
                scene.check("seed \(random.seed), step \(step)")
            default: if scene.states.kept[scene.key(number)] != nil { try scene.write(number, 1) }
            }
        }
        scene.pass(1000)
        scene.lookAfter()
        scene.lookAfter()
        #expect(scene.size <= 2 * Int64(max(1, scene.states.kept.count)), "seed \(random.seed)")
        scene.check("seed \(random.seed)")
    }

    @Test("who is not asked between two looks may go; the clock stands while nobody asks")
    func idle() {
        var states = ShareStateCoordinator()
        #expect(states.nextDeadline == nil)
        let at = { (seconds: Int64) in Instant(nanoseconds: seconds * 1_000_000_000) }
        states.noteUse(at: at(10))
        states.noteUse(at: at(200))
        #expect(states.nextDeadline == at(310))
        let isIdle = states.beginUpkeep(at: at(310))
        #expect(!isIdle)
        #expect(states.nextDeadline == at(610))
        states.noteUse(at: at(310))
        let isStillIdle = states.beginUpkeep(at: at(610))
        #expect(isStillIdle)
    }
}
