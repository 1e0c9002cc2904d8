import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite("recovery")
struct LogRecoveryTests {
    private let settings = LogFixture.smallSegments()

    /// A log of `count` flushed batches, and the size of its last segment's file.
    private func written(_ count: Int) throws -> (LogOnDisk, base: Int64, size: Int) {
        let home = try LogOnDisk()
        try home.append(0..<count)
        let base = try #require(home.bases.last)
        return (home, base, try #require(home.disk.contents(LogOnDisk.file(base))).count)
    }

    private func batch(at offset: Int64, _ text: String = "later") throws -> [UInt8] {
        var bytes = try LogFixture.batch(text, padding: 30)
        var front = ByteBuffer()
        front.append(offset)
        bytes.replaceSubrange(0..<8, with: front.bytes.array())
        bytes.replaceSubrange(12..<16, with: [0, 0, 0, 0])
        return bytes
    }

    // MARK: Tails above the known-flushed offset

    @Test("a torn tail is cut and reported with what it held, at every place where it may tear")
    func tornTail() throws {
        let (home, base, size) = try written(5)
        let tail = try batch(at: 10)
        for cut in 1..<tail.count {
            let again = try home.killed { disk in
                disk.overwrite(
                    LogOnDisk.file(base), Array(tail[..<cut]), at: FilePosition(size))
            }
            #expect(again.disk.contents(LogOnDisk.file(base))?.count == size)
            #expect(try again.values() == LogOnDisk.values(0..<5))
            // Zeros alone are space that was written ahead, for all that shows.
            guard tail[..<cut].contains(where: { $0 != 0 }) else {
                #expect(again.log.recovery.cut == nil)
                #expect(again.log.recovery.trimmedSize == ByteCount(cut))
                continue
            }
            let found = try #require(again.log.recovery.cut)
            #expect(found.position == FilePosition(size) && found.size == ByteCount(cut))
            #expect(found.batches == 0 && found.records == .zero)
            #expect(found.standing == .neverAcknowledged)
            #expect(found.removedSegments.isEmpty && found.path == LogOnDisk.file(base))
        }
    }

    @Test("tails of garbage are cut", arguments: [0xDB as UInt8, 0xFF, 2])
    func filledTail(_ byte: UInt8) throws {
        let (home, base, size) = try written(5)
        for count in [1, 17, 61, 4_096, 70_000] {
            let again = try home.killed { disk in
                disk.overwrite(
                    LogOnDisk.file(base), [UInt8](repeating: byte, count: count),
                    at: FilePosition(size))
            }
            #expect(again.log.recovery.cut?.size == ByteCount(count))
            #expect(again.disk.contents(LogOnDisk.file(base))?.count == size)
            try again.append(5..<7)
            #expect(try again.killed().values() == LogOnDisk.values(0..<7))
        }
    }

    @Test("whole batches behind a hole are given up, counted, and named as possibly acknowledged")
    func batchesBehindHole() throws {
        let (home, base, size) = try written(5)
        let tail = [UInt8](repeating: 0, count: 100) + (try batch(at: 12)) + (try batch(at: 13))
        let next = home.disk.processDeath()
        next.overwrite(LogOnDisk.file(base), tail, at: FilePosition(size))
        next.setContents(LogOnDisk.endsPath, [])
        next.setContents(
            "/d/" + OffsetCheckpoint.recoveryPointFileName, Array("0\n1\nlog 0 0\n".utf8))
        let again = try LogOnDisk(next)
        let found = try #require(again.log.recovery.cut)
        #expect(found.size == ByteCount(tail.count))
        #expect(found.batches == 2 && found.records == RecordCount(2))
        #expect(found.standing == .possiblyAcknowledged(Offset(10)..<Offset(14)))
        #expect(again.log.ends.written == Offset(10))
        try again.append(5..<6)
        #expect(try again.killed().values() == LogOnDisk.values(0..<6))
    }

    @Test("a program that dies anywhere in a close leaves word of how far the log is flushed")
    func killedInClose() throws {
        let home = try LogOnDisk()
        try home.append(0..<10)
        let end = home.log.ends.flushed
        let before = home.disk.operationCount
        try home.directory.close()
        #expect(home.disk.operationCount > before + 5)
        for moment in before...home.disk.operationCount {
            let left = SimulatedDisk(replaying: home.disk.trace, through: moment)
            let again = try LogOnDisk(left.processDeath())
            #expect(again.log.recovery.knownFlushed == end, "after operation \(moment)")
            #expect(again.log.recovery.damaged.isEmpty && again.log.recovery.cut == nil)
        }
    }

    @Test("a torn batch that still says how many records it has is named with all of them")
    func claimedOffsets() throws {
        let (home, base, size) = try written(5)
        let torn = try LogFixture.batch("torn", count: 7, padding: 40)
        let next = home.disk.crash(keeping: .none)
        var bytes = torn
        bytes.replaceSubrange(0..<8, with: [0, 0, 0, 0, 0, 0, 0, 10])
        next.overwrite(
            LogOnDisk.file(base), Array(bytes.dropLast(20)), at: FilePosition(size))
        let again = try LogOnDisk(next, bootID: UniqueID(high: 2, low: 2))
        #expect(
            again.log.recovery.cut?.standing == .possiblyAcknowledged(Offset(10)..<Offset(17)))
    }

