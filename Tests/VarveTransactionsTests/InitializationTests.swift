import Testing
import VarveRecords
import VarveTerms

@testable import VarveTransactions

@Suite("InitProducerId")
struct InitializationTests {
    // MARK: Error paths

    @Test("ids, timeouts and claims out of bounds are refused")
    func bounds() {
        var fixture = CoordinatorFixture()
        #expect(fixture.initialize(id: "") == .failure(.invalidRequest))
        let long = String(repeating: "x", count: 32_768)
        #expect(fixture.initialize(id: long) == .failure(.invalidRequest))
        #expect(fixture.initialize(id: String(long.dropLast())) == .success(producer(100, 0)))
        for timeout in [Int32.min, -1, 0, 900_001, .max] {
            #expect(
                fixture.initialize(timeoutMs: timeout) == .failure(.invalidTransactionTimeout))
        }
        #expect(fixture.initialize(claim: producer(-1, 3)) == .failure(.invalidRequest))
        #expect(fixture.initialize(claim: producer(3, -1)) == .failure(.invalidRequest))
    }

    @Test("without a producer id to give, a new transactional id is not taken")
    func noFreshID() {
        var fixture = CoordinatorFixture()
        fixture.freshID = nil
        #expect(fixture.initialize() == .failure(.coordinatorNotAvailable))
        #expect(fixture.stored == nil)
        #expect(fixture.effects.isEmpty)
    }

    // MARK: The table

    /// The producer is 7, epoch 5, the epoch before it 4.
    static let claims: [ProducerIdentity?] = [
        nil, producer(7, 5), producer(7, 4), producer(7, 3), producer(7, 6), producer(8, 5),
    ]

    /// Columns as `claims`. B begin, R raise, K keep, N renew, A abort, C concurrent, F fenced.
    static let table: [(TransactionState, String)] = [
        (.empty, "RRKFFF"), (.completeCommit, "RRKFFF"), (.completeAbort, "RRKFFF"),
        (.ongoing, "AAFFFF"), (.prepareCommit, "CCCCCF"), (.prepareAbort, "CCCCCF"),
    ]

    @Test("the table holds, row by row")
    func decisions() {
        #expect(Self.table.count == TransactionState.allCases.count)
        let coordinator = TransactionCoordinator(epoch: 0)
        for claim in Self.claims {
            #expect(coordinator.initialization(of: nil, claim: claim) == .begin)
        }
        for (state, expected) in Self.table {
            for (claim, letter) in zip(Self.claims, expected) {
                var transaction = Transaction(CoordinatorFixture.stored(state))
                transaction.lastEpoch = 4
                #expect(
                    coordinator.initialization(of: transaction, claim: claim)
                        == Self.initialization(letter), "\(state) \(String(describing: claim))")
            }
        }
    }

    private static func initialization(
        _ letter: Character
    ) -> TransactionCoordinator.Initialization {
        switch letter {
        case "B": .begin
        case "R": .raise
        case "K": .keep
        case "N": .renew
        case "A": .abort
        case "C": .refuse(.concurrentTransactions)
        default: .refuse(.producerFenced)
        }
    }

    // MARK: What it does

    @Test("a new id gets a new producer, and each further request its next epoch")
    func epochs() {
        var fixture = CoordinatorFixture()
        #expect(fixture.initialize() == .success(producer(100, 0)))
        #expect(fixture.initialize() == .success(producer(100, 1)))
        #expect(fixture.initialize(claim: producer(100, 1)) == .success(producer(100, 2)))
        // The answer was lost, and the request comes again.
        #expect(fixture.initialize(claim: producer(100, 1)) == .success(producer(100, 2)))
        #expect(fixture.initialize(claim: producer(100, 0)) == .failure(.producerFenced))
        // Without a claim it is another process: no request of the one before counts.
        #expect(fixture.initialize() == .success(producer(100, 3)))
        #expect(fixture.initialize(claim: producer(100, 2)) == .failure(.producerFenced))
        #expect(fixture.written == Array(repeating: .empty, count: 5))
        #expect(fixture.stored?.previousProducerID == 100)
        #expect(fixture.stored?.start == Timestamp.none)
    }

    @Test("a new id that comes with the id and epoch of some producer gets a new producer")
    func unknownClaim() {
        var fixture = CoordinatorFixture()
        #expect(fixture.initialize(claim: producer(4242, 3)) == .success(producer(100, 0)))
    }

    @Test("an open transaction is aborted first, and its producer fenced off")
    func whileOpen() {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.ongoing))
        #expect(fixture.initialize() == .failure(.concurrentTransactions))
        #expect(fixture.markers.map(\.producer) == [producer(7, 6)])
        #expect(fixture.markers.map(\.outcome) == [.abort])
        #expect(fixture.initialize() == .failure(.concurrentTransactions))
        #expect(fixture.add(claim: producer(7, 5)) == .producerFenced)
        fixture.writeMarkers()
        #expect(fixture.initialize() == .success(producer(7, 7)))
        #expect(fixture.end(.commit, claim: producer(7, 5)) == .failure(.producerFenced))
    }

    @Test("a fenced producer that asks for its epoch does not disturb the one that follows it")
    func fencedWhileOpen() {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.ongoing))
        #expect(fixture.initialize(claim: producer(7, 4)) == .failure(.producerFenced))
        #expect(fixture.stored?.state == .ongoing)
        #expect(fixture.effects.isEmpty)
    }

    @Test("an id without epochs left is given up for a new one, which may be asked for again")
    func renewal() {
        let last = ProducerIdentity.lastEpoch
        for claim in [nil, producer(7, last)] {
            var fixture = CoordinatorFixture(CoordinatorFixture.stored(.empty, epoch: last))
            #expect(fixture.initialize(claim: claim) == .success(producer(100, 0)))
            #expect(fixture.stored?.previousProducerID == 7)
            let again = fixture.initialize(claim: producer(7, last))
            #expect(
                again == (claim == nil ? .failure(.producerFenced) : .success(producer(100, 0))))
        }
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.empty, epoch: last))
        #expect(fixture.initialize(claim: producer(7, 3)) == .failure(.producerFenced))
        fixture.freshID = nil
        #expect(fixture.initialize() == .failure(.coordinatorNotAvailable))
    }

    @Test("an epoch at the very end, which only a foreign log can have, is not raised")
    func veryEnd() {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.ongoing, epoch: .max))
        #expect(fixture.initialize() == .failure(.concurrentTransactions))
        #expect(fixture.markers.map(\.producer) == [producer(7, .max)])
        fixture.writeMarkers()
        #expect(fixture.initialize() == .success(producer(100, 0)))
    }

    @Test("a transactional id without an epoch, which only a foreign log can have, begins anew")
    func noEpoch() {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.empty, epoch: -1))
        #expect(fixture.initialize(claim: producer(7, 3)) == .success(producer(100, 0)))
    }
}
