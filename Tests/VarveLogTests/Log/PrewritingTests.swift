import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Logs whose files have zeros behind their batches.
@Suite("prewriting")
struct PrewritingTests {
    private func settings(_ size: Int = 700, policy: FlushPolicy = .durable) -> LogSettings {
        var settings = LogFixture.smallSegments(policy)
        settings.prewriting = ByteCount(size)
        return settings
    }

    private func disk() -> SimulatedDisk {
        SimulatedDisk(options: DiskOptions(writeGranularity: .sectors))
    }

    /// A log that has written zeros ahead, and what its file holds.
    private func ahead() throws -> (home: LogOnDisk, bytes: [UInt8], size: Int) {
        let home = try LogOnDisk(disk(), settings: settings())
        try home.append(0..<9)
        let bytes = try #require(home.disk.contents(LogOnDisk.file(home.bases[0])))
        return (home, bytes, home.log.segments[0].writtenSize)
    }

    // MARK: Failures

    @Test("zeros that do not fit leave the append as it is, and the disk as full as it was")
    func withoutRoom() throws {
        var settings = settings(60_000)
        settings.segmentSizeMax = .mib(1)
        let room = ByteCount.mib(4)
        let home = try LogOnDisk(
            SimulatedDisk(options: DiskOptions(capacity: room)), settings: settings)
        try home.append(0..<6, padding: 5_000)
        let used = room.bytes - (try home.disk.freeSpace(at: LogOnDisk.path).bytes)
        home.disk.capacity = ByteCount(used + 24 * 1_024)
        try home.append(6..<7, padding: 5_000)
        #expect(home.disk.contents(LogOnDisk.file(0))?.count == home.log.size.bytes)
        try home.append(7..<8, padding: 1_000)
        #expect(home.log.ends.flushed == Offset(16))
        home.disk.capacity = nil
        try home.append(8..<9, padding: 5_000)
        #expect(home.disk.contents(LogOnDisk.file(0))?.count ?? 0 > home.log.size.bytes)
    }

    @Test("a write that fails leaves neither batch nor zeros")
    func failedAppend() throws {
        let (home, _, _) = try ahead()
        home.disk.failNext(.write, with: .inputOutput)
        let batch = try LogFixture.batch("x", count: 2, padding: 900)
        #expect(logError { try home.log.append(batch.rawSpan) } != nil)
        #expect(home.disk.contents(LogOnDisk.file(0))?.count == home.log.segments[0].writtenSize)
        home.disk.clearFaults()
        try home.append(9..<12)
        #expect(try home.killed(settings: settings()).values() == LogOnDisk.values(0..<12))
    }

    @Test("a flush that fails while the file gets its true length stops the log")
    func failedTrim() throws {
        let (home, _, _) = try ahead()
        home.disk.failNext(.flush, with: .inputOutput)
        guard case .poisoned = logError({ try home.log.roll() }) else {
            Issue.record("a failed flush was believed")
            return
        }
        let again = try home.powerCut(settings: settings())
        #expect(try again.values() == LogOnDisk.values(0..<9))
    }

    // MARK: What files hold

    @Test("zeros follow the batches of the active segment, and appends go over them")
    func zeros() throws {
        let (home, bytes, size) = try ahead()
        #expect(bytes.count > size)
        #expect(bytes[size...].allSatisfy { $0 == 0 })
        #expect(home.log.size == ByteCount(size))
        #expect(try home.values() == LogOnDisk.values(0..<9))
        let length = bytes.count
        try home.append(bytes: try LogFixture.batch("small"))
        #expect(home.disk.contents(LogOnDisk.file(0))?.count == length, "nothing grew")
    }