    @Test("where nothing says how far a log was flushed, whole batches behind damage are kept")
    func nothingKnown() throws {
        let (home, base, size) = try written(5)
        let tail = [UInt8](repeating: 0, count: 100) + (try batch(at: 12)) + [1, 2, 3]
        let next = home.disk.processDeath()
        next.overwrite(LogOnDisk.file(base), tail, at: FilePosition(size))
        next.setContents(LogOnDisk.endsPath, [])
        let again = try LogOnDisk(next)
        let damage = try #require(again.log.recovery.damaged.first)
        #expect(damage.positions == FilePosition(size)..<FilePosition(size + 100))
        #expect(damage.offsets == Offset(10)..<Offset(12))
        // What follows the last whole batch is a torn tail all the same.
        #expect(again.log.recovery.cut?.size == ByteCount(3))
        #expect(again.log.ends.written == Offset(13))
    }

    @Test("segments behind a cut go whole, and are counted with it")
    func segmentsBehindCut() throws {
        let pages = LogFixture.smallSegments(.pageCache)
        let home = try LogOnDisk(settings: pages)
        try home.append(0..<60)
        let bases = home.bases
        let again = try home.killed(settings: pages) { disk in
            disk.flipBit(LogOnDisk.file(bases[1]), 80 * 8)
        }
        let found = try #require(again.log.recovery.cut)
        #expect(found.path == LogOnDisk.file(bases[1]) && found.position == .zero)
        #expect(found.removedSegments.map(\.rawValue) == Array(bases.dropFirst(2)))
        #expect(Int64(found.batches) == 60 - bases[1] / 2 - 1)
        #expect(found.standing == .possiblyAcknowledged(Offset(bases[1])..<Offset(120)))
        #expect(again.bases == Array(bases.prefix(2)))
        #expect(again.log.ends.written == Offset(bases[1]))
        try again.append(0..<1)
        #expect(try again.killed(settings: pages).log.ends.written == Offset(bases[1] + 2))
    }

    @Test("without the owner's word a torn tail may have been acknowledged")
    func unknownStanding() throws {
        let (home, base, size) = try written(5)
        let tail = try batch(at: 10)
        func standing(_ change: (SimulatedDisk) -> Void, boot: UInt64 = 1) throws
            -> RecoveryReport.Standing?
        {
            let next = home.disk.processDeath()
            next.overwrite(LogOnDisk.file(base), Array(tail.dropLast()), at: FilePosition(size))
            change(next)
            let again = try LogOnDisk(next, bootID: UniqueID(high: boot, low: boot))
            return again.log.recovery.cut?.standing
        }
        let possibly = RecoveryReport.Standing.possiblyAcknowledged(Offset(10)..<Offset(11))
        #expect(try standing { _ in } == .neverAcknowledged)
        #expect(try standing({ _ in }, boot: 2) == possibly)
        #expect(try standing { $0.setContents(LogOnDisk.endsPath, []) } == possibly)
    }

    @Test("bytes above the known-flushed offset that are whole are kept, and flushed before use")
    func keepsWholeTail() throws {
        let home = try LogOnDisk()
        try home.append(0..<3)
        let batch = try LogFixture.batch("kept")
        try home.log.write(batch.rawSpan, now: Timestamp(milliseconds: 1))
        let again = try home.killed()
        #expect(again.log.recovery.cut == nil)
        #expect(again.log.ends.flushed == Offset(7))
        #expect(try again.powerCut().values() == LogOnDisk.values(0..<3) + ["kept-0"])
    }

    // MARK: Damage below it

