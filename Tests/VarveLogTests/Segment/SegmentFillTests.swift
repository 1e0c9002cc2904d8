import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@testable import VarveLog

@Suite("SegmentFill")
struct SegmentFillTests {
    private let now = Timestamp(milliseconds: 50_000)

    private func header(
        _ base: Int64, last: Int64? = nil, size: Int = 100, timestamp: Int64 = 1_000
    ) throws -> BatchHeader {
        let bytes = try LogFixture.batch("x")
        guard var header = BatchHeader(bytes.rawSpan) else { throw BatchDefect.unreadable }
        header.baseOffset = base
        header.lastOffsetDelta = Int32((last ?? base) - base)
        header.batchLength = Int32(size - BatchLayout.lengthOverhead)
        header.maxTimestamp = timestamp
        return header
    }

    private func settings(size: Int = 1_024, age: Duration = .seconds(10)) -> LogSettings {
        var settings = LogSettings()
        settings.segmentSizeMax = ByteCount(size)
        settings.segmentAgeMax = age
        settings.indexSizeMax = ByteCount(48)
        settings.indexInterval = ByteCount(0)
        return settings
    }

    private func filled(size: Int = 0, timestamp: Int64 = 1_000) throws -> SegmentFill {
        var fill = SegmentFill(baseOffset: Offset(10))
        if size > 0 {
            _ = fill.add(try header(10, size: size, timestamp: timestamp), indexInterval: 4_096)
        }
        return fill
    }

    @Test(
        "an entry that lies behind its batch, as in older logs, is followed by later ones only"
    )
    func entriesGrow() throws {
        var fill = SegmentFill(baseOffset: Offset(10))
        fill.lastIndexedOffset = 5
        let added = try (10..<18).map {
            fill.add(try header($0), indexInterval: 0).offset?.relativeOffset
        }
        #expect(added == [nil, nil, nil, nil, nil, nil, 6, 7])
    }

    @Test("a batch behind a gap rolls where a lost sector would leave it an earlier offset")
    func tearableOffset() throws {
        // The segment ends at offset 11 and at a byte from which so many bytes of the next header
        // lie before the end of the sector.
        func rolls(_ base: Int64, before end: Int) throws -> Bool {
            let fill = try filled(size: 1_024 - end)
            return fill.mustRoll(
                before: try header(base), settings: settings(size: 4_096), now: now)
        }
        #expect(try rolls(0x1_0F, before: 7), "reads as 0x0F")
        #expect(try rolls(0x1_00_0F, before: 6), "reads as 0x0F")
        #expect(try rolls(0x1_0A, before: 7) == false, "0x0A is taken")
        #expect(try rolls(0xFF, before: 7) == false, "what is lost is zeros")
        #expect(try rolls(0x1_0F, before: 6) == false, "nothing is lost of it")
        #expect(try rolls(0x1_0F, before: 8) == false)
        #expect(try rolls(0x1_0F, before: 300) == false)
        #expect(try rolls(0x0B, before: 7) == false, "there is no gap")
    }

    @Test("an empty segment takes a batch of any size and age")
    func emptyNeverRolls() throws {
        let fill = try filled()
        let large = try header(10, size: 5_000, timestamp: .max)
        #expect(!fill.mustRoll(before: large, settings: settings(), now: now))
    }

