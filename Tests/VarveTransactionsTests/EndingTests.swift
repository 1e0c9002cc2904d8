import Testing
import VarveRecords
import VarveTerms

@testable import VarveTransactions

@Suite("EndTxn")
struct EndingTests {
    // MARK: Error paths

    @Test("an id that is empty, unknown, or another producer's is refused")
    func foreign() {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.ongoing))
        #expect(fixture.end(.commit, claim: producer(7, 5), id: "") == .failure(.invalidRequest))
        #expect(
            fixture.end(.commit, claim: producer(7, 5), id: "?")
                == .failure(.invalidProducerIDMapping))
        for version in [TransactionVersion.v0, .v1, .v2] {
            #expect(
                fixture.end(.commit, claim: producer(8, 5), version: version)
                    == .failure(.invalidProducerIDMapping))
        }
        #expect(fixture.effects.isEmpty)
    }

    @Test("without a producer id for the time after, a transaction at the last epoch stays open")
    func noFreshID() {
        var fixture = CoordinatorFixture(
            CoordinatorFixture.stored(.ongoing, epoch: ProducerIdentity.lastEpoch))
        fixture.freshID = nil
        #expect(
            fixture.end(.commit, claim: producer(7, ProducerIdentity.lastEpoch))
                == .failure(.coordinatorNotAvailable))
        #expect(fixture.stored?.state == .ongoing)
        #expect(fixture.effects.isEmpty)
    }

    // MARK: The tables

    /// How an epoch that a request carries stands to the producer's, which is 5.
    enum Claim: Int16, CaseIterable {
        case before = 4
        case present = 5
        case after = 6
        case old = 2
    }

    /// Columns: commit and abort under the rules of `v0`, commit and abort under `v2`.
    /// Rows: state and claim. E end, D done, I invalid, C concurrent, F fenced.
    static let table: [(TransactionState, Claim, String)] = [
        (.empty, .present, "IIIE"), (.empty, .before, "FFFF"),
        (.empty, .after, "FFFF"), (.empty, .old, "FFFF"),
        (.ongoing, .present, "EEEE"), (.ongoing, .before, "FFFF"),
        (.ongoing, .after, "FFFF"), (.ongoing, .old, "FFFF"),
        (.prepareCommit, .present, "CIFF"), (.prepareCommit, .before, "FFCI"),
        (.prepareCommit, .after, "FFFF"), (.prepareCommit, .old, "FFFF"),
        (.prepareAbort, .present, "ICFF"), (.prepareAbort, .before, "FFIC"),
        (.prepareAbort, .after, "FFFF"), (.prepareAbort, .old, "FFFF"),
        (.completeCommit, .present, "DIIE"), (.completeCommit, .before, "FFDI"),
        (.completeCommit, .after, "FFFF"), (.completeCommit, .old, "FFFF"),
        (.completeAbort, .present, "IDIE"), (.completeAbort, .before, "FFID"),
        (.completeAbort, .after, "FFFF"), (.completeAbort, .old, "FFFF"),
    ]

    @Test("the table holds, row by row")
    func decisions() {
        #expect(Self.table.count == TransactionState.allCases.count * Claim.allCases.count)
        let columns: [(TransactionOutcome, TransactionVersion)] = [
            (.commit, .v0), (.abort, .v0), (.commit, .v2), (.abort, .v2),
        ]
        for (state, claim, expected) in Self.table {
            for ((outcome, version), letter) in zip(columns, expected) {
                let fixture = CoordinatorFixture()
                let found = fixture.coordinator.ending(
                    of: Transaction(CoordinatorFixture.stored(state)), outcome,
                    by: producer(7, claim.rawValue), version)
                #expect(found == Self.ending(letter), "\(state) \(claim) \(outcome) \(version)")
            }
        }
    }

    private static func ending(_ letter: Character) -> TransactionCoordinator.Ending {
        switch letter {
        case "E": .end
        case "D": .done
        case "I": .refuse(.invalidTransactionState)
        case "C": .refuse(.concurrentTransactions)
        default: .refuse(.producerFenced)
        }
    }

    // MARK: What it does

    @Test("under v0 a transaction ends with the epoch that it had")
    func plain() {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.ongoing))
        #expect(
            fixture.end(.abort, claim: producer(7, 5), version: .v0) == .success(producer(7, 5)))
        #expect(fixture.written == [.prepareAbort])
        #expect(fixture.markers.map(\.producer) == [producer(7, 5)])
        fixture.writeMarkers()
        #expect(fixture.stored?.state == .completeAbort)
        #expect(fixture.stored?.producer == producer(7, 5))
        #expect(
            fixture.end(.abort, claim: producer(7, 5), version: .v0) == .success(producer(7, 5)))
    }

    @Test("under v2 each end raises the epoch, and the markers carry the new one")
    func raising() {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.ongoing))
        #expect(fixture.end(.commit, claim: producer(7, 5)) == .success(producer(7, 6)))
        #expect(
            fixture.markers == [
                TransactionMarkers(
                    transactionalID: "tx", producer: producer(7, 6), outcome: .commit,
                    coordinatorEpoch: 3, version: .v2, partitions: [CoordinatorFixture.place])
            ])
        #expect(
            fixture.end(.commit, claim: producer(7, 5)) == .failure(.concurrentTransactions))
        fixture.writeMarkers()
        #expect(fixture.written == [.prepareCommit, .completeCommit])
        #expect(fixture.stored?.partitions == [])
        #expect(fixture.end(.commit, claim: producer(7, 5)) == .success(producer(7, 6)))
        #expect(
            fixture.end(.abort, claim: producer(7, 5)) == .failure(.invalidTransactionState))
    }

    @Test("under v2 an abort with nothing open raises the epoch and needs no markers")
    func abortOfNothing() {
        for state in [TransactionState.empty, .completeCommit, .completeAbort] {
            var fixture = CoordinatorFixture(CoordinatorFixture.stored(state))
            #expect(fixture.end(.abort, claim: producer(7, 5)) == .success(producer(7, 6)))
            #expect(fixture.markers.map(\.partitions) == [[]])
            #expect(fixture.stored?.start == fixture.now.timestamp)
            fixture.writeMarkers()
            #expect(fixture.stored?.state == .completeAbort)
        }
    }

    @Test("at its last epoch the producer goes on under a new id, and may ask again for it")
    func renewal() {
        let last = ProducerIdentity.lastEpoch
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.ongoing, epoch: last))
        #expect(fixture.end(.commit, claim: producer(7, last)) == .success(producer(100, 0)))
        #expect(fixture.markers.map(\.producer) == [producer(7, .max)])
        #expect(fixture.stored?.nextProducerID == 100)
        #expect(
            fixture.end(.commit, claim: producer(7, last)) == .failure(.concurrentTransactions))
        fixture.writeMarkers()
        #expect(fixture.stored?.producer == producer(100, 0))
        #expect(fixture.stored?.previousProducerID == 7)
        #expect(fixture.stored?.nextProducerID == -1)
        #expect(fixture.end(.commit, claim: producer(7, last)) == .success(producer(100, 0)))
        #expect(
            fixture.end(.commit, claim: producer(7, last - 1))
                == .failure(.invalidProducerIDMapping))
        #expect(fixture.add(claim: producer(7, last)) == .invalidProducerIDMapping)
        #expect(fixture.add(claim: producer(100, 0)) == nil)
    }

    // MARK: Markers

    @Test("markers of another transaction, or of one that is complete, change nothing")
    func foreignMarkers() throws {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.ongoing))
        _ = fixture.end(.commit, claim: producer(7, 5))
        let markers = try #require(fixture.markers.first)
        var other = markers
        other.producer.epoch += 1
        fixture.coordinator.didWriteMarkers(other, at: fixture.now, into: &fixture.effects)
        other = markers
        other.outcome = .abort
        fixture.coordinator.didWriteMarkers(other, at: fixture.now, into: &fixture.effects)
        #expect(fixture.stored?.state == .prepareCommit)
        fixture.writeMarkers()
        let complete = fixture.stored
        fixture.coordinator.didWriteMarkers(markers, at: fixture.now, into: &fixture.effects)
        fixture.coordinator.didFailToWriteMarkers(markers, at: fixture.now)
        #expect(fixture.stored == complete)
        #expect(fixture.written == [.prepareCommit, .completeCommit])
    }

    @Test("markers that could not be written come again after a while")
    func markersAgain() throws {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.ongoing))
        _ = fixture.end(.commit, claim: producer(7, 5))
        let markers = try #require(fixture.markers.first)
        fixture.coordinator.didFailToWriteMarkers(markers, at: fixture.now)
        fixture.effects = []
        fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
        #expect(fixture.effects.isEmpty)
        fixture.advance(by: fixture.coordinator.settings.markerRetryInterval)
        #expect(fixture.coordinator.nextDeadline == fixture.now.instant)
        fixture.coordinator.expire(at: fixture.now, into: &fixture.effects)
        #expect(fixture.effects == [.writeMarkers(markers)])
    }

    @Test("what was decided before a crash goes on to its end after it")
    func resumption() {
        for (state, outcome) in [
            (TransactionState.prepareCommit, TransactionOutcome.commit), (.prepareAbort, .abort),
        ] {
            var coordinator = TransactionCoordinator(epoch: 4)
            coordinator.apply(TransactionRecord("tx", CoordinatorFixture.stored(state)))
            var effects: [TransactionEffect] = []
            coordinator.begin(at: CoordinatorFixture().now, into: &effects)
            #expect(
                effects == [
                    .writeMarkers(
                        TransactionMarkers(
                            transactionalID: "tx", producer: producer(7, 5), outcome: outcome,
                            coordinatorEpoch: 4, version: .v2,
                            partitions: [CoordinatorFixture.place]))
                ])
        }
    }
}
