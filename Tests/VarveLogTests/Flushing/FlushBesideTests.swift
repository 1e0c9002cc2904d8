import Testing
import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("Log, flushes beside its owner")
struct FlushBesideTests {
    /// A log with the batches 0 to 5, and a worker that holds flushes.
    private struct Home {
        let home: LogOnDisk
        let flushes = HeldFlushes()

        init() throws {
            home = try LogOnDisk()
            try home.append(0..<5)
        }

        var log: Log { home.log }
        var disk: SimulatedDisk { home.disk }

        /// Appends batches and does not wait for the disk.
        func write(_ numbers: Range<Int>) throws {
            for number in numbers {
                let batch = try LogFixture.batch(
                    "r\(number)", count: 2, timestamp: 1_000 + Int64(number) * 10, padding: 40)
                try log.write(batch.rawSpan, now: disk.clock.wallClock())
            }
        }

        func begin() { _ = Log.beginFlush(of: [log], by: flushes) {} }
    }

    // MARK: Failures

    @Test("a flush that fails takes all with it that was appended since it began")
    func failure() throws {
        let home = try Home()
        try home.write(5..<6)
        home.begin()
        try home.write(6..<7)
        home.disk.failNext(.flush, with: .inputOutput)
        home.flushes.runNext()
        // Until the owner looks, nothing is known.
        #expect(home.log.ends.flushed == Offset(10))
        guard case .poisoned? = logError({ try home.log.finishFlush() }) else {
            Issue.record("the failure is not told")
            return
        }
        #expect(logError { try home.write(7..<8) } != nil)
        #expect(logError { try home.log.flush() } != nil)
        #expect(try home.home.killed().values() == LogOnDisk.values(0..<5))
        #expect(try home.home.powerCut().values() == LogOnDisk.values(0..<5))
        #expect(try home.log.resume()?.dropped == Offset(10)..<Offset(14))
        try home.home.append(5..<6)
        #expect(try home.home.powerCut().values() == LogOnDisk.values(0..<6))
    }

    /// What has to know the outcome of a flush that runs.
    enum Action: CaseIterable {
        case flush, roll, truncate, append, closeLog, close, share
    }

    private func perform(_ action: Action, on home: Home) throws {
        switch action {
        case .flush: try home.log.flush()
        case .roll: try home.log.roll()
        case .truncate: try home.log.truncate(to: Offset(11))
        case .append: try home.home.append(7..<8)
        case .closeLog: try home.home.directory.closeLog(home.log.name)
        case .close: try home.home.directory.close()
        case .share: try home.home.directory.flush([home.log])
        }
    }

    @Test(
        "whoever has to know waits for the flush, and meets its failure", arguments: Action.allCases
    )
    func waitsAndFails(_ action: Action) throws {
        let home = try Home()
        try home.write(5..<6)
        home.begin()
        try home.write(6..<7)
        home.disk.failNext(.flush, with: .inputOutput)
        guard case .poisoned? = logError({ try perform(action, on: home) }) else {
            Issue.record("\(action) does not meet the failure")
            return
        }
        #expect(home.flushes.count == 0)
        #expect(try home.home.powerCut().values() == LogOnDisk.values(0..<5))
    }

    @Test("whoever has to know waits for the flush, and goes on", arguments: Action.allCases)
    func waits(_ action: Action) throws {
        let home = try Home()
        try home.write(5..<6)
        home.begin()
        try home.write(6..<7)
        try perform(action, on: home)
        #expect(home.flushes.count == 0)
        let kept = action == .truncate ? 0..<5 : action == .append ? 0..<8 : 0..<7
        #expect(try home.home.powerCut().values() == LogOnDisk.values(kept))
    }

    @Test("a log that stopped for another reason waits for the flush before it resumes")
    func resumes() throws {
        let home = try Home()
        try home.write(5..<6)
        home.begin()
        // A write that fails, and cannot be cut back.
        home.disk.fail(ordinal: 0, of: [.write, .resize], with: .inputOutput, mode: .forGood)
        guard case .poisoned? = logError({ try home.write(6..<7) }) else {
            Issue.record("the log did not stop")
            return
        }
        home.disk.clearFaults()
        #expect(home.flushes.count == 1)
        #expect(try home.log.resume()?.dropped == Offset(10)..<Offset(12))
        #expect(home.flushes.count == 0)
        #expect(!home.log.isFlushing)
        try home.home.append(5..<6)
        #expect(try home.home.powerCut().values() == LogOnDisk.values(0..<6))
    }

