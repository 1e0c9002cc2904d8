import Testing
import VarveBytes
import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@Suite("Log, appending")
struct LogAppendTests {
    private func batch(_ text: String, count: Int = 1) throws -> [UInt8] {
        try LogFixture.batch(text, count: count)
    }

    /// A batch with another base offset, as a leader would send it.
    private func stamped(_ base: Int64, count: Int = 1, epoch: Int32 = 0) throws -> [UInt8] {
        var bytes = try batch("s\(base)", count: count)
        stamp(&bytes, base: base, epoch: epoch)
        return bytes
    }

    private func stamp(_ bytes: inout [UInt8], base: Int64, epoch: Int32) {
        var buffer = ByteBuffer()
        buffer.append(base)
        buffer.append(Int32(bytes.count - 12))
        buffer.append(epoch)
        bytes.replaceSubrange(0..<16, with: buffer.bytes.array())
    }

    @Test("without an epoch a batch gets that of the last one, whoever wrote it")
    func epochGoesOn() throws {
        let home = try LogOnDisk()
        try home.append(asSent: stamped(0, epoch: 4))
        let next = try batch("x")
        try home.log.append(next.rawSpan)
        guard case .batches(let batches) = try home.log.reader.read(from: .zero) else {
            Issue.record("nothing to read")
            return
        }
        #expect(batches.headers.map(\.partitionLeaderEpoch) == [4, 4])
    }

    // MARK: Refused

    @Test("a batch with a wrong checksum is refused, and nothing of the append stays")
    func refusesChecksum() throws {
        let home = try LogOnDisk()
        var bad = try batch("bad")
        bad[bad.count - 2] ^= 1
        let error = logError { try home.append(bytes: batch("good") + bad) }
        guard case .refused(.checksum) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(home.log.ends.written == .zero)
        #expect(home.disk.contents(LogOnDisk.file(0)) == [])
        try home.append(0..<1)
        #expect(try home.values() == LogOnDisk.values(0..<1))
    }

    @Test("a batch that is cut, empty, or followed by rubbish is refused")
    func refusesMalformed() throws {
        let home = try LogOnDisk()
        let good = try batch("good")
        for bytes in [Array(good.dropLast()), good + [0, 0], Array(good[..<17])] {
            guard case .refused(.truncated) = logError({ try home.append(bytes: bytes) })
            else {
                Issue.record("\(bytes.count) bytes were not refused as truncated")
                continue
            }
        }
        #expect(home.log.ends.written == .zero)
    }

    @Test("no bytes append nothing")
    func appendsNothing() throws {
        let home = try LogOnDisk()
        #expect(try home.append(bytes: []) == 0..<0)
        #expect(try home.append(asSent: []) == 0..<0)
    }

    @Test("a record that does not parse is refused unless only the frame is checked")
    func checksDepth() throws {
        let home = try LogOnDisk()
        var bytes = try batch("x", count: 2)
        // The first record's length byte; the checksum is made anew.
        bytes[61] = 0
        LogFixture.setChecksum(of: &bytes)
        guard case .refused = logError({ try home.append(bytes: bytes) }) else {
            Issue.record("a broken record was taken")
            return
        }
        #expect(home.log.ends.written == .zero)
        #expect(try home.append(bytes: bytes, checking: .frame) == 0..<2)
    }

    @Test("with only the header checked a checksum is believed, and no reader gets the damage")
    func believesChecksum() throws {
        let home = try LogOnDisk()
        var bytes = try batch("x", count: 2)
        bytes[bytes.count - 1] ^= 1
        guard case .refused = logError({ try home.append(bytes: bytes, checking: .frame) }) else {
            Issue.record("a wrong checksum was taken")
            return
        }
        let cut = Array(bytes.dropLast())
        guard case .refused = logError({ try home.append(bytes: cut, checking: .header) }) else {
            Issue.record("a batch without its end was taken")
            return
        }
        #expect(home.log.ends.written == .zero)
        #expect(try home.append(bytes: bytes, checking: .header) == 0..<2)
        try home.log.flush()
        #expect(logError { _ = try home.log.reader.read(from: .zero) } != nil)
    }

    @Test("a batch above the limit is refused with its size and the limit")
    func refusesLarge() throws {
        var settings = LogFixture.smallSegments()
        settings.batchSizeMax = ByteCount(200)
        let home = try LogOnDisk(settings: settings)
        let large = try LogFixture.batch("x", padding: 300)
        let error = logError { try home.append(bytes: batch("a") + large) }
        #expect(error == .tooLarge(size: ByteCount(large.count), limit: ByteCount(200)))
        #expect(home.log.ends.written == .zero)
    }

