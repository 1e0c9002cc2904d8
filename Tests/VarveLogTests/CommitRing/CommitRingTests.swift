import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("CommitRing")
struct CommitRingTests {
    private let first = LogOnDisk.values(0..<1)

    // MARK: What fails

    @Test("a ring that cannot be made, written or flushed costs no log its append")
    func failingRing() throws {
        var hits = 0
        for ordinal in 0..<60 {
            for mode in [FaultMode.once, .forGood] {
                let home = try SharedLogs()
                let kinds: Set<FileError.Operation> = [.makeDirectory, .flushDirectory, .list]
                home.disk.fail(ordinal: ordinal, of: kinds, with: .noSpace, mode: mode)
                _ = try? home.append(0)
                hits += home.disk.faultHitCount
                home.disk.clearFaults()
                for number in 0..<3 where home.logs[number].ends.flushed > .zero {
                    #expect(try home.powerCut().values(number) == first, "call \(ordinal)")
                }
            }
        }
        #expect(hits > 10)
    }

    @Test("after a failed flush of the ring each log is flushed by itself, and the ring goes")
    func failedFlush() throws {
        let home = try SharedLogs()
        try home.append(0)
        home.disk.failNext(.flush, with: .inputOutput)
        #expect(try home.append(1) == [nil, nil, nil])
        #expect(try home.powerCut().values(2) == LogOnDisk.values(0..<2))
        // The next commit passes it by, the one after makes it anew.
        for batch in 2..<6 { #expect(try home.append(batch) == [nil, nil, nil]) }
        #expect(home.disk.paths.contains(SharedLogs.ring))
        let again = try home.powerCut()
        for number in 0..<3 { #expect(try again.values(number) == LogOnDisk.values(0..<6)) }
    }

    @Test("when both flushes of a log fail it is poisoned, and the others are durable")
    func failedTwice() throws {
        let home = try SharedLogs()
        try home.append(0)
        for ordinal in 0..<2 { home.disk.fail(ordinal: ordinal, of: [.flush], with: .inputOutput) }
        let outcome = try home.append(1)
        guard case .poisoned? = outcome[0] else { throw outcome[0] ?? .closed(path: "none") }
        #expect(outcome[1...].allSatisfy { $0 == nil })
        home.disk.clearFaults()
        let again = try home.powerCut()
        // What was not acknowledged may be there or not; what was must be.
        #expect(try again.values(0).starts(with: first))
        #expect(try again.values(1) == LogOnDisk.values(0..<2))
        #expect(try home.logs[0].resume()?.dropped == Offset(2)..<Offset(4))
        #expect(try home.append(7) == [nil, nil, nil])
        let resumed = try home.powerCut()
        #expect(try resumed.values(0) == first + LogOnDisk.values(7..<8))
    }

    @Test("a log whose own flush fails keeps what the ring has, and goes on after it is resumed")
    func restores() throws {
        let home = try SharedLogs()
        for batch in 0..<3 { try home.append(batch) }
        try home.write(3, to: home.logs[1])
        home.disk.failNext(.flush, with: .inputOutput)
        guard case .poisoned = logError({ try home.logs[1].flush() }) else { return }
        #expect(home.logs[1].ends.flushed == Offset(6))
        #expect(try home.powerCut().values(1) == LogOnDisk.values(0..<3))
        #expect(try home.logs[1].resume()?.dropped == Offset(6)..<Offset(8))
        #expect(try home.values(1) == LogOnDisk.values(0..<3))
        try home.append(4)
        let again = try home.powerCut()
        #expect(try again.values(1) == LogOnDisk.values(0..<3) + LogOnDisk.values(4..<5))
        #expect(again.logs[1].recovery.damaged.isEmpty)
    }

    @Test("a full disk takes no ring, and gives back what was made of it")
    func fullDisk() throws {
        let home = try SharedLogs()
        home.disk.capacity = .kib(96)
        for batch in 0..<8 { _ = try? home.append(batch) }
        #expect(!home.disk.paths.contains(SharedLogs.ring))
        let count = Int(home.logs[2].ends.flushed.rawValue / 2)
        #expect(count > 0)
        #expect(try home.powerCut().values(2) == LogOnDisk.values(0..<count))
    }

    // MARK: What a commit costs

    @Test("64 logs share one write and one flush")
    func counts() throws {
        let home = try SharedLogs(count: 64)
        try home.append(0, padding: 0)
        try home.append(1, padding: 0)
        let start = home.disk.operationCount
        for log in home.logs { try home.write(2, to: log, padding: 0) }
        #expect(home.counts(since: start)[.write] == 64)
        let middle = home.disk.operationCount
        #expect(home.directory.flushEach(home.logs).allSatisfy { $0 == nil })
        let counts = home.counts(since: middle)
        // One frame, and the word on where each log ends, for which nobody waits.
        #expect(counts == [.write: 65, .flush: 1])
        #expect(home.logs.allSatisfy { $0.ends.flushed == Offset(6) })
    }

    @Test("one log by itself is flushed in its own file, and so is one that brings much")
    func aloneOrLarge() throws {
        let home = try SharedLogs()
        #expect(try home.append(0, to: [1]) == [nil])
        #expect(!home.disk.paths.contains(SharedLogs.ring))
        var settings = LogFixture.smallSegments()
        settings.segmentSizeMax = .mib(1)
        let large = try SharedLogs(settings: settings)
        try large.append(0)
        let start = large.disk.operationCount
        try large.append(1, padding: 40_000)
        #expect(large.counts(since: start)[.flush] == 3)
    }

    @Test("a full ring is drained: each log is flushed once, and its frames are void")
    func drains() throws {
        let home = try SharedLogs(ringSize: .kib(16))
        try home.append(0)
        try home.append(1)
        let start = home.disk.operationCount
        try home.append(2)
        // Three logs, with what is new in them, and the header twice; no frame is needed then.
        #expect(home.counts(since: start)[.flush] == 5)
        #expect(home.logs.allSatisfy { $0.ends.flushed == Offset(6) })
        let again = try home.powerCut()
        for number in 0..<3 { #expect(try again.values(number) == LogOnDisk.values(0..<3)) }
    }

    // MARK: What an opening makes of it

    @Test("what only the ring has is put back, and the ring is gone")
    func putsBack() throws {
        let home = try SharedLogs()
        for batch in 0..<3 { try home.append(batch) }
        #expect(home.disk.crash(keeping: .none).contents(SharedLogs.file(1)) == [])
        let again = try home.powerCut()
        let replayed = try #require(again.directory.replayed)
        #expect(replayed.frameCount == 3)
        #expect(replayed.damage.isEmpty)
        #expect(replayed.shares.map(\.folder) == ["log-0", "log-1", "log-2"])
        #expect(replayed.shares.allSatisfy { $0.isPresent && $0.end == Offset(6) })
        #expect(!again.disk.paths.contains(SharedLogs.ring))
        for number in 0..<3 {
            #expect(try again.values(number) == LogOnDisk.values(0..<3))
            #expect(again.logs[number].recovery.damaged.isEmpty)
        }
        #expect(try again.powerCut().directory.replayed == nil)
    }

    @Test("a clean close leaves no ring, a close that fails leaves it")
    func closes() throws {
        let home = try SharedLogs()
        try home.append(0)
        try home.directory.close()
        #expect(!home.disk.paths.contains { $0.hasPrefix(SharedLogs.folder) })
        #expect(try home.powerCut().values(0) == first)
        let failing = try SharedLogs()
        try failing.append(0)
        failing.disk.failNext(.flush, with: .inputOutput)
        #expect(logError { try failing.directory.close() } != nil)
        #expect(failing.disk.paths.contains(SharedLogs.ring))
        let again = try failing.powerCut()
        for number in 0..<3 { #expect(try again.values(number) == first) }
    }

    @Test("a reader in another process sees what a shared flush made durable")
    func otherProcess() throws {
        let home = try SharedLogs()
        try home.append(0)
        try home.write(1, to: home.logs[1])
        let name = try SharedLogs.name(1)
        let reader = try ReadOnlyLog(name, in: LogOnDisk.path, fileSystem: home.disk)
        #expect(reader.ends.flushed == Offset(2))
        #expect(reader.ends.written == Offset(4))
        #expect(try LogFixture.values(of: reader.reader) == first)
    }

    // MARK: What must not come back

    @Test("what was cut off does not come back from the ring")
    func truncation() throws {
        let home = try SharedLogs()
        for batch in 0..<3 { try home.append(batch) }
        try home.logs[1].truncate(to: Offset(2))
        let again = try home.powerCut()
        #expect(try again.values(1) == first)
        #expect(try again.values(2) == LogOnDisk.values(0..<3))
    }

    @Test("a log that is made under the name of a deleted one gets none of its bytes")
    func deletion() throws {
        for isSameTopic in [false, true] {
            let home = try SharedLogs()
            for batch in 0..<3 { try home.append(batch) }
            let topicID = isSameTopic ? home.logs[1].topicID : nil
            let name = try SharedLogs.name(1)
            try home.directory.deleteLog(name)
            let made = try home.directory.openLog(
                name, settings: LogFixture.smallSegments(), topicID: topicID)
            #expect(made.ends.written == .zero)
            #expect(try home.powerCut().values(1) == [])
            #expect(try home.killed().values(1) == [])
        }
    }

    @Test("a deletion goes on although the ring cannot be voided; the next log of the name waits")
    func deletionOnFailingDisk() throws {
        let home = try SharedLogs()
        try home.append(0)
        let topicID = home.logs[1].topicID
        let name = try SharedLogs.name(1)
        home.disk.fail(ordinal: 0, of: [.flush], with: .inputOutput, mode: .forGood)
        try home.directory.deleteLog(name)
        #expect(
            logError {
                try home.directory.openLog(
                    name, settings: LogFixture.smallSegments(), topicID: topicID)
            } != nil)
        home.disk.clearFaults()
        _ = try home.directory.openLog(
            name, settings: LogFixture.smallSegments(), topicID: topicID)
        #expect(try home.powerCut().values(1) == [])
        #expect(try home.powerCut().values(2) == first)
    }

    @Test("a log that was closed alone, and is opened again, is cut with nothing coming back")
    func closedAlone() throws {
        for isDeleted in [false, true] {
            let home = try SharedLogs()
            for batch in 0..<3 { try home.append(batch) }
            let (name, topicID) = (try SharedLogs.name(1), home.logs[1].topicID)
            try home.directory.closeLog(name)
            if isDeleted { try home.directory.deleteLog(name) }
            let again = try home.directory.openLog(
                name, settings: LogFixture.smallSegments(), topicID: topicID)
            #expect(again.ends.written == Offset(isDeleted ? 0 : 6))
            if !isDeleted { try again.truncate(to: Offset(2)) }
            #expect(try home.powerCut().values(1) == (isDeleted ? [] : first))
            #expect(try home.powerCut().values(0) == LogOnDisk.values(0..<3))
        }
    }

    @Test("a log that cannot be flushed is not closed alone, and keeps what the ring has")
    func closedAloneOnFailingDisk() throws {
        let home = try SharedLogs()
        for batch in 0..<3 { try home.append(batch) }
        let name = try SharedLogs.name(1)
        home.disk.failNext(.flush, with: .inputOutput)
        guard case .poisoned = logError({ try home.directory.closeLog(name) }) else {
            Issue.record("a failed flush was believed")
            return
        }
        let same = try home.directory.openLog(name, settings: LogFixture.smallSegments())
        #expect(same === home.logs[1])
        try same.resume()
        #expect(try home.values(1) == LogOnDisk.values(0..<3))
        try home.append(3)
        #expect(try home.powerCut().values(1) == LogOnDisk.values(0..<4))
    }

    @Test("a future log that cannot be flushed is not promoted, and keeps what the ring has")
    func promotedOnFailingDisk() throws {
        let home = try SharedLogs()
        let name = try #require(LogName(folder: "moved-0"))
        let future = try home.directory.openFuture(name, settings: LogFixture.smallSegments())
        for batch in 0..<3 {
            try home.write(batch, to: future)
            try home.write(batch, to: home.logs[0])
            #expect(home.directory.flushEach([future, home.logs[0]]) == [nil, nil])
        }
        home.disk.failNext(.flush, with: .inputOutput)
        guard case .poisoned = logError({ try home.directory.promoteFuture(name) }) else {
            Issue.record("a failed flush was believed")
            return
        }
        #expect(try home.directory.openFuture(name) === future)
        try future.resume()
        try home.directory.promoteFuture(name)
        let cut = try home.powerCut()
        let log = try cut.directory.openLog(name, settings: LogFixture.smallSegments())
        #expect(try LogFixture.values(of: log.reader) == LogOnDisk.values(0..<3))
    }

    @Test("a log that is put aside has all its bytes in its own file")
    func stray() throws {
        let home = try SharedLogs()
        for batch in 0..<3 { try home.append(batch) }
        let folder = try home.directory.setAside(try SharedLogs.name(1))
        let path = LogOnDisk.file(0, in: "\(LogOnDisk.path)/\(folder)")
        let bytes = home.disk.crash(keeping: .none).contents(path)
        #expect(bytes == home.disk.contents(path))
        #expect(bytes?.isEmpty == false)
    }

    @Test("logs rest, are checkpointed, roll and lose segments with frames in the ring")
    func upkeep() throws {
        let home = try SharedLogs(ringSize: .kib(64))
        for batch in 0..<40 {
            try home.append(batch)
            if batch % 7 == 3 {
                #expect(!home.logs[0].rest())
                try home.logs[0].noteForCheckpoint()
                #expect(home.logs[0].rest())
            }
            if batch % 11 == 5 { try home.directory.checkpoint() }
            if batch % 9 == 4 { try home.logs[2].roll() }
        }
        #expect(home.logs[1].segmentCount > 1)
        try home.logs[2].deleteRecords(before: Offset(30))
        for batch in 40..<44 { try home.append(batch) }
        let again = try home.powerCut()
        #expect(try again.values(0) == LogOnDisk.values(0..<44))
        #expect(try again.values(1) == LogOnDisk.values(0..<44))
        #expect(try again.values(2) == LogOnDisk.values(15..<44))
    }
}