    @Test("a flush that never ran made nothing durable")
    func neverRan() throws {
        let home = try Home()
        try home.write(5..<6)
        home.begin()
        home.flushes.forgetAll()
        #expect(logError { try home.log.finishFlush() } != nil)
        #expect(home.log.ends.flushed == Offset(10))
    }

    @Test("each call fails in turn, and what was acknowledged stays")
    func sweep() throws {
        for ordinal in 0..<200 {
            let home = try Home()
            home.disk.fail(ordinal: ordinal, of: nil, with: .inputOutput)
            var acknowledged = 5
            var next = 5
            for round in 0..<4 {
                do {
                    try home.write(next..<next + 1)
                    if round > 0 { try home.log.finishFlush() }
                    acknowledged = round > 0 ? next : acknowledged
                    home.begin()
                    next += 1
                    try home.write(next..<next + 1)
                    home.flushes.runNext()
                    next += 1
                    try home.log.finishFlush()
                    acknowledged = next - 1
                    if home.log.sizeForFlushBeside > .zero { home.begin() }
                } catch is LogError {
                    break
                }
            }
            let kept = try home.home.powerCut()
            let values = try kept.values()
            #expect(values.count >= acknowledged * 2, "call \(ordinal)")
            #expect(LogOnDisk.values(0..<20).starts(with: values), "call \(ordinal)")
            if home.disk.faultHitCount == 0 { return }
        }
        Issue.record("it takes more than 200 calls")
    }

    // MARK: What a flush covers

    @Test("what is appended while a flush runs is not durable by it")
    func covers() throws {
        let home = try Home()
        try home.write(5..<6)
        home.begin()
        #expect(home.log.isFlushing)
        #expect(home.log.sizeForFlushBeside == .zero)
        try home.write(6..<7)
        home.flushes.runNext()
        try home.log.finishFlush()
        // The kernel took it along; nobody may rely on that.
        #expect(home.log.ends.flushed == Offset(12))
        #expect(home.log.ends.written == Offset(14))
        #expect(try home.home.values() == LogOnDisk.values(0..<6))
        #expect(home.log.sizeForFlushBeside > .zero)
        // Damage in it is a torn tail to the next opening, and no damage of flushed records.
        let next = try home.home.killed { disk in
            let path = LogOnDisk.file(0)
            var bytes = disk.contents(path) ?? []
            bytes[bytes.count - 3] ^= 1
            disk.setContents(path, bytes)
        }
        #expect(try next.values() == LogOnDisk.values(0..<6))
        #expect(next.log.recovery.damaged.isEmpty, "\(next.log.recovery)")
        try next.append(6..<8)
        #expect(try next.values() == LogOnDisk.values(0..<8))
    }

    @Test("a log that is deleted while a flush runs leaves it its descriptor")
    func deleted() throws {
        let home = try Home()
        try home.write(5..<6)
        home.begin()
        try home.home.directory.deleteLog(home.log.name)
        home.flushes.runNext()
        #expect(home.flushes.count == 0)
        #expect(logError { try home.log.finishFlush() } == .closed(path: LogOnDisk.folder))
        let again = try home.home.directory.openLog(home.log.name)
        #expect(again.ends.written == .zero)
    }

    @Test("one job flushes several logs, and each takes its own outcome")
    func several() throws {
        let home = try Home()
        let other = try home.home.directory.openLog(
            try #require(LogName(topic: "other", partition: 0)))
        try home.write(5..<6)
        let batch = try LogFixture.batch("x", count: 2, timestamp: 1_000, padding: 40)
        try other.append(batch.rawSpan)
        try other.write(batch.rawSpan, now: home.disk.clock.wallClock())
        let job = Log.beginFlush(of: [home.log, other], by: home.flushes) {}
        home.disk.fail(ordinal: 1, of: [.flush], with: .inputOutput)
        home.flushes.runNext()
        #expect(job.isDone)
        try home.log.finishFlush()
        #expect(home.log.ends.flushed == Offset(12))
        #expect(logError { try other.finishFlush() } != nil)
        #expect(other.ends.flushed == Offset(2))
    }
}
