import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("Log, resuming after a failed flush")
struct LogResumeTests {
    /// A log of 40 records whose flush of two more failed.
    private func stopped(_ settings: LogSettings = LogFixture.smallSegments()) throws -> LogOnDisk {
        let home = try LogOnDisk(settings: settings)
        try home.append(0..<20)
        home.disk.failNext(.flush, with: .inputOutput)
        guard case .poisoned = logError({ try home.append(20..<21) }) else {
            throw LogError.closed(path: "the flush did not fail")
        }
        return home
    }

    // MARK: Not resumed

    @Test("a log that still cannot flush stays stopped, and is resumed when it can")
    func failsAgain() throws {
        for ordinal in 0..<200 {
            let home = try stopped()
            home.disk.fail(ordinal: ordinal, of: nil, with: .inputOutput)
            let didResume = (try? home.log.resume()) != nil
            let wasHit = home.disk.faultHitCount > 1
            home.disk.clearFaults()
            if !didResume {
                #expect(logError { try home.append(30..<31) } != nil, "call \(ordinal)")
                #expect(try home.killed().values() == LogOnDisk.values(0..<20), "call \(ordinal)")
                #expect(try home.log.resume() != nil, "call \(ordinal)")
            }
            try home.append(20..<22)
            #expect(try home.values() == LogOnDisk.values(0..<22), "call \(ordinal)")
            #expect(try home.powerCut().values() == LogOnDisk.values(0..<22), "call \(ordinal)")
            try home.directory.close()
            let again = try LogOnDisk(home.disk)
            #expect(try again.values() == LogOnDisk.values(0..<22), "call \(ordinal)")
            #expect(again.log.recovery.isClean, "call \(ordinal): \(again.log.recovery)")
            if !wasHit { return }
        }
        Issue.record("resuming takes more than 200 calls")
    }

    @Test("a truncation that failed half way is resumed from, in the same process")
    func halfCut() throws {
        var stoppedCount = 0
        for ordinal in 0..<200 {
            let home = try LogOnDisk()
            try home.append(0..<60)
            try #require(home.log.segmentCount > 2)
            home.disk.fail(ordinal: ordinal, of: nil, with: .noSpace)
            var error: LogError?
            do throws(LogError) {
                _ = try home.log.truncate(to: Offset(4))
            } catch let caught {
                error = caught
            }
            let wasHit = home.disk.faultHitCount > 0
            home.disk.clearFaults()
            if case .poisoned? = error {
                stoppedCount += 1
                _ = try home.log.resume()
            }
            let end = Int(home.log.ends.written.rawValue / 2)
            #expect(end == 2 || error != nil && end == 60, "call \(ordinal): \(end)")
            try home.append(end..<end + 3)
            #expect(try home.values() == LogOnDisk.values(0..<end + 3), "call \(ordinal)")
            #expect(try home.powerCut().values() == LogOnDisk.values(0..<end + 3))
            if !wasHit {
                #expect(stoppedCount > 3)
                return
            }
        }
        Issue.record("truncating takes more than 200 calls")
    }

    @Test("a log is not resumed while a reader holds bytes of the segment that is cut")
    func pinned() throws {
        let home = try stopped()
        do {
            guard case .batches(let held) = try home.log.reader.read(from: Offset(39)) else {
                Issue.record("nothing to hold")
                return
            }
            #expect(logError { try home.log.resume() } == .pinned(path: LogOnDisk.folder))
            #expect(held.nextOffset == Offset(40))
        }
        #expect(try home.log.resume()?.dropped == Offset(40)..<Offset(42))
    }

    @Test("a sound log has nothing to resume, a closed one cannot")
    func notStopped() throws {
        let home = try LogOnDisk()
        try home.append(0..<1)
        #expect(try home.log.resume() == nil)
        #expect(home.log.segmentCount == 1)
        try home.directory.close()
        #expect(logError { try home.log.resume() } == .closed(path: LogOnDisk.folder))
    }

    // MARK: Resumed

    @Test("a resumed log goes on in a new file, and never writes the one that failed")
    func newFile() throws {
        let home = try stopped()
        let segment = home.disk.paths.filter { $0.hasSuffix(".log") }.last
        let resumption = try home.log.resume()
        #expect(resumption?.dropped == Offset(40)..<Offset(42))
        #expect(resumption?.cause.error == .inputOutput)
        let path = try #require(segment)
        let before = home.disk.contents(path)
        try home.append(20..<24)
        #expect(home.disk.contents(path) == before)
        #expect(home.disk.paths.contains(LogOnDisk.file(40)))
        #expect(try home.values() == LogOnDisk.values(0..<24))
    }

    @Test("a segment of which nothing was flushed is replaced by a new file of its name")
    func emptySegment() throws {
        let home = try LogOnDisk()
        home.disk.failNext(.flush, with: .inputOutput)
        _ = logError { try home.append(0..<1) }
        for ordinal in 0..<12 {
            home.disk.fail(ordinal: ordinal, of: nil, with: .inputOutput)
            if (try? home.log.resume()) != nil { break }
            home.disk.clearFaults()
        }
        home.disk.clearFaults()
        #expect(home.log.segmentCount == 1)
        try home.append(0..<3)
        #expect(try home.values() == LogOnDisk.values(0..<3))
        #expect(try home.powerCut().values() == LogOnDisk.values(0..<3))
    }

    @Test("under the page-cache policy what was not flushed is given up, over all its segments")
    func pageCache() throws {
        var settings = LogFixture.smallSegments()
        settings.flushPolicy = .pageCache
        let home = try LogOnDisk(settings: settings)
        try home.append(0..<10)
        try home.log.flush()
        try home.append(10..<80)
        #expect(home.log.segmentCount > 3)
        home.disk.failNext(.flush, with: .inputOutput)
        #expect(logError { try home.log.flush() } != nil)
        #expect(try home.log.resume()?.dropped == Offset(20)..<Offset(160))
        #expect(home.log.segmentCount == 2)
        try home.append(80..<82)
        try home.log.flush()
        let expected = LogOnDisk.values(0..<10) + LogOnDisk.values(80..<82)
        #expect(try home.values() == expected)
        #expect(try home.powerCut(settings: settings).values() == expected)
    }

    @Test("power may be cut after every operation of a resumption: what was safe is there")
    func crashes() throws {
        let home = try stopped()
        let start = home.disk.operationCount
        try home.log.resume()
        try home.append(20..<21)
        let end = home.disk.operationCount
        for moment in start...end {
            let replayed = SimulatedDisk(replaying: home.disk.trace, through: moment)
            for left in [
                replayed.crash(keeping: .none), replayed.crash(keeping: .all),
                replayed.processDeath(),
            ] {
                // Nobody of the replayed life was told of the failed flush: the first to flush is.
                let boot = UniqueID(high: 3, low: 3)
                let again =
                    try (try? LogOnDisk(left, bootID: boot))
                    ?? LogOnDisk(left, bootID: boot)
                let values = try again.values()
                #expect(values.starts(with: LogOnDisk.values(0..<20)), "after \(moment)")
                #expect(LogOnDisk.values(0..<21).starts(with: values), "after \(moment)")
                #expect(moment < end || values.count == 42, "after the append, \(moment)")
                guard (try? again.append(50..<51)) == nil else { continue }
                try again.log.resume()
                try again.append(50..<51)
                #expect(try again.values() == values + LogOnDisk.values(50..<51))
            }
        }
    }
}