    @Test("a batch as large as the log allows is taken, however much of it is checked")
    func takesLarge() throws {
        var settings = LogSettings()
        settings.batchSizeMax = .mib(2)
        let home = try LogOnDisk(settings: settings)
        let large = try LogFixture.batch("x", padding: 3 << 19)
        #expect(try home.append(bytes: large, checking: .frame) == 0..<1)
        #expect(try home.append(bytes: large, checking: .records) == 1..<2)
    }

    @Test("a log at the end of all offsets says so, and keeps what it has")
    func exhaustsOffsets() throws {
        let home = try LogOnDisk()
        let last = Int64.max - 3
        try home.append(asSent: stamped(last, count: 2))
        #expect(home.log.ends.written == Offset(Int64.max - 1))
        #expect(
            logError { try home.append(bytes: batch("x", count: 2)) }
                == .offsetsExhausted(path: LogOnDisk.folder))
        let receipt = try home.append(bytes: batch("y"))
        #expect(receipt.upperBound == Int64.max)
        #expect(
            logError { try home.append(bytes: batch("z")) }
                == .offsetsExhausted(path: LogOnDisk.folder))
        #expect(
            try LogFixture.batches(of: home.log.reader, from: Offset(last))
                == [last...last + 1, (last + 2)...(last + 2)])
        let again = try home.killed()
        #expect(again.log.ends.written == Offset(Int64.max))
    }

    @Test("a batch that ends at the largest number there is, is refused")
    func refusesLastOffset() throws {
        let home = try LogOnDisk()
        let error = logError { try home.append(asSent: stamped(Int64.max)) }
        guard case .offsetsOutOfOrder = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("batches sent with their offsets must go on where the log ends, gaps allowed")
    func ordersAsSent() throws {
        let home = try LogOnDisk()
        try home.append(asSent: stamped(5, count: 2) + stamped(9))
        #expect(home.log.ends.written == Offset(10))
        for base in [Int64(9), 0] {
            #expect(
                logError { try home.append(asSent: stamped(base)) }
                    == .offsetsOutOfOrder(given: base, expected: Offset(10)))
        }
        let error = logError {
            try home.append(asSent: stamped(12, count: 3) + stamped(14))
        }
        #expect(error == .offsetsOutOfOrder(given: 14, expected: Offset(15)))
        #expect(home.log.ends.written == Offset(10))
        #expect(try LogFixture.batches(of: home.log.reader) == [5...6, 9...9])
    }

    @Test("batches sent from beyond 31 bits of offsets go to a segment of their own")
    func sendsFarAhead() throws {
        let home = try LogOnDisk()
        let far = Int64(Int32.max) + 50
        try home.append(asSent: stamped(far, count: 2))
        try home.append(asSent: stamped(far * 3))
        #expect(
            try LogFixture.batches(of: home.log.reader)
                == [far...far + 1, far * 3...far * 3])
        let again = try home.closed()
        #expect(again.log.recovery.isClean, "\(again.log.recovery)")
        #expect(again.log.ends.written == Offset(far * 3 + 1))
        #expect(try LogFixture.batches(of: again.log.reader).count == 2)
    }

    // MARK: Failing calls

    @Test("a write that fails leaves nothing, and the log goes on")
    func writeFails() throws {
        let home = try LogOnDisk()
        try home.append(0..<3)
        let before = home.disk.contents(LogOnDisk.file(0))
        home.disk.failNext(.write, with: .noSpace)
        let error = logError { try home.append(3..<4) }
        guard case .file(let cause) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.error == .noSpace)
        #expect(home.disk.contents(LogOnDisk.file(0)) == before)
        #expect(home.log.ends.written == Offset(6))
        try home.append(3..<6)
        #expect(try home.values() == LogOnDisk.values(0..<6))
        #expect(try home.killed().values() == LogOnDisk.values(0..<6))
    }

    @Test("a write that moved some bytes is cut back")
    func shortWriteFails() throws {
        let home = try LogOnDisk()
        try home.append(0..<1)
        let size = home.disk.contents(LogOnDisk.file(0))?.count
        home.disk.shortTransfers = .everyCall(sizeMax: 50)
        home.disk.fail(ordinal: 1, of: [.write], with: .inputOutput)
        _ = logError { try home.append(1..<2) }
        #expect(home.disk.contents(LogOnDisk.file(0))?.count == size)
        home.disk.shortTransfers = .random(seed: 3)
        try home.append(1..<30)
        #expect(try home.values() == LogOnDisk.values(0..<30))
    }

    @Test("a log that cannot be cut back after a failed write takes no more appends")
    func cutBackFails() throws {
        let home = try LogOnDisk()
        try home.append(0..<2)
        home.disk.shortTransfers = .everyCall(sizeMax: 50)
        home.disk.fail(ordinal: 1, of: [.write], with: .inputOutput)
        home.disk.failNext(.resize, with: .inputOutput)
        guard case .poisoned = logError({ try home.append(2..<3) }) else {
            Issue.record("not poisoned")
            return
        }
        guard case .poisoned = logError({ try home.append(3..<4) }) else {
            Issue.record("not poisoned any more")
            return
        }
        #expect(try home.values() == LogOnDisk.values(0..<2))
        #expect(try home.killed().values() == LogOnDisk.values(0..<2))
    }

    @Test("an append that fills several segments and fails keeps a front of whole batches")
    func failsBehindRoll() throws {
        let home = try LogOnDisk()
        let all = try (0..<60).flatMap { try LogFixture.batch("m\($0)", padding: 100) }
        home.disk.fail(ordinal: 3, of: [.open], with: .tooManyFiles, mode: .forGood)
        _ = logError { try home.append(bytes: all) }
        home.disk.clearFaults()
        let kept = try home.values(through: .includingUnflushed)
        #expect(kept.count < 60)
        #expect(Int64(kept.count) == home.log.ends.written.rawValue)
        try home.append(0..<1)
        #expect(try home.values().count == kept.count + 2)
    }

    @Test("a flush makes durable what sealed segments hold as well")
    func flushOfSealed() throws {
        let home = try LogOnDisk(settings: LogFixture.smallSegments(.pageCache))
        for start in [0, 2] {
            try home.append(start..<start + 2)
            try home.log.roll()
        }
        try home.append(4..<6)
        #expect(home.log.ends.flushed == .zero)
        try home.log.flush()
        #expect(home.log.ends.flushed == home.log.ends.written)
        let next = try home.powerCut()
        #expect(next.log.recovery.damaged == [])
        #expect(try next.values() == LogOnDisk.values(0..<6))
    }

    @Test("a roll whose files cannot be made changes nothing")
    func rollFails() throws {
        let home = try LogOnDisk()
        try home.append(0..<2)
        for ordinal in 0..<3 {
            home.disk.fail(ordinal: ordinal, of: [.open], with: .tooManyFiles)
            _ = logError { try home.log.roll() }
            #expect(home.log.segmentCount == 1)
        }
        home.disk.failNext(.flushDirectory, with: .inputOutput)
        _ = logError { try home.log.roll() }
        #expect(home.log.segmentCount == 1)
        try home.append(2..<4)
        try home.log.roll()
        try home.append(4..<6)
        #expect(home.log.segmentCount == 2)
        #expect(try home.values() == LogOnDisk.values(0..<6))
        #expect(try home.killed().values() == LogOnDisk.values(0..<6))
    }

    @Test("epochs that cannot be stored refuse the append that brings them")
    func epochStoreFails() throws {
        let home = try LogOnDisk()
        try home.append(0..<1)
        home.disk.failNext(.rename, with: .noSpace)
        let error = logError {
            try home.append(bytes: batch("x"), epoch: LeaderEpoch(3))
        }
        guard case .checkpoint = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(home.log.ends.written == Offset(2))
    }

    @Test("a flush that fails acknowledges nothing and fences the log")
    func flushFails() throws {
        let home = try LogOnDisk()
        try home.append(0..<2)
        home.disk.failNext(.flush, with: .inputOutput)
        guard case .poisoned = logError({ try home.append(2..<3) }) else {
            Issue.record("not poisoned")
            return
        }
        #expect(home.log.ends.flushed == Offset(4))
        #expect(try home.values() == LogOnDisk.values(0..<2))
        guard case .poisoned = logError({ try home.log.flush() }) else {
            Issue.record("flushed again")
            return
        }
    }

    // MARK: Appended

    @Test("what is stored is what was given, but for base offset and leader epoch")
    func storesVerbatim() throws {
        let home = try LogOnDisk()
        let codecs: [Compression] = [.none, .gzip, .snappy, .lz4, .zstd]
        let given = try codecs.map {
            try LogFixture.batch("v", count: 4, compression: $0, padding: 30)
        }
        let epoch = LeaderEpoch(5)
        let receipt = try home.append(bytes: Array(given.joined()), epoch: epoch)
        #expect(receipt == 0..<20)
        var expected: [UInt8] = []
        for (number, bytes) in given.enumerated() {
            var bytes = bytes
            stamp(&bytes, base: Int64(number) * 4, epoch: 5)
            expected += bytes
        }
        #expect(home.disk.contents(LogOnDisk.file(0)) == expected)
        #expect(home.log.latestEpoch == epoch)
    }

    @Test("epochs are stored before the batches that bring them")
    func storesEpochsFirst() throws {
        let home = try LogOnDisk()
        try home.append(0..<2)
        let epoch = LeaderEpoch(3)
        let from = home.disk.operationCount
        try home.append(bytes: batch("x"), epoch: epoch)
        let operations = home.disk.trace[from...]
        let renamed = operations.first { $0.kind == .rename }
        let written = operations.first { $0.kind == .write && $0.path == LogOnDisk.file(0) }
        #expect(try #require(renamed).ordinal < #require(written).ordinal)
        #expect(
            home.disk.contents(LogOnDisk.folder + "/leader-epoch-checkpoint")
                == Array("0\n2\n0 0\n3 4\n".utf8))
    }

    @Test("a log that stamps its own time sets type and maximum, and makes the checksum anew")
    func stampsTime() throws {
        var settings = LogFixture.smallSegments()
        settings.timestamps = .log
        let home = try LogOnDisk(settings: settings)
        home.disk.clock.setWallClock(Timestamp(milliseconds: 777_000))
        try home.append(0..<3)
        guard case .batches(let found) = try home.log.reader.read(from: .zero) else {
            Issue.record("nothing there")
            return
        }
        let header = try #require(found.headers.first)
        #expect(header.timestampType == .logAppend)
        #expect(header.maxTimestamp == 777_000)
        #expect(try home.values() == LogOnDisk.values(0..<3))
    }

    @Test("a batch that claims an append time is refused")
    func refusesAppendTime() throws {
        let home = try LogOnDisk()
        var bytes = try batch("x")
        LogFixture.setAppendTime(5, of: &bytes)
        #expect(
            logError { try home.append(bytes: bytes) } == .refused(.appendTimeFromClient))
    }

    @Test("under the interval policy the first append after the interval flushes")
    func intervalPolicy() throws {
        let home = try LogOnDisk(
            settings: LogFixture.smallSegments(.interval(.seconds(5))))
        try home.append(0..<2)
        #expect(home.log.ends.flushed == .zero && home.log.ends.written == Offset(4))
        home.disk.clock.advance(by: .milliseconds(4_999))
        try home.append(2..<3)
        #expect(home.log.ends.flushed == .zero)
        home.disk.clock.advance(by: .milliseconds(1))
        try home.append(3..<4)
        #expect(home.log.ends.flushed == Offset(8))
        try home.append(4..<5)
        #expect(home.log.ends.flushed == Offset(8))
        #expect(try home.values() == LogOnDisk.values(0..<5))
        #expect(try home.values(through: .flushed) == LogOnDisk.values(0..<4))
    }

    @Test("under the page cache policy nothing is flushed but by name, and killing loses nothing")
    func pageCachePolicy() throws {
        let settings = LogFixture.smallSegments(.pageCache)
        let home = try LogOnDisk(settings: settings)
        try home.append(0..<60)
        #expect(home.log.segmentCount > 1)
        #expect(home.log.ends.flushed == .zero)
        #expect(home.log.unflushedSize == home.log.size)
        #expect(try home.killed(settings: settings).values() == LogOnDisk.values(0..<60))
        try home.log.flush()
        #expect(home.log.ends.flushed == Offset(120) && home.log.unflushedSize == .zero)
        #expect(try home.powerCut(settings: settings).values() == LogOnDisk.values(0..<60))
    }

    @Test("a closed log takes no calls")
    func closed() throws {
        let home = try LogOnDisk()
        try home.append(0..<1)
        try home.directory.close()
        let closed = LogError.closed(path: LogOnDisk.folder)
        #expect(logError { try home.append(1..<2) } == closed)
        #expect(logError { try home.log.flush() } == closed)
        #expect(logError { try home.log.roll() } == closed)
        #expect(logError { try home.log.truncate(to: .zero) } == closed)
        #expect(logError { try home.log.deleteRecords(before: Offset(1)) } == closed)
    }
}