    @Test(
        "damage below the known-flushed offset is fenced and kept, and appends go on"
    )
    func fencesDamage() throws {
        // Without index entries near it, everything is read again from the front.
        var sparse = LogFixture.smallSegments()
        sparse.indexInterval = .kib(4)
        let home = try LogOnDisk(settings: sparse)
        try home.append(0..<8)
        let size = try #require(home.disk.contents(LogOnDisk.file(0))).count
        let again = try home.killed(settings: sparse) { disk in
            disk.flipBit(LogOnDisk.file(0), (size / 8 * 3 + 80) * 8)
        }
        let found = try #require(again.log.recovery.damaged.first)
        #expect(again.log.recovery.cut == nil && !again.log.recovery.isClean)
        #expect(found.offsets == Offset(6)..<Offset(8))
        #expect(again.disk.contents(LogOnDisk.file(0))?.count == size)
        try again.append(8..<10)
        #expect(try again.values(from: 8) == LogOnDisk.values(4..<10))
        #expect(logError { try again.log.reader.read(from: Offset(6)) } == .corrupt(found))
        let third = try again.killed(settings: sparse)
        #expect(third.log.recovery.damaged == [found])
        #expect(try third.values(from: 8) == LogOnDisk.values(4..<10))
    }

    @Test("damage up to the end of the last segment is kept, and the log goes on in a new one")
    func fencesTail() throws {
        let (home, base, size) = try written(5)
        let again = try home.killed { disk in
            disk.overwrite(
                LogOnDisk.file(base), [UInt8](repeating: 7, count: size / 5),
                at: FilePosition(size / 5 * 4))
        }
        #expect(again.log.recovery.damaged.map(\.offsets) == [Offset(8)..<Offset(10)])
        #expect(again.bases == [0, 10])
        try again.append(5..<7)
        #expect(try again.values(from: 10) == LogOnDisk.values(5..<7))
        #expect(try again.killed().values(from: 10) == LogOnDisk.values(5..<7))
    }

    @Test(
        "a recovery point above what the file holds: the missing records are named, offsets go on")
    func fileTooShort() throws {
        let (home, base, size) = try written(5)
        for kept in [size / 5 * 3, size / 5 * 3 + 30, 0] {
            let again = try home.killed { disk in
                disk.truncateFile(LogOnDisk.file(base), to: ByteCount(kept))
            }
            let missing = again.log.recovery.damaged.map(\.offsets)
            #expect(missing.first?.lowerBound == Offset(Int64(kept / (size / 5) * 2)))
            #expect(missing.last?.upperBound == Offset(10))
            #expect(again.log.ends.written == Offset(10))
            try again.append(5..<6)
            #expect(try again.values(from: 10) == LogOnDisk.values(5..<6))
            let third = try again.killed()
            #expect(third.log.ends.written == Offset(12))
            #expect(try third.values(from: 10) == LogOnDisk.values(5..<6))
        }
    }

