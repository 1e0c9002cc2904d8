import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@Suite("Log, reading")
struct LogReadingTests {
    private func range(_ error: LogError?) -> CorruptRange? {
        guard case .corrupt(let range) = error else {
            Issue.record("not corrupt: \(String(describing: error))")
            return nil
        }
        return range
    }

    private func next(_ home: LogOnDisk, _ offset: Int64, sizeMax: ByteCount = .mib(1)) throws
        -> PinnedBatches?
    {
        guard
            case .batches(let found) = try home.log.reader.read(
                from: Offset(offset), sizeMax: sizeMax)
        else { return nil }
        return found
    }

    /// Where each batch of a segment starts.
    private func starts(_ home: LogOnDisk, _ base: Int64 = 0) throws -> [Int] {
        let bytes = try #require(home.disk.contents(LogOnDisk.file(base)))
        var starts: [Int] = []
        var position = 0
        while let header = BatchHeader(bytes.rawSpan, at: position) {
            starts.append(position)
            position += header.sizeInBytes
        }
        return starts
    }

    // MARK: Damage

    @Test(
        "a damaged batch is never served: its range is named, and what lies around it is served",
        arguments: [("record", 70), ("length", 10), ("magic", 16), ("checksum", 17), ("base", 0)])
    func damagedBatch(field: String, byte: Int) throws {
        let home = try LogOnDisk()
        try home.append(0..<10)
        let starts = try starts(home)
        home.disk.flipBit(LogOnDisk.file(0), (starts[4] + byte) * 8 + 7)
        #expect(try next(home, 0)?.offsets == Offset(0)..<Offset(8))
        let found = try #require(range(logError { try next(home, 8) }))
        #expect(found.path == LogOnDisk.file(0))
        #expect(found.positions == FilePosition(starts[4])..<FilePosition(starts[5]))
        #expect(found.offsets == Offset(8)..<Offset(10))
        #expect(range(logError { try next(home, 9) }) == found)
        #expect(try home.values(from: 10) == LogOnDisk.values(5..<10))
        #expect(try home.values(from: 15) == Array(LogOnDisk.values(7..<10).dropFirst()))
    }

    @Test("a scan that goes on at the end of each damaged range comes through")
    func scansPastDamage() throws {
        let home = try LogOnDisk()
        try home.append(0..<60)
        let bases = home.bases
        for (number, base) in bases.enumerated() {
            let starts = try starts(home, base)
            for slot in [0, 2, 3, starts.count - 1] {
                let byte = slot % 2 == number % 2 ? 10 : 80
                home.disk.flipBit(LogOnDisk.file(base), (starts[slot] + byte) * 8)
            }
        }
        var (next, served, damaged): (Offset, Int64, Int64) = (.zero, 0, 0)
        while next < Offset(120) {
            do {
                let found = try #require(try self.next(home, next.rawValue))
                served += next.distance(to: found.nextOffset)
                next = found.nextOffset
            } catch let error as LogError {
                guard let range = self.range(error) else { return }
                #expect(range.offsets.contains(next))
                try #require(range.offsets.upperBound > next)
                damaged += next.distance(to: range.offsets.upperBound)
                next = range.offsets.upperBound
            }
        }
        #expect(next == Offset(120))
        #expect(served + damaged == 120)
        // Adjoining batches may make one range; each is two offsets.
        #expect(damaged == Int64(bases.count) * 8)
    }

    @Test("damage up to a segment's end reaches to the next segment, and the log's end")
    func damageAtTheEnd() throws {
        let home = try LogOnDisk()
        try home.append(0..<40)
        let bases = home.bases
        let last = try #require(try starts(home, 0).last)
        home.disk.flipBit(LogOnDisk.file(0), (last + 70) * 8)
        let found = range(logError { try next(home, bases[1] - 1) })
        #expect(found?.offsets == Offset(bases[1] - 2)..<Offset(bases[1]))
        let tail = try #require(try starts(home, bases[bases.count - 1]).last)
        home.disk.flipBit(LogOnDisk.file(bases[bases.count - 1]), (tail + 70) * 8)
        let end = range(logError { try next(home, 79) })
        #expect(end?.offsets == Offset(78)..<Offset(80))
        #expect(try next(home, 80) == nil)
    }