    @Test("a batch that would take the segment past its size rolls it")
    func rollsBySize() throws {
        let fill = try filled(size: 924)
        #expect(!fill.mustRoll(before: try header(11), settings: settings(), now: now))
        #expect(
            fill.mustRoll(before: try header(11, size: 101), settings: settings(), now: now))
    }

    @Test("a batch that comes too long after the first rolls it")
    func rollsByAge() throws {
        let fill = try filled(size: 100)
        let atLimit = try header(11, timestamp: 11_000)
        let past = try header(11, timestamp: 11_001)
        #expect(!fill.mustRoll(before: atLimit, settings: settings(), now: now))
        #expect(fill.mustRoll(before: past, settings: settings(), now: now))
    }

    @Test("the wall clock stands in for a batch without time, and no first time means no age")
    func agesWithoutTimestamps() throws {
        let without = try header(11, timestamp: -1)
        #expect(
            try filled(size: 100).mustRoll(before: without, settings: settings(), now: now))
        #expect(
            !(try filled(size: 100, timestamp: -1))
                .mustRoll(before: try header(11, timestamp: .max), settings: settings(), now: now))
    }

    @Test("a batch older than the first has no age")
    func earlierBatch() throws {
        let fill = try filled(size: 100, timestamp: .max)
        let old = try header(11, timestamp: 0)
        #expect(!fill.mustRoll(before: old, settings: settings(), now: now))
    }

    @Test("an offset that does not fit 31 bits rolls it")
    func rollsByOffset() throws {
        let fill = try filled(size: 100)
        let limit = 10 + Int64(Int32.max)
        let fits = try header(limit - 1, last: limit)
        let over = try header(limit, last: limit + 1)
        #expect(!fill.mustRoll(before: fits, settings: settings(), now: now))
        #expect(fill.mustRoll(before: over, settings: settings(), now: now))
    }

    @Test("an offset index without room for one more entry rolls it")
    func rollsByOffsetIndex() throws {
        var fill = try filled(size: 100)
        fill.offsetIndexSize = 40
        #expect(!fill.mustRoll(before: try header(11), settings: settings(), now: now))
        fill.offsetIndexSize = 48
        #expect(fill.mustRoll(before: try header(11), settings: settings(), now: now))
    }

    @Test("a time index keeps one slot free for its closing entry")
    func rollsByTimeIndex() throws {
        var fill = try filled(size: 100)
        fill.timeIndexSize = 24
        #expect(!fill.mustRoll(before: try header(11), settings: settings(), now: now))
        fill.timeIndexSize = 25
        #expect(fill.mustRoll(before: try header(11), settings: settings(), now: now))
    }

    @Test("a batch of times −1 brings no time entry")
    func noTimeEntry() throws {
        var fill = SegmentFill(baseOffset: Offset(0))
        _ = fill.add(try header(0, timestamp: -1), indexInterval: 0)
        let entries = fill.add(try header(1, timestamp: -1), indexInterval: 0)
        #expect(entries.offset == OffsetIndexEntry(relativeOffset: 1, position: 100))
        #expect(entries.time == nil)
        #expect(fill.takeTimeEntry() == nil)
        #expect(fill.largestTimestamp == .none)
    }

    @Test("times below −1 and the largest one there is are kept as they are")
    func extremeTimes() throws {
        var fill = SegmentFill(baseOffset: Offset(0))
        _ = fill.add(try header(0, timestamp: .min), indexInterval: 0)
        #expect(fill.largestTimestamp == .none)
        let entries = fill.add(try header(1, timestamp: .max), indexInterval: 0)
        #expect(entries.time?.timestamp.milliseconds == .max)
        #expect(fill.takeTimeEntry() == nil)
    }

    @Test("a time entry names the last offset of the first batch with the largest time")
    func largestTime() throws {
        var fill = SegmentFill(baseOffset: Offset(0))
        _ = fill.add(try header(0, last: 4, timestamp: 700), indexInterval: 4_096)
        _ = fill.add(try header(5, last: 9, timestamp: 900), indexInterval: 4_096)
        _ = fill.add(try header(10, timestamp: 900), indexInterval: 4_096)
        _ = fill.add(try header(11, timestamp: 100), indexInterval: 4_096)
        let closing = fill.takeTimeEntry()
        #expect(closing?.timestamp.milliseconds == 900)
        #expect(closing?.relativeOffset == 9)
        #expect(fill.takeTimeEntry() == nil)
    }

    @Test("forty appends of 2,194 bytes are indexed as Kafka indexes them")
    func fortyAppends() throws {
        let start: Int64 = 1_700_000_000_000
        var fill = SegmentFill(baseOffset: .zero)
        var offsets: [OffsetIndexEntry] = []
        var times: [TimeIndexEntry] = []
        for number in 0..<40 {
            let base = Int64(number) * 3
            let entries = fill.add(
                try header(
                    base, last: base + 2, size: 2_194, timestamp: start + Int64(number) * 10 + 2),
                indexInterval: 4_096)
            if let entry = entries.offset { offsets.append(entry) }
            if let entry = entries.time { times.append(entry) }
        }
        if let closing = fill.takeTimeEntry() { times.append(closing) }
        #expect(
            offsets.prefix(3).map(\.relativeOffset) == [8, 14, 20]
                && offsets.prefix(3).map(\.position) == [4_388, 8_776, 13_164])
        #expect(times.prefix(2).map { $0.timestamp.milliseconds - start } == [22, 42])
        #expect(times.prefix(2).map(\.relativeOffset) == [8, 14])
        #expect(times.last?.timestamp.milliseconds == start + 392)
        #expect(times.last?.relativeOffset == 119)
        #expect(fill.offsetIndexSize == offsets.count * 8 && fill.timeIndexSize == times.count * 12)
    }
}
