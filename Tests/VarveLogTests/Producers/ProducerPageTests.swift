import Testing
import VarveTerms

@testable import VarveLog

@Suite struct ProducerPageTests {
    @Test("the example of the snapshot's page says what the page says")
    func snapshot() throws {
        let bytes = exampleBytes(in: "producer-snapshot.md")
        let file = try #require(ProducerSnapshotFile(parsing: bytes))
        let states = try #require(file.states)
        let producer = try #require(states[7])
        #expect(states.count == 1 && producer.epoch == 1 && producer.lastSequence == 59)
        #expect(producer.lastBatch?.offsets == Offset(114)..<Offset(117))
        #expect(producer.lastTimestamp == Timestamp(milliseconds: 1_700_000_000_382))
        #expect(producer.transactionStart == nil && producer.coordinatorEpoch == -1)
        #expect(ProducerSnapshotFile(states).printed() == bytes)
    }

    @Test("the example of the transaction index's page says what the page says")
    func index() throws {
        let bytes = exampleBytes(in: "transaction-index.md")
        let file = try #require(TransactionIndexFile(parsing: bytes))
        let expected = AbortedTransaction(
            producerId: 7, firstOffset: Offset(10), lastOffset: Offset(21),
            lastStableOffset: Offset(15))
        #expect(file.aborted(from: .zero) == [expected])
        #expect(TransactionIndexFile([expected]).printed() == bytes)
    }
}
