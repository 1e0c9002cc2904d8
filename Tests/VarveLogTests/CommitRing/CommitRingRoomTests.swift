import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

/// What makes room in the ring: slices of flushes, frames that nobody needs, and a new file for
/// what only the ring has.
@Suite("CommitRing, full")
struct CommitRingRoomTests {
    private let first = LogOnDisk.values(0..<1)

    // MARK: What fails

    /// Three logs of which one can be neither flushed nor written anew.
    private func stopped() throws -> SharedLogs {
        let home = try SharedLogs()
        for batch in 0..<3 { try home.append(batch) }
        home.disk.fail(
            ordinal: 0, of: [.flush, .write], at: SharedLogs.file(1), with: .inputOutput,
            mode: .forGood)
        guard case .poisoned = logError({ try home.logs[1].noteForCheckpoint() }) else {
            throw LogError.closed(path: "a failed flush was believed")
        }
        return home
    }

    @Test("a log that can be neither flushed nor written anew holds up no cut of another")
    func cutBesideStopped() throws {
        let home = try stopped()
        try home.logs[0].truncate(to: Offset(2))
        for again in [try home.powerCut(), try home.killed()] {
            #expect(try again.values(0) == first)
            #expect(try again.values(1) == LogOnDisk.values(0..<3))
            #expect(try again.values(2) == LogOnDisk.values(0..<3))
            #expect(again.directory.replayed?.shares.map(\.folder) == ["log-1"])
        }
        // Another round goes on in the new file, and does not lose the log either.
        #expect(try home.append(3, to: [0, 2]) == [nil, nil])
        try home.logs[2].truncate(to: Offset(2))
        try home.logs[0].truncate(to: Offset(2))
        let again = try home.powerCut()
        #expect(try again.values(0) == first)
        #expect(try again.values(1) == LogOnDisk.values(0..<3))
        #expect(try again.values(2) == first)
    }

    @Test("it is not cut itself, and goes on once it can be written to")
    func cutOfStopped() throws {
        let home = try stopped()
        #expect(logError { try home.logs[1].resume() } != nil)
        try home.logs[0].truncate(to: Offset(2))
        home.disk.clearFaults()
        #expect(try home.logs[1].resume()?.dropped == Offset(6)..<Offset(6))
        #expect(try home.append(3) == [nil, nil, nil])
        let again = try home.powerCut()
        #expect(try again.values(0) == first + LogOnDisk.values(3..<4))
        #expect(try again.values(1) == LogOnDisk.values(0..<4))
    }

    @Test("when any call of the new file fails, what was acknowledged is in one of the two")
    func renewalFails() throws {
        var refusals = 0
        for ordinal in 0..<40 {
            let home = try stopped()
            home.disk.fail(ordinal: ordinal, with: .inputOutput, mode: .once)
            let isCut = (try? home.logs[0].truncate(to: Offset(2))) != nil
            home.disk.clearFaults()
            for again in [try home.powerCut(), try home.powerCut(keeping: .all)] {
                let values = try again.values(0)
                #expect(isCut ? values == first : values.starts(with: first), "call \(ordinal)")
                #expect(try again.values(1) == LogOnDisk.values(0..<3), "call \(ordinal)")
                #expect(try again.values(2) == LogOnDisk.values(0..<3), "call \(ordinal)")
            }
            // What comes later meets a ring that works, or none.
            for batch in 3..<9 { _ = try? home.append(batch, to: [0, 2]) }
            #expect(try home.powerCut().values(1) == LogOnDisk.values(0..<3), "call \(ordinal)")
            refusals += isCut ? 0 : 1
        }
        #expect(refusals > 5)
    }

    @Test("a new file is not made of a ring that is damaged where it alone has something")
    func damagedRenewal() throws {
        let home = try stopped()
        home.disk.flipBit(SharedLogs.ring, (SharedLogs.firstFrame + 4096 + 9) * 8)
        #expect(logError { try home.logs[0].truncate(to: Offset(2)) } != nil)
        #expect(try home.powerCut().values(0) == LogOnDisk.values(0..<3))
    }

    // MARK: Slices

    @Test("a full ring is drained in slices: no commit waits for a flush of all logs")
    func slices() throws {
        var settings = LogFixture.smallSegments()
        settings.segmentSizeMax = .mib(1)
        let home = try SharedLogs(count: 64, ringSize: .kib(512), settings: settings)
        var largest = 0
        var total = 0
        for batch in 0..<50 {
            let start = home.disk.operationCount
            #expect(try home.append(batch, padding: 0).allSatisfy { $0 == nil })
            // The frame, sixteen logs, both headers; rarely the directories of a new file.
            let count = home.counts(since: start)[.flush] ?? 0
            if batch > 0 { largest = max(largest, count) }
            total += count
            guard batch % 6 == 5 else { continue }
            let again = try home.powerCut()
            for number in stride(from: 0, to: 64, by: 9) {
                #expect(
                    try again.values(number) == LogOnDisk.values(0..<batch + 1, padding: 0),
                    "log \(number) after \(batch)")
            }
        }
        #expect(largest <= 16 + 1 + 2)
        #expect(total < 50 + 64 * 4 + 20)
    }

    @Test("frames go round and round, and each crash finds those that count")
    func wraps() throws {
        let home = try SharedLogs(ringSize: .kib(44))
        var counts = [0, 0, 0]
        for batch in 0..<60 {
            // The third log is written to once in a while.
            let numbers = batch % 7 == 6 ? [0, 1, 2] : [0, 1]
            #expect(try home.append(batch, to: numbers, padding: 0).allSatisfy { $0 == nil })
            for number in numbers { counts[number] += 1 }
            let again = try home.powerCut()
            #expect(again.directory.replayed?.damage == [])
            for number in 0..<2 {
                #expect(
                    try again.values(number) == LogOnDisk.values(0..<batch + 1, padding: 0),
                    "batch \(batch)")
            }
            #expect(try again.values(2).count == 2 * counts[2], "batch \(batch)")
        }
    }

    @Test("a ring whose logs are checkpointed begins anew and stays small")
    func staysSmall() throws {
        var settings = LogFixture.smallSegments()
        settings.segmentSizeMax = .mib(4)
        let home = try SharedLogs(ringSize: .mib(8), settings: settings)
        for batch in 0..<24 {
            try home.append(batch, padding: 30_000)
            if batch % 4 == 3 { try home.directory.checkpoint() }
        }
        #expect(home.disk.contents(SharedLogs.ring)?.count == 1 << 20)
        #expect(try home.powerCut().values(1).count == 48)
    }

    // MARK: Names

    @Test("a deletion flushes no other log, and a log that gets the name gets none of its bytes")
    func deletion() throws {
        let home = try SharedLogs()
        for batch in 0..<3 { try home.append(batch) }
        let start = home.disk.operationCount
        let name = try SharedLogs.name(1)
        try home.directory.deleteLog(name)
        #expect(home.counts(since: start)[.flush] == nil)
        _ = try home.directory.openFuture(name, settings: LogFixture.smallSegments())
        try home.directory.promoteFuture(name)
        let again = try home.powerCut()
        #expect(again.directory.replayed?.shares ?? [] == [])
        #expect(try again.values(1) == [])
        #expect(try again.values(2) == LogOnDisk.values(0..<3))
    }
}