    @Test("a missing segment of a log without an owner's word is reported as a gap")
    func missingSegment() throws {
        let pages = LogFixture.smallSegments(.pageCache)
        let home = try LogOnDisk(settings: pages)
        try home.append(0..<60)
        let bases = home.bases
        let next = home.disk.processDeath()
        try next.removeFile(LogOnDisk.file(bases[1]))
        try next.removeFile(LogOnDisk.endsPath)
        let again = try LogOnDisk(next, settings: pages)
        #expect(again.log.recovery.gaps == [Offset(bases[1])..<Offset(bases[2])])
        #expect(
            again.log.recovery.removedFiles.sorted() == [
                String(LogOnDisk.file(bases[1], "index").dropFirst(9)),
                String(LogOnDisk.file(bases[1], "timeindex").dropFirst(9)),
                String(LogOnDisk.file(bases[1], "varve").dropFirst(9)),
            ])
        #expect(
            try again.values() == LogOnDisk.values(0..<Int(bases[1]) / 2)
                + LogOnDisk.values(Int(bases[2]) / 2..<60))
    }

    @Test("a missing segment of a log with one is a lost end, and what follows goes with it")
    func missingSegmentBeforeLostEnd() throws {
        let pages = LogFixture.smallSegments(.pageCache)
        let home = try LogOnDisk(settings: pages)
        try home.append(0..<60)
        let bases = home.bases
        let next = home.disk.processDeath()
        try next.removeFile(LogOnDisk.file(bases[1]))
        let again = try LogOnDisk(next, settings: pages)
        #expect(again.log.recovery.gaps.isEmpty)
        let cut = try #require(again.log.recovery.cut)
        #expect(cut.removedSegments.map(\.rawValue) == Array(bases.dropFirst(2)))
        #expect(cut.standing == .possiblyAcknowledged(Offset(bases[1])..<Offset(120)))
        #expect(try again.values() == LogOnDisk.values(0..<Int(bases[1]) / 2))
    }

    @Test("hundreds of segments open without a look at what lies below the known-flushed offset")
    func readsOnlyTail() throws {
        let home = try LogOnDisk()
        try home.append(0..<600, padding: 400)
        #expect(home.bases.count > 100)
        try home.log.noteForCheckpoint()
        let next = home.disk.processDeath()
        // A batch of each sealed segment is damaged: whoever read it would have to say so.
        for base in home.bases.dropLast() { next.flipBit(LogOnDisk.file(base), 90 * 8) }
        let again = try LogOnDisk(next)
        #expect(again.log.recovery.isClean, "\(again.log.recovery)")
        #expect(again.log.recovery.scannedSize < settings.segmentSizeMax)
        // Status and last index entry of each, and a constant number for the last.
        #expect(next.callCount < 12 * home.bases.count + 200)
    }

    // MARK: varve.ends

    @Test("after a failed flush nothing above the last good one is believed, whatever is seen")
    func poisonedEnds() throws {
        let home = try LogOnDisk()
        try home.append(0..<3)
        home.disk.failNext(.flush, with: .inputOutput)
        _ = logError { try home.append(3..<4) }
        let again = try home.killed()
        let found = try #require(again.log.recovery.cut)
        #expect(found.reason == .failedFlush && found.standing == .neverAcknowledged)
        #expect(found.batches == 1 && found.records == RecordCount(2))
        #expect(try again.values() == LogOnDisk.values(0..<3))
        try again.append(4..<6)
        let all = LogOnDisk.values(0..<3) + LogOnDisk.values(4..<6)
        #expect(try again.powerCut().values() == all)
        #expect(try again.killed().values() == all)
    }

    @Test("a failed flush takes later segments along, and is over once the log was opened again")
    func poisonedPageCache() throws {
        let pages = LogFixture.smallSegments(.pageCache)
        let home = try LogOnDisk(settings: pages)
        try home.append(0..<5)
        try home.log.flush()
        try home.append(5..<60)
        home.disk.failNext(.flush, with: .inputOutput)
        _ = logError { try home.log.flush() }
        let again = try home.killed(settings: pages)
        #expect(try again.values() == LogOnDisk.values(0..<5))
        #expect(again.bases == [0])
        // Acknowledged from the page cache, and not flushed: killing must not take it.
        try again.append(60..<63)
        let all = LogOnDisk.values(0..<5) + LogOnDisk.values(60..<63)
        #expect(try again.killed(settings: pages).values() == all)
    }

    @Test("ends left behind by a clean close of another program are not believed")
    func staleEnds() throws {
        let home = try LogOnDisk()
        try home.append(0..<10)
        let ends = try #require(home.disk.contents(LogOnDisk.endsPath))
        try home.log.truncate(to: Offset(4))
        let again = try home.closed { $0.setContents(LogOnDisk.endsPath, ends) }
        #expect(again.log.recovery.isClean, "\(again.log.recovery)")
        #expect(again.log.ends.written == Offset(4))
        try again.append(20..<21)
        #expect(
            try again.killed().values() == LogOnDisk.values(0..<2) + LogOnDisk.values(20..<21))
    }

    @Test("ends that are torn or gone leave the checkpoint as the bound")
    func noEnds() throws {
        let (home, _, _) = try written(5)
        for bytes in [[], [UInt8](repeating: 0xDB, count: 4_180)] {
            let again = try home.killed { $0.setContents(LogOnDisk.endsPath, bytes) }
            #expect(again.log.recovery.knownFlushed == .zero)
            #expect(try again.values() == LogOnDisk.values(0..<5))
        }
    }

    // MARK: Epochs and indexes

    @Test("epochs that are missing or unreadable are collected from the batches, and reported")
    func rebuildsEpochs() throws {
        let home = try LogOnDisk()
        for epoch in [0, 0, 3, 7] {
            try home.append(bytes: LogFixture.batch("e"), epoch: LeaderEpoch(Int32(epoch)))
        }
        let path = LogOnDisk.folder + "/leader-epoch-checkpoint"
        let whole = try #require(home.disk.contents(path))
        for broken in ["1\n", "0\n9\n0 0\n", "0\n2\n3 2\n0 0\n", "garbage"] {
            let again = try home.killed { $0.setContents(path, Array(broken.utf8)) }
            #expect(again.log.recovery.rebuiltEpochs)
            #expect(again.disk.contents(path) == whole)
        }
        let next = home.disk.processDeath()
        try next.removeFile(path)
        let again = try LogOnDisk(next)
        #expect(again.log.recovery.rebuiltEpochs && again.log.latestEpoch == LeaderEpoch(7))
    }

    @Test("an index of a sealed segment that cannot be its own is made anew, byte for byte")
    func rebuildsIndexes() throws {
        let first = try LogOnDisk()
        try first.append(0..<60, padding: 500)
        let base = first.bases[1]
        let damages: [(String, (SimulatedDisk, String) -> Void)] = [
            ("missing", { disk, path in try? disk.removeFile(path) }),
            ("odd", { disk, path in disk.overwrite(path, [1], at: FilePosition(24)) }),
            (
                "full of zeros",
                { disk, path in disk.setContents(path, [UInt8](repeating: 0, count: 1_032)) }
            ),
        ]
        for suffix in ["index", "timeindex"] {
            let path = LogOnDisk.file(base, suffix)
            let whole = try #require(first.disk.contents(path))
            for (name, damage) in damages where suffix == "index" || name != "full of zeros" {
                let next = first.disk.processDeath()
                damage(next, path)
                let again = try LogOnDisk(next)
                #expect(
                    again.log.recovery.rebuiltIndexes.map(\.segment) == [Offset(base)],
                    "\(suffix) \(name)")
                #expect(again.disk.contents(path) == whole, "\(suffix) \(name)")
                #expect(try again.values() == LogOnDisk.values(0..<60, padding: 500))
                // The names of files that were made anew survive a power cut, too.
                #expect(again.disk.crash(keeping: .none).contents(path) == whole)
            }
        }
    }

    @Test("indexes of sealed segments survive a power cut after a clean close, whatever the policy")
    func closedIndexesAreDurable() throws {
        for policy in [FlushPolicy.durable, .pageCache, .interval(.seconds(1_000))] {
            let home = try LogOnDisk(settings: LogFixture.smallSegments(policy))
            try home.append(0..<60)
            try home.directory.close()
            let cut = home.disk.crash(keeping: .none)
            for path in home.disk.paths where path.hasSuffix("index") || path.hasSuffix(".log") {
                #expect(cut.contents(path) == home.disk.contents(path), "\(policy) \(path)")
            }
        }
    }

    @Test("leftovers of deletions and unfinished files go, and are named")
    func removesStrays() throws {
        let (home, _, _) = try written(3)
        let names = [
            "00000000000000000000.log.deleted", "00000000000000000007.index",
            "00000000000000000009.timeindex.cleaned", "leader-epoch-checkpoint.tmp",
        ]
        let again = try home.killed { disk in
            for name in names { disk.setContents(LogOnDisk.folder + "/" + name, [1]) }
            disk.setContents(LogOnDisk.folder + "/notes.txt", [1])
        }
        #expect(again.log.recovery.removedFiles == names)
        for name in names { #expect(again.disk.contents(LogOnDisk.folder + "/" + name) == nil) }
        #expect(again.disk.contents(LogOnDisk.folder + "/notes.txt") == [1])
    }

    @Test("a damaged segment never takes the place of another: the log is refused as it is")
    func refusesSwap() throws {
        let (home, _, _) = try written(3)
        let next = home.disk.processDeath()
        let path = LogOnDisk.file(0, "log.swap")
        next.setContents(path, [1])
        let before = next.contents(LogOnDisk.file(0))
        guard case .corrupt(let range) = logError({ try LogOnDisk(next) }) else {
            Issue.record("opened")
            return
        }
        #expect(range.path == path)
        #expect(next.contents(LogOnDisk.file(0)) == before)
    }

    @Test("a look at what recovery would do changes nothing")
    func previews() throws {
        let (home, base, size) = try written(5)
        let next = home.disk.processDeath()
        next.overwrite(LogOnDisk.file(base), [1, 2, 3], at: FilePosition(size))
        let directory = try DataDirectory(LogOnDisk.path, in: LogFixture.simulated(next))
        let from = next.operationCount
        let report = try directory.previewRecovery(of: LogFixture.name, settings: settings)
        #expect(report.cut?.size == ByteCount(3))
        #expect(next.operationCount == from)
        let log = try directory.openLog(LogFixture.name, settings: settings)
        #expect(log.recovery == report)
    }
}
