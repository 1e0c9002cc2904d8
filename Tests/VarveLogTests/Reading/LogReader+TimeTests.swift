import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@Suite("LogReader+Time")
struct LogReaderTimeTests {
    /// The first record in the order of offsets that is not older than `time`, found the slow way.
    private func scan(
        _ reader: LogReader, for time: Timestamp, through visibility: Visibility? = nil
    ) throws -> TimestampedOffset? {
        var found: TimestampedOffset?
        var next = reader.startOffset
        var scanner = RecordScanner()
        while found == nil,
            case .batches(let batches) = try reader.read(from: next, through: visibility)
        {
            try batches.forEachBatch { (_, bytes) throws(BatchDefect) in
                try scanner.forEachRecord(in: bytes) { record in
                    guard found == nil, record.offset >= next, record.timestamp >= time else {
                        return
                    }
                    found = TimestampedOffset(
                        offset: record.offset, timestamp: record.timestamp)
                }
            }
            next = batches.nextOffset
        }
        return found
    }

    private func newest(_ reader: LogReader) throws -> TimestampedOffset? {
        var found: TimestampedOffset?
        var time = Timestamp(milliseconds: 0)
        while let next = try scan(reader, for: time) {
            found = next
            time = Timestamp(milliseconds: next.timestamp.milliseconds + 1)
        }
        return found
    }

    private func batch(
        times: [Int64], _ compression: Compression = .none, padding: Int = 30
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.compression = compression
        builder.begin(settings)
        let value = [UInt8](repeating: 46, count: padding)
        for time in times {
            _ = try builder.append(
                key: nil, value: value.rawSpan, timestamp: Timestamp(milliseconds: time))
        }
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    @Test("a damaged batch that a look-up must read is an error that names its range")
    func damaged() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name)
            try log.take(batch(times: [100]))
            try log.take(batch(times: [200]))
            try Damage.write([0xFF], to: log.path + "/00000000000000000000.log", at: -2)
            #expect(
                try log.reader.offset(for: Timestamp(milliseconds: 50))?.offset == Offset(0))
            let range = Damage.corruptRange {
                try log.reader.offset(for: Timestamp(milliseconds: 150))
            }
            #expect(range?.offsets == Offset(1)..<Offset(2))
        }
    }

    @Test("an empty log has no record at any time")
    func empty() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name)
            #expect(try log.reader.offset(for: Timestamp(milliseconds: .min)) == nil)
            #expect(try log.reader.newestByTime() == nil)
        }
    }

    @Test("records without a time have no newest among them")
    func timeless() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name)
            try log.take(batch(times: [-1, -1]))
            #expect(try log.reader.newestByTime() == nil)
            #expect(try log.reader.offset(for: .none)?.offset == Offset(0))
        }
    }

    @Test("a record that is written but not flushed is found only when that is asked for")
    func visibility() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name)
            try log.take(batch(times: [100]))
            try log.takeUnflushed(batch(times: [200]))
            let time = Timestamp(milliseconds: 150)
            #expect(try log.reader.offset(for: time) == nil)
            #expect(
                try log.reader.offset(for: time, through: .includingUnflushed)?.offset == Offset(1))
            #expect(try log.reader.newestByTime()?.offset == Offset(0))
        }
    }

    @Test("an index that was swapped for another log's does not lead a look-up astray")
    func foreignIndex() throws {
        try withTemporaryDirectory { path in
            let settings = LogFixture.smallSegments()
            var directory = try DataDirectory(path, in: LogFixture.linux())
            var log = try directory.openLog(LogFixture.name, settings: settings)
            for number in 0..<60 { try log.take(batch(times: [Int64(number)])) }
            let folder = log.path
            try directory.close()
            // The entry claims that all up to offset 20 is from long ago.
            let index = folder + "/00000000000000000000.timeindex"
            try Damage.resize(index, to: 0)
            let entry: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20]
            try Damage.append(entry, to: index)
            directory = try DataDirectory(path, in: LogFixture.linux())
            log = try directory.openLog(LogFixture.name, settings: settings)
            for time in 0..<60 {
                let found = try log.reader.offset(for: Timestamp(milliseconds: Int64(time)))
                #expect(found?.offset == Offset(Int64(time)))
            }
        }
    }

    @Test("look-ups agree with a scan of the log, for times in any order", arguments: 0..<6)
    func random(round: UInt64) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let random = SeededRandomness(seed: seed &+ round)
        func number(_ limit: UInt64) -> UInt64 { random.next() % limit }
        try withTemporaryDirectory { path in
            let settings = LogFixture.smallSegments(number(2) == 0 ? .durable : .pageCache)
            var directory = try DataDirectory(path, in: LogFixture.linux())
            var log = try directory.openLog(LogFixture.name, settings: settings)
            let spread = 1 + number(40)
            var clock: Int64 = 1000
            for _ in 0..<150 {
                clock += Int64(number(5))
                let times = (0...number(4)).map { _ in clock - Int64(number(spread)) }
                let codecs: [Compression] = [.none, .lz4, .gzip]
                try log.take(batch(times: times, codecs[Int(number(3))]))
            }
            if number(2) == 0 {
                let start = log.ends.flushed.rawValue / 3
                try log.deleteRecords(before: Offset(start))
            }
            if number(2) == 0 {
                try directory.close()
                directory = try DataDirectory(path, in: LogFixture.linux())
                log = try directory.openLog(LogFixture.name, settings: settings)
            }
            for time in stride(from: Int64(940), through: clock + 2, by: 1 + Int(number(4))) {
                let time = Timestamp(milliseconds: time)
                let found = try log.reader.offset(for: time)
                #expect(try found == scan(log.reader, for: time), "seed \(seed), \(time)")
            }
            #expect(try log.reader.newestByTime() == newest(log.reader), "seed \(seed)")
        }
    }
}
