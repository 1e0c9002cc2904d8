import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite struct LogProducersTests {
    // MARK: What is refused

    @Test("an append with a gap in it is refused whole")
    func gapRefusesAll() throws {
        let log = try LogOnDisk()
        try log.append(bytes: try LogFixture.produced(7, sequence: 0, count: 2))
        let both =
            try LogFixture.produced(7, sequence: 2) + LogFixture.produced(7, sequence: 4)
        #expect(
            logError { try log.append(bytes: both) }
                == .producer(.outOfOrderSequence(producerId: 7, expected: 3, found: 4)))
        #expect(log.log.ends.written == Offset(2))
        #expect(try log.append(bytes: try LogFixture.produced(7, sequence: 2)) == 2..<3)
    }

    @Test("a stale epoch and a stale coordinator are refused, and change nothing")
    func stale() throws {
        let log = try LogOnDisk()
        try log.append(bytes: try LogFixture.produced(7, epoch: 2, sequence: 0))
        let producer = ProducerStamp(id: 7, epoch: 2, baseSequence: nil)
        _ = try log.log.appendMarker(.commit, of: producer, coordinatorEpoch: 5)
        let before = log.log.producers
        #expect(
            logError { try log.append(bytes: try LogFixture.produced(7, epoch: 1, sequence: 0)) }
                == .producer(.staleEpoch(producerId: 7, current: 2, found: 1)))
        #expect(
            logError { try log.log.appendMarker(.abort, of: producer, coordinatorEpoch: 4) }
                == .producer(.staleCoordinator(producerId: 7, current: 5, found: 4)))
        #expect(log.log.producers == before)
    }

    @Test("a write that fails leaves the producers as they were, and the batch may come again")
    func failedWrite() throws {
        let log = try LogOnDisk()
        try log.append(bytes: try LogFixture.produced(7, sequence: 0))
        let before = log.log.producers
        log.disk.failNext(.write, with: .noSpace)
        let batch = try LogFixture.produced(7, sequence: 1, isTransactional: true)
        #expect(logError { try log.append(bytes: batch) } != nil)
        #expect(log.log.producers == before)
        #expect(log.log.openTransactions.isEmpty)
        log.disk.clearFaults()
        #expect(try log.append(bytes: batch) == 1..<2)
    }

    @Test("a follower takes what its leader sent, in whatever order")
    func followerRefusesNothing() throws {
        let log = try LogOnDisk()
        for (offset, sequence) in [(0, 5), (1, 3), (2, 3)] {
            var batch = try LogFixture.produced(7, sequence: Int32(sequence))
            batch.replaceSubrange(0..<8, with: bigEndian(Int64(offset)))
            try log.append(asSent: batch)
        }
        #expect(log.log.producer(7)?.batches.map(\.lastSequence) == [5, 3, 3])
    }

    private func bigEndian(_ number: Int64) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(number)
        return buffer.bytes.array()
    }

    // MARK: Duplicates

    @Test("a duplicate is answered with its first offsets, and nothing is appended")
    func duplicate() throws {
        let log = try LogOnDisk()
        let batch = try LogFixture.produced(7, sequence: 0, count: 3)
        try log.append(bytes: batch)
        try log.append(0..<1)
        let size = log.log.size
        let receipt = try log.log.append(batch.rawSpan)
        #expect(receipt.isDuplicate && receipt.duplicates == 1)
        #expect(receipt.offsets == Offset(0)..<Offset(3))
        #expect(log.log.size == size)
    }

    @Test("of an append that is there in part only the rest is appended")
    func partialDuplicate() throws {
        let log = try LogOnDisk()
        let first = try LogFixture.produced(7, sequence: 0, count: 2)
        try log.append(bytes: first)
        let both = first + (try LogFixture.produced(7, sequence: 2))
        let receipt = try log.log.append(both.rawSpan)
        #expect(!receipt.isDuplicate && receipt.duplicates == 1)
        #expect(receipt.offsets == Offset(0)..<Offset(3))
        #expect(log.log.ends.written == Offset(3))
    }

    @Test("a duplicate waits for its original to be on disk")
    func duplicateIsDurable() throws {
        let log = try LogOnDisk()
        let batch = try LogFixture.produced(7, sequence: 0)
        _ = try log.log.write(batch.rawSpan, now: .none)
        #expect(log.log.ends.flushed == .zero)
        #expect(try log.log.append(batch.rawSpan).isDuplicate)
        #expect(log.log.ends.flushed == Offset(1))
    }

    // MARK: Another life

    private static let lives: [(String, @Sendable (LogOnDisk) throws -> LogOnDisk)] = [
        ("closed", { try $0.closed() }), ("killed", { try $0.killed() }),
        ("power cut", { try $0.powerCut() }),
    ]

    @Test("what is known of producers is the same after the next opening", arguments: 0..<3)
    func nextLife(_ life: Int) throws {
        var log = try LogOnDisk()
        for number in 0..<120 {
            let id = Int64(number % 3)
            try log.append(
                bytes: try LogFixture.produced(
                    id, sequence: Int32(number / 3), isTransactional: id == 2))
            if number % 25 == 24 {
                _ = try log.log.appendMarker(
                    number % 2 == 0 ? .abort : .commit,
                    of: ProducerStamp(id: 2, epoch: 0, baseSequence: nil), coordinatorEpoch: 1)
            }
        }
        #expect(log.log.segmentCount > 2)
        let before = ProducerSnapshotFile(log.log.producers)
        let aborted = try log.log.segments.map { try $0.transactionIndex.entries() }
        #expect(aborted.joined().count == 2)
        log = try Self.lives[life].1(log)
        #expect(ProducerSnapshotFile(log.log.producers) == before, "\(Self.lives[life].0)")
        #expect(try log.log.segments.map { try $0.transactionIndex.entries() } == aborted)
        let last = try LogFixture.produced(1, sequence: 39)
        #expect(try log.log.append(last.rawSpan).isDuplicate)
        #expect(try log.append(bytes: try LogFixture.produced(1, sequence: 40)).count == 1)
    }

    @Test("a truncation takes producers and transactions back")
    func truncation() throws {
        let log = try LogOnDisk()
        let producer = ProducerStamp(id: 7, epoch: 0, baseSequence: nil)
        try log.append(bytes: try LogFixture.produced(7, sequence: 0, isTransactional: true))
        try log.append(bytes: try LogFixture.produced(7, sequence: 1, isTransactional: true))
        _ = try log.log.appendMarker(.abort, of: producer, coordinatorEpoch: 0)
        #expect(log.log.reader.lastStableOffset() == Offset(3))
        #expect(try log.log.truncate(to: Offset(1)) == Offset(1))
        #expect(log.log.openTransactions.map(\.firstOffset) == [.zero])
        #expect(log.log.reader.lastStableOffset() == .zero)
        #expect(try log.log.active.segment.transactionIndex.entries().isEmpty)
        let next = try LogFixture.produced(7, sequence: 1, isTransactional: true)
        #expect(try log.append(bytes: next) == 1..<2)
        #expect(try log.log.append(next.rawSpan).isDuplicate)
        #expect(
            logError {
                try log.append(
                    bytes: try LogFixture.produced(7, sequence: 4, isTransactional: true))
            } == .producer(.outOfOrderSequence(producerId: 7, expected: 2, found: 4)))
    }
}
