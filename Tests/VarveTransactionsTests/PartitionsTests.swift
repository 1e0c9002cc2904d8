import Testing
import VarveRecords
import VarveTerms

@testable import VarveTransactions

@Suite("Partitions of a transaction")
struct PartitionsTests {
    @Test("who may add and verify: the table")
    func refusals() {
        let rows: [(TransactionState, ProducerIdentity, TransactionError?)] =
            [TransactionState.empty, .ongoing, .completeCommit, .completeAbort].flatMap {
                [($0, producer(7, 5), nil), ($0, producer(7, 4), .producerFenced)]
            }
            + [TransactionState.prepareCommit, .prepareAbort].flatMap {
                [
                    ($0, producer(7, 5), .concurrentTransactions),
                    ($0, producer(7, 4), TransactionError.producerFenced),
                ]
            }
        for (state, claim, expected) in rows {
            var fixture = CoordinatorFixture(CoordinatorFixture.stored(state))
            #expect(fixture.add(claim: claim) == expected, "\(state) \(claim)")
            #expect(fixture.add(claim: producer(8, 5)) == .invalidProducerIDMapping)
            #expect(fixture.add(claim: producer(7, 5), id: "?") == .invalidProducerIDMapping)
            #expect(fixture.add(claim: producer(7, 5), id: "") == .invalidRequest)
            let verified = fixture.coordinator.verify(
                [CoordinatorFixture.place], in: "tx", by: claim)
            if let expected {
                #expect(verified == .failure(expected), "\(state) \(claim)")
            } else {
                #expect(verified == .success([CoordinatorFixture.place]))
            }
        }
    }

    @Test("records of level 0 have no room for rules that raise epochs")
    func levels() {
        for level: TransactionVersion in [.v0, .v1, .v2] {
            var fixture = CoordinatorFixture(CoordinatorFixture.stored(.empty))
            fixture.coordinator.level = level
            let claim = producer(7, 5)
            let expected: TransactionError? = level == .v0 ? .unsupportedVersion : nil
            #expect(fixture.add(claim: claim) == expected)
            #expect(fixture.effects.isEmpty == (level == .v0))
            #expect(fixture.add(claim: claim, version: .v0) == nil)
            // It is there already: nothing is to be kept.
            #expect(fixture.add(claim: claim) == nil)
            let ended = fixture.end(.commit, claim: claim)
            #expect(
                ended
                    == (level == .v0 ? .failure(.unsupportedVersion) : .success(producer(7, 6))))
            guard level == .v0 else { continue }
            #expect(fixture.stored?.state == .ongoing)
            #expect(fixture.end(.abort, claim: claim, version: .v0) == .success(claim))
        }
    }

    @Test("a transaction takes no more partitions than its record has room for")
    func size() {
        var settings = TransactionSettings()
        settings.recordSizeMax = ByteCount(300)
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.empty), settings: settings)
        let many = Set((0..<60).map { TransactionPartition("topic", $0) })
        #expect(fixture.add(many, claim: producer(7, 5)) == .unknownServerError)
        #expect(fixture.stored?.state == .empty)
        #expect(fixture.effects.isEmpty)
        #expect(fixture.add(claim: producer(7, 5)) == nil)
    }

    @Test("the first partition opens the transaction; those that are known write nothing")
    func adding() {
        var fixture = CoordinatorFixture(CoordinatorFixture.stored(.completeCommit))
        fixture.advance(by: .seconds(5))
        let start = fixture.now.timestamp
        #expect(fixture.add(claim: producer(7, 5)) == nil)
        fixture.advance(by: .seconds(5))
        #expect(fixture.add(claim: producer(7, 5)) == nil)
        #expect(fixture.written == [.ongoing])
        let other = TransactionPartition("u", 4)
        #expect(fixture.add([other, CoordinatorFixture.place], claim: producer(7, 5)) == nil)
        #expect(fixture.stored?.partitions == [other, CoordinatorFixture.place])
        #expect(fixture.stored?.start == start)
        #expect(
            fixture.coordinator.verify(
                [other, TransactionPartition("u", 5)], in: "tx", by: producer(7, 5))
                == .success([other]))
    }
}
