import Testing
import VarveRecords
import VarveTerms

@testable import VarveLog

@Suite("TransactionTrack")
struct TransactionTrackTests {
    private func records(_ id: Int64, at offset: Int64) throws -> BatchHeader {
        let bytes = try LogFixture.produced(id, sequence: 0, isTransactional: true)
        return LogFixture.header(bytes, at: offset)
    }

    private func marker(_ id: Int64, at offset: Int64) throws -> BatchHeader {
        LogFixture.header(try LogFixture.marker(.abort, of: id), at: offset)
    }

    private func aborted(_ id: Int64, _ first: Int64, _ last: Int64) -> AbortedTransaction {
        AbortedTransaction(
            producerId: id, firstOffset: Offset(first), lastOffset: Offset(last),
            lastStableOffset: Offset(last + 1))
    }

    @Test("a marker without any batch of its transaction ends nothing")
    func nothing() throws {
        var track = TransactionTrack([aborted(1, 5, 10)])
        #expect(track.end(.abort, try marker(1, at: 10)) == .nothing)
        #expect(track.end(.commit, try marker(2, at: 11)) == .nothing)
        #expect(track.end(.abort, try marker(3, at: 12)) == .nothing)
    }

    @Test("batches between an aborted transaction's first offset and its marker are aborted")
    func aborts() throws {
        let gone = aborted(1, 5, 10)
        var track = TransactionTrack([gone])
        #expect(!track.isAborted(try records(1, at: 2)))
        #expect(track.end(.commit, try marker(1, at: 3)) == .transaction(aborted: nil))
        #expect(track.isAborted(try records(1, at: 5)))
        #expect(!track.isAborted(try records(2, at: 6)))
        #expect(track.isAborted(try records(1, at: 7)))
        #expect(track.end(.abort, try marker(1, at: 10)) == .transaction(aborted: gone))
        #expect(!track.isAborted(try records(1, at: 11)))
        #expect(track.end(.commit, try marker(2, at: 12)) == .transaction(aborted: nil))
    }

    @Test("one producer's transactions follow each other")
    func series() throws {
        let list = [aborted(1, 20, 25), aborted(1, 0, 5)]
        var track = TransactionTrack(list)
        #expect(track.isAborted(try records(1, at: 0)))
        #expect(track.end(.abort, try marker(1, at: 5)) == .transaction(aborted: list[1]))
        #expect(!track.isAborted(try records(1, at: 10)))
        #expect(track.end(.commit, try marker(1, at: 12)) == .transaction(aborted: nil))
        #expect(track.isAborted(try records(1, at: 20)))
        #expect(track.end(.abort, try marker(1, at: 25)) == .transaction(aborted: list[0]))
    }

    @Test("batches outside of transactions belong to none")
    func plain() throws {
        var track = TransactionTrack([aborted(1, 0, 5)])
        let bytes = try LogFixture.produced(1, sequence: 0)
        let isAborted = track.isAborted(LogFixture.header(bytes, at: 2))
        #expect(!isAborted)
    }
}
