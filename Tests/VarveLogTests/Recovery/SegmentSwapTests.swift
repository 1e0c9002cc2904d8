import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite("SegmentSwap")
struct SegmentSwapTests {
    private func swap(_ names: [String]) -> SegmentSwap {
        SegmentSwap(
            names.compactMap { name in
                let digits = String(name.prefix { $0 != "." })
                let zeros = String(repeating: "0", count: 20 - digits.utf8.count)
                return SegmentFileName(zeros + name)
            }, in: "/f")
    }

    private func short(_ names: [SegmentFileName]) -> [String] {
        names.map { "\($0)" }.map { name in
            let digits = name.prefix { $0 != "." }.drop { $0 == "0" }
            return (digits.isEmpty ? "0" : String(digits)) + name.drop { $0 != "." }
        }.sorted()
    }

    @Test("a .cleaned makes every .swap from its offset on worthless, and none before it")
    func sorting() {
        let found = swap([
            "0.log", "0.log.swap", "0.index.swap", "50.log", "50.log.swap", "50.index.cleaned",
            "90.log.swap", "90.timeindex.swap", "95.log.deleted",
        ])
        #expect(short(found.completed) == ["0.index.swap", "0.log.swap"])
        #expect(short(found.worthlessSwaps) == ["50.log.swap", "90.log.swap", "90.timeindex.swap"])
        #expect(short(found.cleaned) == ["50.index.cleaned"])
        #expect(found.isPending)
        #expect(found.bases == [.zero])
    }

    @Test("without a .swap nothing is pending")
    func nothing() {
        #expect(!swap(["0.log", "0.index", "7.log.cleaned", "9.log.deleted"]).isPending)
    }

    /// A closed log of four segments, of which the first three are to be replaced by one that was
    /// made by cleaning a copy of it.
    private func home() throws -> (old: LogOnDisk, made: LogOnDisk, bases: [Int64]) {
        var settings = LogCleanerTests.settings()
        func fill() throws -> LogOnDisk {
            let on = try LogOnDisk(settings: settings)
            for number in 0..<40 {
                try on.append(bytes: try LogFixture.keyed([("k\(number % 4)", "v\(number)")]))
            }
            return on
        }
        let old = try fill()
        settings.segmentSizeMax = .kib(4)
        let made = try fill().closed(settings: settings)
        try made.log.roll()
        return (old, made, old.bases)
    }

    @Test("a whole new segment takes the place of those that it covers, as Kafka leaves it")
    func completes() throws {
        let (old, made, bases) = try home()
        #expect(bases.count >= 3)
        let bytes = try #require(made.disk.contents(LogOnDisk.file(0)))
        // The new one holds all offsets up to the last old segment's base and beyond, so cut it.
        var size = 0
        while let header = BatchHeader(bytes.rawSpan, at: size),
            header.baseOffset < bases[2]
        {
            size += header.sizeInBytes
        }
        let records = try LogFixture.keyedRecords(of: old.log.reader)
        for isPlaced in [false, true] {
            let next = try old.killed(settings: LogCleanerTests.settings()) { disk in
                disk.setContents(LogOnDisk.file(0, "log.swap"), Array(bytes.prefix(size)))
                disk.setContents(LogOnDisk.file(0, "index.swap"), [])
                disk.setContents(LogOnDisk.file(0, "timeindex.swap"), [])
                if isPlaced { disk.setContents(LogOnDisk.file(bases[1], "snapshot"), [1]) }
            }
            #expect(next.bases == [0] + bases.dropFirst(2))
            #expect(next.log.recovery.completedReplacements == [.zero])
            #expect(!next.log.recovery.isClean)
            #expect(next.disk.contents(LogOnDisk.file(0)) == Array(bytes.prefix(size)))
            #expect(try LogFixture.keyedRecords(of: next.log.reader) == records)
            #expect(!next.disk.paths.contains { $0.hasSuffix(".swap") })
            #expect(next.disk.contents(LogOnDisk.file(bases[1], "snapshot")) == nil)
        }
    }

    @Test("an unfinished new segment goes, and the old ones stay")
    func takesBack() throws {
        let (old, _, bases) = try home()
        let records = try LogFixture.keyedRecords(of: old.log.reader)
        let next = try old.killed(settings: LogCleanerTests.settings()) { disk in
            disk.setContents(LogOnDisk.file(0, "log.swap"), [1, 2, 3])
            disk.setContents(LogOnDisk.file(0, "index.cleaned"), [])
        }
        #expect(next.bases == bases)
        #expect(try LogFixture.keyedRecords(of: next.log.reader) == records)
        #expect(!next.disk.paths.contains { $0.hasSuffix(".swap") || $0.hasSuffix(".cleaned") })
    }

    @Test("a look without the lock sees what is being replaced once, and all of it")
    func looks() throws {
        let (old, _, bases) = try home()
        let bytes = try #require(old.disk.contents(LogOnDisk.file(0)))
        let next = old.disk.processDeath()
        next.setContents(LogOnDisk.file(0, "log.swap"), bytes)
        next.setContents(LogOnDisk.file(0, "index.swap"), [])
        let found = try SegmentSwap(LogOnDisk.folder, in: next).logs(in: next)
        #expect(found.map(\.base.rawValue) == bases)
        #expect(found.first?.path == LogOnDisk.file(0, "log.swap"))
    }
}
