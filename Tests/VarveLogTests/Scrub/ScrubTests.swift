import Testing
import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("scrub")
struct ScrubTests {
    private func flip(_ disk: SimulatedDisk, byte: Int, of base: Int64 = 0) {
        disk.flipBit(LogOnDisk.file(base), byte * 8)
    }

    /// Goes through a log to its end, in steps of so many bytes.
    private func scrubbed(
        _ log: Log, budget: Int = 512
    ) throws -> (size: Int, found: [CorruptRange]) {
        var scrub = Scrub(of: log.reader)
        var (size, found) = (0, [CorruptRange]())
        while true {
            let progress = try scrub.step(budget: ByteCount(budget))
            size += progress.size.bytes
            found += progress.found
            if progress.isDone { return (size, found) }
        }
    }

    @Test("damage in every segment is found in one round, and fenced as a read would")
    func finds() throws {
        let home = try LogOnDisk()
        try home.append(0..<60)
        let bases = home.bases.sorted()
        try #require(bases.count >= 3)
        let damaged = try home.closed { disk in
            for base in bases { flip(disk, byte: 300, of: base) }
        }
        for budget in [1, 100, 1 << 20] {
            let (size, found) = try scrubbed(damaged.log, budget: budget)
            #expect(found.count == bases.count && size == damaged.log.size.bytes)
            for range in found {
                let read = Damage.corruptRange {
                    try damaged.values(from: range.offsets.lowerBound.rawValue)
                }
                #expect(read == range)
            }
        }
        #expect(damaged.log.quarantine.ranges.count == bases.count)
    }

    @Test("a fence around bytes that are sound again is lifted")
    func lifts() throws {
        let home = try LogOnDisk()
        try home.append(0..<20)
        let damaged = try home.closed { flip($0, byte: 300) }
        _ = try scrubbed(damaged.log)
        #expect(damaged.log.quarantine.ranges.count == 1)
        flip(damaged.disk, byte: 300)
        #expect(try scrubbed(damaged.log).found.isEmpty)
        #expect(damaged.log.quarantine.isEmpty)
    }

    @Test("each step is bounded by its budget and one batch, and appends and retention may go on")
    func steps() throws {
        let home = try LogOnDisk()
        try home.append(0..<60)
        let batch = try #require(home.disk.contents(LogOnDisk.file(0))).count / 25
        var scrub = Scrub(of: home.log.reader)
        for number in 0..<200 {
            let progress = try scrub.step(budget: ByteCount(300))
            #expect(progress.size.bytes <= 300 + batch && progress.found.isEmpty)
            if progress.isDone { break }
            if number == 5 { try home.log.deleteRecords(before: Offset(100)) }
            if number == 10 { try home.append(60..<62) }
        }
        let end = try scrub.step(budget: .mib(1))
        #expect(end.isDone && end.size == .zero)
    }

    @Test("a scrub of a directory goes on where it was left, and stores what it found")
    func resumes() throws {
        let disk = try ManyLogs.made([("a-0", 30), ("b-0", 30), ("c-0", 0)])
        let path = "/d/b-0/00000000000000000000.log"
        disk.flipBit(path, 1_000 * 8)
        let surroundings = LogFixture.simulated(disk)
        var first: DirectoryScrub? = try DirectoryScrub("/d", in: surroundings)
        let total = try #require(first?.total)
        var done = 0
        while let step = try first?.step(budget: ByteCount(200)), done < 3_000 {
            done += step.size.bytes
        }
        try first?.save()
        let left = try #require(first?.done)
        #expect(logError { try DirectoryScrub("/d", in: surroundings) } != nil)
        first = nil
        let mark = String(decoding: disk.contents("/d/varve.scrub") ?? [], as: UTF8.self)
        #expect(mark.hasPrefix("0\nb 0 0 "), "\(mark)")
        let second = try DirectoryScrub("/d", .resume, in: LogFixture.simulated(disk))
        #expect(second.done == left && second.total == total)
        var found: [CorruptRange] = []
        while true {
            let step = try second.step(budget: ByteCount(200))
            found += step.found
            if step.isDone { break }
        }
        #expect(second.done == total)
        #expect(disk.contents("/d/varve.scrub") == nil)
        let stored = try Quarantine.load("/d/b-0/varve.quarantine", in: disk)
        #expect(stored?.ranges.count == 1)
        #expect(disk.contents("/d/.kafka_cleanshutdown") != nil)
    }

    @Test("a directory without the log, or none at all, is refused; a mark of rubbish is a start")
    func refuses() throws {
        let disk = try ManyLogs.made([("a-0", 3)])
        let surroundings = LogFixture.simulated(disk)
        let other = try ManyLogs.name("x-0")
        #expect(
            logError { try DirectoryScrub("/d", only: other, in: surroundings) }
                == .noSuchLog(path: "/d/x-0"))
        guard
            case .notADataDirectory = logError({ try DirectoryScrub("/none", in: surroundings) })
        else { return }
        for rubbish in ["", "0\n", "1\na 0 0 0\n", "0\na 0 0\n", "0\na x 0 0\n", "0\na 0 0 -1\n"] {
            disk.setContents("/d/varve.scrub", Array(rubbish.utf8))
            let scrub = try DirectoryScrub("/d", .resume, in: surroundings)
            #expect(scrub.done == .zero, "\(rubbish)")
        }
        let mark = ScrubMark(
            other, Scrub.Mark(segment: Offset(7), position: FilePosition(9)))
        #expect(try ScrubMark(parsing: mark.printed()) == mark)
    }

    @Test("a pace waits as long as the rate asks, and saves up nothing")
    func pace() {
        let start = Instant(nanoseconds: 1_000_000_000)
        var pace = ScrubPace(.mib(1), now: start)
        #expect(pace.delay(now: start) == .zero)
        pace.didRead(.mib(2), now: start)
        #expect(pace.delay(now: start) == .seconds(2))
        #expect(pace.delay(now: start.advanced(by: .seconds(1))) == .seconds(1))
        // After an hour of rest it is no faster than before.
        let later = start.advanced(by: .seconds(3_600))
        #expect(pace.delay(now: later) == .zero)
        pace.didRead(.mib(1), now: later)
        #expect(pace.delay(now: later) == .seconds(1))
        var free = ScrubPace(nil, now: start)
        free.didRead(.gib(1), now: start)
        #expect(free.delay(now: start) == .zero)
    }
}
