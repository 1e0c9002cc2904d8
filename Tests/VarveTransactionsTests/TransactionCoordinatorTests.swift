import Testing
import VarveRecords
import VarveTerms

@testable import VarveTransactions

@Suite("TransactionCoordinator")
struct TransactionCoordinatorTests {
    // MARK: Time

    @Test("a transaction that is open for too long is aborted, and its producer fenced off")
    func timeout() throws {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.empty))
        #expect(fixture.add(claim: producer(7, 5)) == nil)
        fixture.advance(by: .milliseconds(59_999))
        fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
        #expect(fixture.stored?.state == .ongoing)
        fixture.advance(by: .milliseconds(1))
        #expect(fixture.coordinator.nextDeadline == fixture.now.instant)
        fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
        #expect(fixture.stored?.state == .prepareAbort)
        #expect(fixture.markers.map(\.producer) == [producer(7, 6)])
        fixture.writeMarkers()
        #expect(
            fixture.end(.commit, claim: producer(7, 5)) == .failure(.invalidTransactionState))
        #expect(
            fixture.end(.commit, claim: producer(7, 5), version: .v0) == .failure(.producerFenced))
        // It was merely slow, and nobody followed it: it may go on.
        #expect(fixture.initialize(claim: producer(7, 5)) == .success(producer(7, 6)))
    }

    @Test("each transaction has its own time, though reminders of earlier ones are about")
    func timeouts() {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.empty))
        var claim = producer(7, 5)
        for _ in 0..<50 {
            #expect(fixture.add(claim: claim) == nil)
            fixture.advance(by: .seconds(2))
            guard case .success(let next) = fixture.end(.commit, claim: claim) else { break }
            claim = next
            fixture.writeMarkers()
            fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
            #expect(fixture.stored?.state == .completeCommit)
        }
        #expect(fixture.add(claim: claim) == nil)
        fixture.advance(by: .seconds(59))
        fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
        #expect(fixture.stored?.state == .ongoing)
        fixture.advance(by: .seconds(1))
        fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
        #expect(fixture.stored?.state == .prepareAbort)
    }

    @Test("the time of a transaction runs on while its coordinator is away")
    func timeoutAcrossRestart() {
        var fixture = CoordinatorFixture()
        let stored = CoordinatorFixture.stored(.ongoing)
        fixture.advance(by: .seconds(50))
        fixture.coordinator = TransactionCoordinator(epoch: 1)
        fixture.coordinator.apply(TransactionRecord("tx", stored))
        fixture.coordinator.begin(at: fixture.now, into: &fixture.effects)
        fixture.advance(by: .milliseconds(9_999))
        fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
        #expect(fixture.stored?.state == .ongoing)
        fixture.advance(by: .milliseconds(1))
        fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
        #expect(fixture.stored?.state == .prepareAbort)
    }

    @Test("idle ids are forgotten after a week, open ones never")
    func expiration() {
        for state in TransactionState.allCases {
            var fixture = CoordinatorFixture(CoordinatorFixture.stored(state))
            fixture.advance(by: .seconds(7 * 24 * 3600 - 1))
            fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
            #expect(fixture.stored != nil)
            fixture.effects = []
            fixture.advance(by: .seconds(3600))
            fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
            if state.isIdle {
                #expect(fixture.written == [nil])
                #expect(fixture.stored == nil)
            } else {
                #expect(fixture.stored != nil)
            }
        }
    }

    // MARK: Replay

    @Test("what the records say is what the coordinator knew")
    func replay() {
        var fixture = CoordinatorFixture()
        _ = fixture.initialize()
        _ = fixture.initialize(id: "other")
        _ = fixture.add(claim: producer(100, 0))
        _ = fixture.end(.commit, claim: producer(100, 0))
        fixture.writeMarkers()
        _ = fixture.add(claim: producer(100, 1), version: .v0)
        var again = TransactionCoordinator(epoch: 3)
        for case .append(let records) in fixture.effects {
            for record in records { again.apply(record) }
        }
        for id in ["tx", "other"] {
            #expect(again.describe(id) == fixture.coordinator.describe(id))
            #expect(again.describe(id) != nil)
        }
        again.apply(TransactionRecord("other", nil))
        #expect(again.describe("other") == nil)
    }

    // MARK: Listing

    @Test("filters let through what they name")
    func listing() {
        var fixture = CoordinatorFixture()
        for (id, state) in [("a", TransactionState.empty), ("b", .ongoing), ("c", .completeAbort)] {
            var stored = CoordinatorFixture.stored(state)
            stored.producer.id = Int64(id.utf8.first ?? 0)
            fixture.coordinator.apply(TransactionRecord(id, stored))
        }
        let coordinator = fixture.coordinator
        let later = Timestamp(milliseconds: fixture.now.timestamp.milliseconds + 10)
        let ids = { (list: [TransactionRecord]) in list.map(\.transactionalID).joined() }
        #expect(ids(coordinator.list(at: later)) == "abc")
        #expect(ids(coordinator.list(states: ["Ongoing", "nope"], at: later)) == "b")
        #expect(ids(coordinator.list(states: ["nope"], at: later)).isEmpty)
        #expect(ids(coordinator.list(producerIDs: [97, 99], at: later)) == "ac")
        #expect(ids(coordinator.list(olderThan: .milliseconds(9), at: later)) == "abc")
        #expect(ids(coordinator.list(olderThan: .milliseconds(10), at: later)) == "a")
        #expect(ids(coordinator.list(at: later) { $0 != "b" }) == "ac")
    }
}
