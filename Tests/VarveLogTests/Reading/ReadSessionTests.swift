import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite struct ReadSessionTests {
    /// A log with sealed segments, whose sidecars cover their batches.
    private func sealed(_ numbers: Range<Int> = 0..<100) throws -> LogOnDisk {
        let home = try LogOnDisk()
        try home.append(numbers)
        try home.log.roll()
        return home
    }

    // MARK: What it may not do

    @Test("a batch that was damaged after the session read it is not served again")
    func damagedMeanwhile() throws {
        let home = try sealed()
        var session = home.log.reader.session()
        let before = try answer(&session, 8)
        #expect(session.leaseCount == 1)
        let reader = try answer(home.log.reader, 8)
        #expect(before == reader && before.bytes.count > 0)
        let place = try #require(start(ofBatch: 4, in: home))
        home.disk.flipBit(LogOnDisk.file(0), (place + 70) * 8)
        guard case .corrupt(let range) = logError({ try answer(&session, 8) }) else {
            Issue.record("damaged bytes were served")
            return
        }
        #expect(range.offsets == Offset(8)..<Offset(10))
        #expect(try answer(&session, 10) == answer(home.log.reader, 10))
    }

    @Test("a batch that the sidecar does not know is not served, though it is whole")
    func otherBatch() throws {
        let home = try sealed()
        var session = home.log.reader.session()
        _ = try answer(&session, 0)
        // The same size and another content: as if an older sector had come back.
        var other = try LogFixture.batch("x4", count: 2, timestamp: 1_040, padding: 40)
        other.replaceSubrange(0..<8, with: [0, 0, 0, 0, 0, 0, 0, 8])
        let place = try #require(start(ofBatch: 4, in: home))
        home.disk.overwrite(LogOnDisk.file(0), other, at: FilePosition(place))
        for _ in 0..<2 {
            guard case .corrupt = logError({ try answer(&session, 8) }) else {
                Issue.record("another batch was served")
                return
            }
        }
    }

    @Test("entries that the sidecar got after a session began are held against batches")
    func coverageGrows() throws {
        let home = try LogOnDisk()
        try home.append(0..<10)
        var session = home.log.reader.session()
        for _ in 0..<3 { _ = try answer(&session, 8) }
        // Written down, and nothing of the log is published.
        try home.log.flush()
        let segment = try #require(home.log.segments.first)
        home.log.active.flushSidecar()
        #expect(segment.sidecar?.check() != nil)
        var other = try LogFixture.batch("x4", count: 2, timestamp: 1_040, padding: 40)
        other.replaceSubrange(0..<8, with: [0, 0, 0, 0, 0, 0, 0, 8])
        let place = try #require(start(ofBatch: 4, in: home))
        home.disk.overwrite(LogOnDisk.file(0), other, at: FilePosition(place))
        #expect(logError { try answer(&session, 8) } != nil)
    }

    @Test("what is not flushed is not shown, and what is flushed later is")
    func ends() throws {
        let home = try LogOnDisk(settings: LogFixture.smallSegments(.pageCache))
        try home.append(0..<30)
        var session = home.log.reader.session(through: .flushed)
        for offset in [Int64(0), 20, 59] {
            #expect(try answer(&session, offset).outcome != .batches)
        }
        try home.log.flush()
        for _ in 0..<2 {
            for offset in [Int64(0), 20, 59] {
                #expect(try answer(&session, offset).outcome == .batches)
            }
        }
        #expect(try answer(&session, 60).outcome == .atEnd)
    }

    @Test("a cut of what a session holds is refused until it lets go")
    func pins() throws {
        let home = try sealed()
        var session = home.log.reader.session()
        _ = try answer(&session, 8)
        #expect(
            logError { try home.log.truncate(to: Offset(4)) } == .pinned(path: LogOnDisk.folder))
        session.release()
        #expect(try home.log.truncate(to: Offset(4)) == Offset(4))
        #expect(try answer(&session, 8).outcome == .outOfRange)
        try home.append(200..<230)
        try home.log.roll()
        for offset in [Int64(0), 4, 9] {
            #expect(try answer(&session, offset) == answer(home.log.reader, offset))
        }
    }

    // MARK: Beside a writer

    @Test("sessions and readers answer as a look at the log does, whatever happens to it")
    func differential() throws {
        let seed: UInt64 = 0x5E55
        let random = SeededRandomness(seed: seed)
        var settings = LogFixture.smallSegments(.pageCache)
        settings.segmentSizeMax = .kib(8)
        let home = try LogOnDisk(settings: settings)
        var session = home.log.reader.session(through: .includingUnflushed)
        var flushed = home.log.reader.session(through: .flushed)
        var (number, leases) = (0, 0)
        for step in 0..<1_500 {
            switch random.next() % 40 {
            case 0...5:
                let count = Int(random.next() % 12) + 1
                try home.append(number..<number + count, padding: Int(random.next() % 200))
                number += count
            case 6: try home.log.flush()
            case 7: try home.log.roll()
            case 8:
                let ends = home.log.ends
                let kept = UInt64(ends.written.rawValue - ends.start.rawValue) + 1
                session.release()
                flushed.release()
                try home.log.truncate(
                    to: Offset(ends.written.rawValue - Int64(random.next() % kept) / 8))
            case 9:
                let ends = home.log.ends
                let span = UInt64(ends.flushed.rawValue - ends.start.rawValue) + 1
                try home.log.deleteRecords(
                    before: Offset(ends.start.rawValue + Int64(random.next() % span) / 8))
            default:
                let ends = home.log.ends
                let span = UInt64(ends.written.rawValue - ends.start.rawValue) + 3
                let offset = max(0, ends.start.rawValue - 1) + Int64(random.next() % span)
                let size = 1 + Int(random.next() % 2_000)
                let note: Comment = "seed \(seed), step \(step), offset \(offset)"
                let reader = home.log.reader
                for visibility in [Visibility.includingUnflushed, .flushed] {
                    let looked = try answer(lookedUpBy: reader, offset, size, visibility)
                    #expect(try answer(reader, offset, size, visibility) == looked, note)
                    let isFlushed = visibility == .flushed
                    let answer =
                        isFlushed
                        ? try answer(&flushed, offset, size) : try answer(&session, offset, size)
                    #expect(answer == looked, note)
                }
                leases = max(leases, session.leaseCount)
            }
        }
        #expect(leases > 2, "the short way was taken")
    }

    // MARK: Answers

    private enum Outcome { case batches, atEnd, outOfRange }

    private struct Answer: Equatable {
        var outcome: Outcome
        var offsets: Range<Offset>?
        var bytes: [UInt8] = []

        init(_ outcome: ReadOutcome) {
            switch outcome {
            case .batches(let batches):
                self.outcome = .batches
                offsets = batches.offsets
                bytes = batches.bytes.array()
            case .atEnd: self.outcome = .atEnd
            case .outOfRange(let valid):
                self.outcome = .outOfRange
                offsets = valid
            }
        }
    }

    private func answer(
        _ session: inout ReadSession, _ offset: Int64, _ size: Int = 1
    ) throws -> Answer {
        Answer(try session.read(from: Offset(offset), sizeMax: ByteCount(size)))
    }

    private func answer(
        _ reader: LogReader, _ offset: Int64, _ size: Int = 1, _ visibility: Visibility? = nil
    ) throws -> Answer {
        Answer(
            try reader.read(from: Offset(offset), sizeMax: ByteCount(size), through: visibility))
    }

    /// What is answered by looking at what is published, and not at what was kept.
    private func answer(
        lookedUpBy reader: LogReader, _ offset: Int64, _ size: Int, _ visibility: Visibility
    ) throws -> Answer {
        Answer(
            try reader.look(
                from: Offset(offset), sizeMax: ByteCount(size), visibility, .uncommitted))
    }

    /// Where a batch of the first segment starts.
    private func start(ofBatch number: Int, in home: LogOnDisk) -> Int? {
        guard let bytes = home.disk.contents(LogOnDisk.file(0)) else { return nil }
        var position = 0
        for _ in 0..<number {
            guard let header = BatchHeader(bytes.rawSpan, at: position) else { return nil }
            position += header.sizeInBytes
        }
        return position
    }
}