    @Test("policies that wait for no flush write nothing ahead")
    func otherPolicies() throws {
        for policy in [FlushPolicy.pageCache, .interval(.zero)] {
            let home = try LogOnDisk(settings: settings(policy: policy))
            try home.append(0..<9)
            #expect(
                home.disk.contents(LogOnDisk.file(0))?.count == home.log.segments[0].writtenSize)
        }
    }

    @Test("a log that takes few bytes writes nothing ahead")
    func fewBytes() throws {
        let home = try LogOnDisk(settings: settings(64 << 10))
        try home.append(0..<9)
        #expect(home.disk.contents(LogOnDisk.file(0))?.count == home.log.segments[0].writtenSize)
    }

    @Test("appends that share a large flush are followed by no zeros")
    func largeFlushes() throws {
        var settings = settings(4_096)
        settings.segmentSizeMax = .mib(4)
        let home = try LogOnDisk(settings: settings)
        let now = home.disk.clock.wallClock()
        let batch = try LogFixture.batch("x", padding: 60_000)
        try home.append(bytes: batch)
        for _ in 0..<2 { try home.log.write(batch.rawSpan, now: now) }
        #expect(home.disk.contents(LogOnDisk.file(0))?.count ?? 0 > home.log.size.bytes)
        // Beyond 128 KiB that wait for one flush.
        try home.log.write(batch.rawSpan, now: now)
        #expect(home.disk.contents(LogOnDisk.file(0))?.count == home.log.size.bytes)
        try home.log.flush()
        try home.log.write(batch.rawSpan, now: now)
        #expect(home.disk.contents(LogOnDisk.file(0))?.count ?? 0 > home.log.size.bytes)
    }

    @Test("sealed segments have their true length before another one has a name")
    func sealed() throws {
        let home = try LogOnDisk(disk(), settings: settings())
        try home.append(0..<60)
        #expect(home.bases.count >= 3)
        let next = home.disk.crash(keeping: .none)
        for segment in home.log.segments.dropLast() {
            #expect(next.contents(segment.paths.log)?.count == segment.writtenSize)
        }
    }

    @Test("a directory that was closed is byte for byte what it is without")
    func closed() throws {
        let contents = try [0, 700, 5_000].map { size in
            let home = try LogOnDisk(settings: settings(size))
            try home.append(0..<70)
            try home.log.truncate(to: Offset(131))
            try home.append(70..<75)
            try home.directory.close()
            // Sidecars say when they were begun.
            let names = home.disk.paths.filter {
                $0.hasPrefix(LogOnDisk.folder + "/") && !$0.hasSuffix(".varve")
            }.sorted()
            return names.map { "\($0) \(home.disk.contents($0) ?? [])" }
        }
        #expect(contents[0].count > 10)
        #expect(contents[1] == contents[0] && contents[2] == contents[0])
    }

    @Test("other processes, the status and a look through all of it see batches only")
    func lookedAt() throws {
        let (home, _, size) = try ahead()
        let reader = try ReadOnlyLog(
            LogFixture.name, in: LogOnDisk.path, fileSystem: home.disk)
        #expect(reader.ends.written == home.log.ends.written && reader.size == ByteCount(size))
        let status = try DirectoryStatus(LogOnDisk.path, in: home.disk).logs[0].status.get()
        #expect(status.size == ByteCount(size) && status.end == home.log.ends.written)
        var file = try BatchFile(LogOnDisk.file(0), in: home.disk)
        var blank: [Bool] = []
        while let step = try file.next() {
            if case .damage(let range) = step { blank.append(file.isBlank(range)) }
        }
        #expect(blank == [true])
    }

    // MARK: After crashes

    @Test("after a death the file gets its true length, and nothing counts as cut")
    func killed() throws {
        let (home, _, size) = try ahead()
        let again = try home.killed(settings: settings())
        #expect(again.log.recovery.isClean && again.log.recovery.cut == nil)
        #expect(again.log.recovery.trimmedSize > .zero)
        #expect(again.disk.contents(LogOnDisk.file(0))?.count == size)
        #expect(try again.values() == LogOnDisk.values(0..<9))
    }

    @Test("any sectors of what was not flushed may be lost, also in the opening that follows")
    func powerCuts() throws {
        let home = try LogOnDisk(disk(), settings: settings())
        try home.append(0..<5)
        var plan = CrashPlan.wholeWrites
        plan.moments = .beforeFlushes
        plan.subsetAtomCountMax = 7
        plan.doubleOmissionCountMax = 30
        plan.randomCount = 30
        plan.leavesOutEqual = true
        plan.firstMoment = home.disk.operationCount
        // How many batches had been acknowledged after so many operations.
        var acknowledged = [(home.disk.operationCount, 5)]
        for number in 5..<14 {
            try home.append(number..<number + 1, padding: [40, 260, 90][number % 3])
            acknowledged.append((home.disk.operationCount, number + 1))
        }
        let values = try home.values()
        var (count, holes) = (0, 0)
        try CrashStates.forEach(of: home.disk.trace, under: plan) { disk, label in
            count += 1
            let least = acknowledged.last { $0.0 <= label.moment }?.1 ?? 5
            holes += try judge(disk, values, least: least, label, isFirst: count % 40 == 0) ? 1 : 0
        }
        #expect(count > 200 && holes > 20, "\(count) states, \(holes) with a cut")
    }

    /// - Returns: whether something was cut.
    private func judge(
        _ disk: SimulatedDisk, _ values: [String], least: Int, _ label: CrashLabel, isFirst: Bool
    ) throws -> Bool {
        if isFirst {
            // Power goes once more, after each step of this opening.
            let start = disk.operationCount
            _ = try LogOnDisk(disk, settings: settings(), bootID: UniqueID(high: 2, low: 2))
            var plan = CrashPlan.wholeWrites
            (plan.firstMoment, plan.subsetAtomCountMax, plan.randomCount) = (start, 3, 3)
            try CrashStates.forEach(of: disk.trace, under: plan) { again, second in
                _ = try judge(again, values, least: least, second, isFirst: false)
            }
            return false
        }
        let home = try LogOnDisk(disk, settings: settings(), bootID: UniqueID(high: 3, low: 3))
        let found = try home.values()
        #expect(found == Array(values.prefix(found.count)), "\(label)")
        #expect(found.count >= 2 * least, "\(label)")
        #expect(home.log.recovery.damaged.isEmpty, "\(label)")
        for segment in home.log.segments {
            #expect(disk.contents(segment.paths.log)?.count == segment.writtenSize, "\(label)")
        }
        return home.log.recovery.cut != nil
    }
}