    @Test("a file cut short under its mapping gives an error, and what is left is served")
    func fileCutShort() throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            var settings = LogFixture.smallSegments()
            settings.segmentSizeMax = .mib(1)
            let log = try directory.openLog(LogFixture.name, settings: settings)
            for number in 0..<100 {
                let batch = try LogFixture.batch("c\(number)", padding: 400)
                try log.append(batch.rawSpan)
            }
            // The mapping is made; the pages behind the cut go away under it.
            #expect(try LogFixture.values(of: log.reader).count == 100)
            let file = try OpenFile(
                LogOnDisk.file(0, in: log.path), .readWrite, in: LinuxFileSystem())
            try file.resize(to: .kib(16))
            var served = 0
            let error = logError {
                var next = Offset.zero
                while case .batches(let found) = try log.reader.read(from: next, sizeMax: .kib(1)) {
                    served += found.headers.count
                    next = found.nextOffset
                }
            }
            #expect(served > 20 && served < 40)
            let found = range(error)
            #expect(found?.offsets.upperBound == Offset(100))
            #expect(logError { try log.reader.read(from: Offset(99)) } != nil)
        }
    }

    // MARK: Indexes that mislead

    private let indexGarbage: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
        ("gone", { _ in [] }),
        ("zeros", { [UInt8](repeating: 0, count: $0.count) }),
        ("garbage", { bytes in bytes.indices.map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) } }),
        (
            "positions moved",
            { bytes in
                var bytes = bytes
                for byte in stride(from: 7, to: bytes.count, by: 8) { bytes[byte] ^= 1 }
                return bytes
            }
        ),
        (
            "offsets lowered",
            { bytes in
                var bytes = bytes
                for byte in stride(from: 3, to: bytes.count, by: 8) { bytes[byte] &-= 2 }
                return bytes
            }
        ),
        (
            "offsets raised",
            { bytes in
                var bytes = bytes
                for byte in stride(from: 3, to: bytes.count, by: 8) { bytes[byte] &+= 3 }
                return bytes
            }
        ),
        ("cut within an entry", { Array($0.dropLast(5)) }),
    ]

    @Test("whatever an index says, reads give the right answers")
    func misleadingIndexes() throws {
        for (name, change) in indexGarbage {
            let first = try LogOnDisk()
            try first.append(0..<40)
            let home = try first.closed { disk in
                for path in disk.paths where path.hasSuffix(".index") {
                    disk.setContents(path, change(disk.contents(path) ?? []))
                }
            }
            for offset in 0..<80 {
                let found = try next(home, Int64(offset), sizeMax: ByteCount(1))
                #expect(
                    found?.offsets.contains(Offset(Int64(offset))) == true, "\(name), \(offset)")
            }
            #expect(try home.values() == LogOnDisk.values(0..<40), "\(name)")
        }
    }

    @Test("an index entry that points past its record is not followed")
    func entriesPointPast() throws {
        let home = try LogOnDisk()
        try home.append(0..<12)
        let path = LogOnDisk.file(0, "index")
        let whole = try #require(home.disk.contents(path))
        // Each entry takes the position of the next one. Nothing seals the index of a segment that
        // grows, so that only the batches themselves can tell.
        let moved = whole.indices.map { byte in
            byte % 8 >= 4 && byte + 8 < whole.count ? whole[byte + 8] : whole[byte]
        }
        try #require(moved != whole)
        home.disk.overwrite(path, moved, at: .zero)
        for offset in 0..<24 {
            let found = try next(home, Int64(offset), sizeMax: ByteCount(1))
            #expect(found?.offsets.contains(Offset(Int64(offset))) == true, "offset \(offset)")
        }
    }

    @Test("an index that was cut under its reader is done without")
    func indexCutUnderReader() throws {
        let home = try LogOnDisk()
        try home.append(0..<12)
        home.disk.truncateFile(LogOnDisk.file(0, "index"), to: .zero)
        #expect(try home.values(from: 21) == Array(LogOnDisk.values(10..<12).dropFirst()))
    }

    // MARK: Where reads begin and end

    @Test("offsets before the start and behind the end are answered with what is valid")
    func outOfRange() throws {
        let home = try LogOnDisk()
        try home.append(0..<5)
        try home.log.deleteRecords(before: Offset(4))
        for offset in [Int64(0), 3, 11, .max] {
            guard
                case .outOfRange(let valid) = try home.log.reader.read(from: Offset(offset))
            else {
                Issue.record("\(offset) was read")
                continue
            }
            #expect(valid == Offset(4)..<Offset(10))
        }
        guard case .atEnd = try home.log.reader.read(from: Offset(10)) else {
            Issue.record("the end is not the end")
            return
        }
    }

    @Test("an empty log is read at its end only")
    func emptyLog() throws {
        let home = try LogOnDisk()
        guard case .atEnd = try home.log.reader.read(from: .zero),
            case .outOfRange = try home.log.reader.read(from: Offset(1))
        else {
            Issue.record("an empty log has records")
            return
        }
    }

    @Test("an offset inside a batch is answered with the whole batch")
    func insideBatch() throws {
        let home = try LogOnDisk()
        let batch = try LogFixture.batch("b", count: 5)
        try home.append(bytes: batch)
        try home.append(bytes: batch)
        for offset in 5..<10 {
            #expect(try next(home, Int64(offset))?.offsets == Offset(5)..<Offset(10))
            #expect(try home.values(from: Int64(offset)).count == 10 - offset)
        }
    }

    @Test("at least one whole batch is returned, and no more than fit the limit")
    func sizeLimits() throws {
        let home = try LogOnDisk()
        try home.append(0..<10)
        let size = try starts(home)[1]
        for (limit, count) in [
            (0, 1), (1, 1), (size, 1), (2 * size - 1, 1), (2 * size, 2), (.max, 10),
        ] {
            #expect(try next(home, 0, sizeMax: ByteCount(limit))?.headers.count == count)
        }
        #expect(try next(home, 7, sizeMax: ByteCount(.max))?.offsets == Offset(6)..<Offset(20))
    }

    @Test("gaps inside a segment and between segments are passed over")
    func gaps() throws {
        let home = try LogOnDisk()
        for base in [Int64(0), 7, 30, 100, 101] {
            if base == 30 || base == 101 { try home.log.roll() }
            var bytes = try LogFixture.batch("g\(base)")
            bytes.replaceSubrange(0..<8, with: [0, 0, 0, 0, 0, 0, 0, UInt8(base)])
            try home.append(asSent: bytes)
        }
        #expect(home.bases == [0, 8, 101])
        #expect(
            try LogFixture.batches(of: home.log.reader)
                == [0...0, 7...7, 30...30, 100...100, 101...101])
        for (offset, found) in [(1, 7), (7, 7), (8, 30), (31, 100), (101, 101)] {
            #expect(try next(home, Int64(offset))?.offsets.lowerBound == Offset(Int64(found)))
        }
    }

    @Test("what is not flushed is read by name only")
    func visibility() throws {
        let home = try LogOnDisk()
        try home.append(0..<2)
        let batch = try LogFixture.batch("w")
        try home.log.write(batch.rawSpan, now: Timestamp(milliseconds: 1))
        #expect(home.log.reader.endOffset == Offset(4))
        guard case .atEnd = try home.log.reader.read(from: Offset(4)),
            case .batches(let found) = try home.log.reader.read(
                from: Offset(4), through: .includingUnflushed)
        else {
            Issue.record("the flushed end does not hold")
            return
        }
        #expect(found.offsets == Offset(4)..<Offset(5))
    }
}
