import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite struct ProducerRecoveryTests {
    /// Three producers, one of them with transactions, over several segments. The marker's time is
    /// given, so that only sizes roll.
    private static func fill(_ log: LogOnDisk, count: Int) throws {
        for number in 0..<count {
            let id = Int64(number % 3)
            try log.append(
                bytes: try LogFixture.produced(
                    id, sequence: Int32(number / 3), isTransactional: id == 2))
            if number % 8 == 7 {
                let outcome: TransactionOutcome = number % 16 == 7 ? .abort : .commit
                try log.append(
                    bytes: try LogFixture.marker(outcome, of: 2, timestamp: 1_000),
                    checking: .frame)
            }
        }
    }

    /// What the batches of a log say, taken from the first to the last.
    private static func naive(
        _ log: Log
    ) throws -> (states: ProducerStates, aborted: [AbortedTransaction]) {
        var states = ProducerStates()
        var aborted: [AbortedTransaction] = []
        var next = log.ends.start
        while case .batches(let batches) = try log.reader.read(
            from: next, through: .includingUnflushed)
        {
            batches.forEachBatch { header, bytes in
                if let done = states.take(header, bytes)?.aborted { aborted.append(done) }
            }
            next = batches.nextOffset
        }
        return (states, aborted)
    }

    /// Whether a log knows what its batches say.
    private static func expectTrue(
        _ log: Log, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let naive = try naive(log)
        #expect(
            ProducerSnapshotFile(log.producers) == ProducerSnapshotFile(naive.states), comment,
            sourceLocation: sourceLocation)
        let entries = try log.segments.flatMap { try $0.transactionIndex.entries() }
        #expect(entries == naive.aborted, comment, sourceLocation: sourceLocation)
        #expect(
            log.reader.lastStableOffset() == naive.states.firstOpenOffset ?? log.ends.flushed,
            comment, sourceLocation: sourceLocation)
    }

    @Test("every flipped byte and every truncation of a snapshot is noticed, and no dedupe is lost")
    func damagedSnapshots() throws {
        let log = try LogOnDisk()
        try Self.fill(log, count: 70)
        let end = log.log.ends.written.rawValue
        let expected = ProducerSnapshotFile(log.log.producers)
        try log.directory.close()
        let path = LogOnDisk.file(end, "snapshot")
        let sound = try #require(log.disk.contents(path))
        #expect(sound.count == 10 + 3 * 46)
        var damages = sound.indices.map { Array(sound[..<$0]) } + [sound + [0]]
        for place in sound.indices {
            var damaged = sound
            damaged[place] ^= 1 << UInt8(place % 8)
            damages.append(damaged)
        }
        for damage in damages {
            let disk = log.disk.processDeath()
            disk.setContents(path, damage)
            let again = try LogOnDisk(disk)
            #expect(again.log.recovery.removedSnapshots == [Offset(end)])
            #expect(ProducerSnapshotFile(again.log.producers) == expected)
            #expect(disk.contents(path) == nil)
        }
    }

    @Test("without any snapshot that holds all is collected from the batches")
    func noSnapshots() throws {
        var log = try LogOnDisk()
        try Self.fill(log, count: 70)
        let expected = ProducerSnapshotFile(log.log.producers)
        #expect(log.log.segmentCount > 1)
        for content: [UInt8]? in [nil, [0, 1]] {
            log = try log.closed { disk in
                for path in disk.paths where path.hasSuffix(".snapshot") {
                    if let content {
                        disk.setContents(path, content)
                    } else {
                        _ = try? disk.removeFile(path)
                    }
                }
            }
            #expect(ProducerSnapshotFile(log.log.producers) == expected)
            try Self.expectTrue(log.log)
        }
    }

    @Test("whatever a power cut leaves, producers and transactions are those of the batches left")
    func crashes() throws {
        let log = try LogOnDisk()
        let start = log.disk.trace.count
        try Self.fill(log, count: 6)
        try log.log.roll()
        try Self.fill(log, from: 6, count: 12)
        try log.log.truncate(to: Offset(13))
        try log.append(bytes: try LogFixture.produced(5, sequence: 0))
        try log.directory.close()
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = start
        plan.moments = .beforeFlushes
        plan.subsetAtomCountMax = 3
        plan.doubleOmissionCountMax = 2
        plan.randomCount = 2
        let count = try CrashStates.forEach(of: log.disk.trace, under: plan) { disk, label in
            let again = try LogOnDisk(disk, bootID: UniqueID(high: 2, low: 2))
            try Self.expectTrue(again.log, "\(label)")
        }
        #expect(count > 100)
    }

    private static func fill(_ log: LogOnDisk, from first: Int, count: Int) throws {
        for number in first..<first + count {
            let id = Int64(number % 3)
            try log.append(
                bytes: try LogFixture.produced(
                    id, sequence: Int32(number / 3), isTransactional: id == 2))
        }
        try log.append(
            bytes: try LogFixture.marker(.abort, of: 2, timestamp: 1_000), checking: .frame)
    }

    @Test("retention takes snapshots with their segments, and the rest is enough")
    func retention() throws {
        var log = try LogOnDisk()
        try Self.fill(log, count: 200)
        let middle = log.log.segments[log.log.segments.count / 2].baseOffset
        try log.log.deleteRecords(before: middle)
        let before = ProducerSnapshotFile(log.log.producers)
        let first = LogOnDisk.file(log.log.segments[0].baseOffset.rawValue, "snapshot")
        #expect(log.disk.paths.filter { $0.hasSuffix(".snapshot") }.min() == first)
        log = try log.killed()
        #expect(ProducerSnapshotFile(log.log.producers) == before)
    }

    @Test("an old producer is forgotten, one with an open transaction is not")
    func expiry() throws {
        let log = try LogOnDisk()
        try log.append(bytes: try LogFixture.produced(1, sequence: 0, timestamp: 1_000))
        try log.append(
            bytes: try LogFixture.produced(2, sequence: 0, isTransactional: true, timestamp: 1_000))
        let day: Int64 = 24 * 3600 * 1000
        #expect(try log.log.expireProducers(now: Timestamp(milliseconds: 1_000 + day)) == 0)
        #expect(try log.log.expireProducers(now: Timestamp(milliseconds: 1_001 + day)) == 1)
        #expect(log.log.producer(1) == nil && log.log.producer(2) != nil)
        #expect(try log.append(bytes: try LogFixture.produced(1, sequence: 77)) == 2..<3)
    }
}
