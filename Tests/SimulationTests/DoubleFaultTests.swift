import Testing
import VarveBytes
import VarveLog
import VarveProof
import VarveSim
import VarveSystem
import VarveTerms

/// Two failures in a row, of which the second meets what the first left behind.
@Suite("double faults")
struct DoubleFaultTests {
    private let settings = Workload.settings()

    private func open(_ disk: SimulatedDisk) throws -> (DataDirectory, Log) {
        let directory = try DataDirectory(
            Scene.path, in: Scene.surroundings(disk, boot: Scene.boot))
        return (directory, try directory.openLog(Scene.name(), settings: settings))
    }

    private func append(_ value: String, to log: Log) throws {
        let batch = try Scene.batch([value])
        try log.append(batch.rawSpan)
    }

    @Test("appends after a settled poison stay, though the ends file cannot be written")
    func settledPoison() throws {
        let disk = SimulatedDisk()
        let (_, first) = try open(disk)
        try append("0/a", to: first)
        disk.failNext(.flush, with: .inputOutput)
        #expect(throws: LogError.self) { try append("0/b", to: first) }

        let next = disk.processDeath()
        let (_, second) = try open(next)
        #expect(Contents(of: second.reader).values == ["0/a"])
        #expect(second.recovery.cut?.reason == .failedFlush)
        // The first opening is of the segment itself, which appends need.
        next.fail(ordinal: 1, of: [.open], with: .tooManyFiles, mode: .forGood)
        try append("0/c", to: second)

        for last in [next.processDeath(), next.crash(keeping: .none)] {
            let (_, third) = try open(last)
            #expect(Contents(of: third.reader).values == ["0/a", "0/c"])
        }
    }

    @Test("a log whose segment cannot be opened refuses an append, and takes the next")
    func noDescriptor() throws {
        let disk = SimulatedDisk()
        let (_, first) = try open(disk)
        try append("0/a", to: first)
        let next = disk.processDeath()
        let (_, second) = try open(next)
        next.fail(ordinal: 0, of: [.open], with: .tooManyFiles)
        #expect {
            try append("0/b", to: second)
        } throws: { error in
            guard case LogError.file(let failure) = error else { return false }
            return failure.error == .tooManyFiles
        }
        try append("0/c", to: second)
        #expect(Contents(of: second.reader).values == ["0/a", "0/c"])
    }

    @Test("names of a killed roll are durable, though the ends file cannot be written")
    func unsettledNames() throws {
        let disk = SimulatedDisk()
        let (_, log) = try open(disk)
        try append("0/a", to: log)
        let start = disk.operationCount
        try log.roll()
        for moment in start...disk.operationCount {
            let killed = SimulatedDisk(replaying: disk.trace, through: moment)
            let (_, next) = try open(killed)
            killed.fail(ordinal: 1, of: [.open], with: .tooManyFiles, mode: .forGood)
            try append("0/b", to: next)
            let (_, again) = try open(killed.crash(keeping: .none))
            #expect(Contents(of: again.reader).values == ["0/a", "0/b"], "killed after \(moment)")
        }
    }

    @Test("files of a failed roll that cannot be removed are not appended past")
    func leftoverSegment() throws {
        for ordinal in 1...2 {
            let disk = SimulatedDisk()
            let (directory, log) = try open(disk)
            try append("0/a", to: log)
            disk.fail(ordinal: ordinal, of: [.open], with: .tooManyFiles)
            disk.fail(ordinal: 0, of: [.remove], with: .inputOutput)
            #expect(throws: LogError.self) { try log.roll() }
            disk.clearFaults()
            try append("0/b", to: log)
            try append("0/c", to: log)
            let killed = disk.processDeath()
            try directory.close()
            for last in [killed, disk] {
                let (_, again) = try open(last)
                #expect(Contents(of: again.reader).values == ["0/a", "0/b", "0/c"])
                #expect(again.recovery.damaged.isEmpty)
            }
        }
    }

    @Test("a truncation takes the files of a failed roll along")
    func leftoverBehindTruncation() throws {
        let disk = SimulatedDisk()
        let (directory, log) = try open(disk)
        for value in ["0/a", "0/b", "0/c"] { try append(value, to: log) }
        disk.fail(ordinal: 1, of: [.open], with: .tooManyFiles)
        disk.fail(ordinal: 0, of: [.remove], with: .inputOutput)
        #expect(throws: LogError.self) { try log.roll() }
        disk.clearFaults()
        try log.truncate(to: Offset(1))
        try directory.close()
        let (_, again) = try open(disk)
        #expect(again.ends.written == Offset(1))
        #expect(again.recovery.isClean && again.recovery.gaps.isEmpty)
    }

    @Test("segments that could not be removed stay deleted, and go later")
    func doomedSegments() throws {
        let disk = SimulatedDisk()
        let (directory, log) = try open(disk)
        for value in ["0/a", "0/b", "0/c"] {
            try append(value, to: log)
            try log.roll()
        }
        disk.failNext(.remove, with: .inputOutput)
        #expect(throws: LogError.self) { try log.deleteRecords(before: Offset(2)) }
        try directory.close()
        let (_, again) = try open(disk)
        #expect(again.ends.start == Offset(2))
        #expect(Contents(of: again.reader).values == ["0/c"])
        try again.applyRetention(now: .none)
        #expect(disk.paths.contains { $0.hasSuffix("00000000000000000000.log") } == false)
    }

    @Test("an epoch that could not be stored is stored with the next append")
    func epochs() throws {
        let disk = SimulatedDisk()
        let (directory, log) = try open(disk)
        let batch = try Scene.batch(["7/a"])
        let epoch = try #require(LeaderEpoch(exactly: 7))
        disk.failNext(.rename, with: .inputOutput)
        #expect(throws: LogError.self) { try log.append(batch.rawSpan, epoch: epoch) }
        #expect(log.latestEpoch == nil)
        try log.append(batch.rawSpan, epoch: epoch)
        try directory.close()
        let (_, again) = try open(disk)
        #expect(again.latestEpoch == epoch)
        #expect(!again.recovery.rebuiltEpochs)
    }
}
