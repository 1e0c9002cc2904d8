import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite struct LogReaderIsolationTests {
    private static func append(_ log: LogOnDisk, _ id: Int64, _ sequence: Int32) throws {
        try log.append(
            bytes: try LogFixture.produced(id, sequence: sequence, isTransactional: true))
    }

    private static func end(
        _ log: LogOnDisk, _ outcome: TransactionOutcome, of id: Int64
    ) throws {
        try log.log.appendMarker(
            outcome, of: ProducerStamp(id: id, epoch: 0, baseSequence: nil), coordinatorEpoch: 0)
    }

    /// Offsets of the records that a reading of committed ones shows, and where it ends.
    private static func committed(
        _ read: (Offset) throws -> ReadOutcome
    ) throws -> (offsets: [Int64], end: Int64) {
        var (next, offsets) = (Offset.zero, [Int64]())
        var scanner = RecordScanner()
        while case .batches(let batches) = try read(next) {
            try batches.forEachRecord(with: &scanner, from: next) { record in
                offsets.append(record.offset.rawValue)
            }
            next = batches.nextOffset
        }
        return (offsets, next.rawValue)
    }

    /// 0: 7 begins. 1: plain. 2: 9 begins. 3: abort of 7. 4: 7 begins. 5: commit of 9. 6: plain.
    private static func filled(_ log: LogOnDisk) throws {
        try append(log, 7, 0)
        try log.append(bytes: try LogFixture.batch("plain"))
        try append(log, 9, 0)
        try end(log, .abort, of: 7)
        try append(log, 7, 1)
        try end(log, .commit, of: 9)
        try log.append(bytes: try LogFixture.batch("plain"))
    }

    @Test("committed records end before the first undecided one, aborted ones are left out")
    func committed() throws {
        let log = try LogOnDisk()
        try Self.filled(log)
        let reader = log.log.reader
        #expect(reader.lastStableOffset() == Offset(4))
        #expect(reader.firstUnstableOffset() == Offset(4))
        let read = { try reader.read(from: $0, isolation: .committed) }
        #expect(try Self.committed(read).offsets == [1, 2])
        #expect(try Self.committed(read).end == 4)
        guard case .batches(let batches) = try read(.zero) else { return #expect(Bool(false)) }
        #expect(
            batches.abortedTransactions == [
                AbortedTransaction(
                    producerId: 7, firstOffset: .zero, lastOffset: Offset(3),
                    lastStableOffset: Offset(2))
            ])
        try Self.end(log, .commit, of: 7)
        #expect(try Self.committed(read).offsets == [1, 2, 4, 6])
        #expect(reader.firstUnstableOffset() == nil)
    }

    @Test("between the last stable offset and the end there is nothing yet, and nothing is wrong")
    func atStableEnd() throws {
        let log = try LogOnDisk()
        try Self.filled(log)
        for offset in 4...7 {
            guard
                case .atEnd = try log.log.reader.read(
                    from: Offset(Int64(offset)), isolation: .committed)
            else {
                Issue.record("at \(offset)")
                continue
            }
        }
        guard case .outOfRange = try log.log.reader.read(from: Offset(8), isolation: .committed)
        else { return #expect(Bool(false)) }
    }

    @Test("a marker that is not flushed decides nothing for readers of what is flushed")
    func unflushedMarker() throws {
        let log = try LogOnDisk()
        try Self.append(log, 7, 0)
        let marker = try LogFixture.marker(.commit, of: 7)
        _ = try log.log.write(marker.rawSpan, checking: .frame, now: .none)
        let reader = log.log.reader
        #expect(reader.lastStableOffset(through: .flushed) == .zero)
        #expect(reader.lastStableOffset(through: .includingUnflushed) == Offset(2))
        try log.log.flush()
        #expect(reader.lastStableOffset() == Offset(2))
    }

    @Test("a reader without the lock sees the same committed records, also as they come")
    func readOnly() throws {
        let log = try LogOnDisk()
        try Self.filled(log)
        let other = try ReadOnlyLog(
            LogFixture.name, in: LogOnDisk.path, isolation: .committed, fileSystem: log.disk)
        func read(_ offset: Offset) throws -> ReadOutcome {
            try other.read(from: offset, isolation: .committed)
        }
        #expect(other.reader.lastStableOffset() == Offset(4))
        #expect(try Self.committed(read).offsets == [1, 2])
        try Self.end(log, .abort, of: 7)
        try log.append(bytes: try LogFixture.batch("plain"))
        #expect(try other.refresh())
        #expect(try Self.committed(read).offsets == [1, 2, 6, 8])
        for sequence in 2..<100 { try Self.append(log, 7, Int32(sequence)) }
        try Self.end(log, .abort, of: 7)
        #expect(log.log.segmentCount > 1)
        try other.refresh()
        #expect(try Self.committed(read).offsets == [1, 2, 6, 8])
        #expect(try Self.committed(read).end == log.log.ends.written.rawValue)
        // What was cut and written anew is not taken for what was there before.
        try log.log.truncate(to: Offset(4))
        try Self.end(log, .commit, of: 9)
        for _ in 0..<120 { try log.append(bytes: try LogFixture.batch("plain")) }
        try other.refresh()
        #expect(try Self.committed(read).offsets == [1, 2] + Array(5..<125).map(Int64.init))
    }

    @Test("an index that is damaged is made anew, and until then nobody believes it")
    func damagedIndex() throws {
        var log = try LogOnDisk()
        try Self.filled(log)
        // The markers are far younger than the records before them, so they begin a segment.
        let base = log.log.active.segment.baseOffset
        for sequence in 2..<60 { try Self.append(log, 7, Int32(sequence)) }
        try Self.end(log, .commit, of: 7)
        #expect(log.log.segmentCount > 1)
        let path = LogOnDisk.file(base.rawValue, "txnindex")
        let sound = try #require(log.disk.contents(path))
        for damage in [Array(sound.dropLast()), sound + [1], [0, 1] + sound.dropFirst(2)] {
            log = try log.closed { $0.setContents(path, damage) }
            #expect(log.log.recovery.rebuiltIndexes.map(\.segment) == [base])
            #expect(log.disk.contents(path) == sound)
            let other = try log.killed { $0.setContents(path, damage) }.disk
            let reader = try ReadOnlyLog(
                LogFixture.name, in: LogOnDisk.path, isolation: .committed, fileSystem: other)
            let read = { try reader.read(from: $0, isolation: .committed) }
            #expect(try Self.committed(read).offsets.prefix(3) == [1, 2, 4])
        }
    }
}
