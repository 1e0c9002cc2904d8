import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Logs that hold entries of magic 0 and 1, written by Apache Kafka 2.8.
@Suite("logs of old formats")
struct LegacyLogTests {
    private static let names = [
        "v0-gzip-0", "v0-lz4-0", "v0-none-0", "v0-snappy-0", "v0-then-v1-then-v2-0",
        "v1-append-time-0", "v1-compacted-0", "v1-gzip-0", "v1-lz4-0", "v1-none-0", "v1-snappy-0",
    ]
    private static let mixed = "v0-then-v1-then-v2-0"

    private static var settings: LogSettings {
        var settings = LogSettings()
        settings.segmentSizeMax = .kib(8)
        settings.indexInterval = ByteCount(512)
        settings.indexSizeMax = ByteCount(65_536)
        return settings
    }

    private func planted() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        try LogFixture.plant(archive: "golden/legacy.tar.gz", at: "/d", on: disk)
        return disk
    }

    private func path(_ name: String, _ file: String = "00000000000000000000.log") -> String {
        "/d/legacy/\(name)/\(file)"
    }

    private func open(_ name: String, _ disk: SimulatedDisk) throws -> Log {
        let directory = try DataDirectory("/d/legacy", .mustExist, in: LogFixture.simulated(disk))
        return try directory.openLog(
            #require(LogName(folder: name)), settings: Self.settings, .mustExist)
    }

    private struct Seen: Equatable {
        var offset: Int64
        var timestamp: Int64
        var value: [UInt8]?
    }

    private func records(_ reader: LogReader, from start: Int64 = 0) throws -> [Seen] {
        var next = Offset(start)
        var seen: [Seen] = []
        var scanner = RecordScanner()
        while case .batches(let batches) = try reader.read(from: next, sizeMax: ByteCount(700)) {
            let first = next
            try batches.forEachRecord(with: &scanner, from: first) { record in
                seen.append(
                    Seen(
                        offset: record.offset.rawValue,
                        timestamp: record.timestamp.milliseconds, value: record.value?.array()))
            }
            next = batches.nextOffset
        }
        return seen
    }

    private func findings(_ disk: SimulatedDisk) throws -> [Finding] {
        var found: [Finding] = []
        _ = try Verification.directory("/d/legacy", in: disk) { found.append($0) }
        return found.filter { $0.severity != .note }
    }

    @Test("a leader's append refuses old entries, and nothing is appended")
    func refused() throws {
        let disk = try planted()
        let log = try open(Self.mixed, disk)
        let bytes = try #require(disk.contents(path(Self.mixed)))
        let size = 12 + Int(bytes.rawSpan.int32(at: 8))
        let entry = Array(bytes[..<size])
        for depth in [AppendCheck.records, .frame] {
            let error = logError { try log.append(entry.rawSpan, checking: depth) }
            #expect(error == .refused(.oldFormat(0)))
        }
        #expect(log.ends.written == Offset(60))
    }

    @Test("every log opens, and its records are found at each of their offsets", arguments: names)
    func reads(name: String) throws {
        let log = try open(name, planted())
        let all = try records(log.reader)
        #expect(all.last.map { $0.offset + 1 } == log.ends.written.rawValue)
        #expect(all.map(\.offset) == all.map(\.offset).sorted())
        for (place, record) in all.enumerated() where place % 3 == 0 {
            let found = try records(log.reader, from: record.offset)
            #expect(found == Array(all[place...]), "\(name) from \(record.offset)")
        }
    }

    @Test("what a read answers begins at the first offset of a wrapper", arguments: names)
    func firstOffsets(name: String) throws {
        let log = try open(name, planted())
        var scanner = RecordScanner()
        for offset in try records(log.reader).map(\.offset) {
            guard case .batches(let batches) = try log.reader.read(from: Offset(offset)) else {
                Issue.record("nothing at \(offset)")
                continue
            }
            var first: Offset?
            try batches.forEachRecord(with: &scanner) { record in
                if first == nil { first = record.offset }
            }
            #expect(batches.offsets.lowerBound == first)
            #expect(first.map { $0.rawValue <= offset } == true)
        }
    }

    @Test("a log that goes from magic 0 to 1 to 2 is looked up by time, and appended to in magic 2")
    func mixed() throws {
        let disk = try planted()
        let log = try open(Self.mixed, disk)
        func at(_ time: Int64) throws -> Int64? {
            try log.reader.offset(for: Timestamp(milliseconds: time))?.offset.rawValue
        }
        #expect(try at(0) == 20 && at(1_700_000_000_000) == 20 && at(1_700_000_010_000) == 30)
        #expect(try at(1_700_000_050_000) == nil)
        let batch = try LogFixture.batch("new", count: 2, timestamp: 1_800_000_000_000)
        #expect(try log.append(batch.rawSpan).offsets == Offset(60)..<Offset(62))
        #expect(try at(1_700_000_050_000) == 60)
        #expect(try records(log.reader).count == 62)
        #expect(try log.truncate(to: Offset(55)) <= Offset(55))
        #expect(try log.append(batch.rawSpan).offsets.lowerBound <= Offset(55))
        // Into the part of magic 1, then of magic 0: wrappers go whole.
        for target: Int64 in [25, 5] {
            let end = try log.truncate(to: Offset(target))
            #expect(end <= Offset(target))
            #expect(try records(log.reader).last?.offset ?? -1 == end.rawValue - 1)
            #expect(try log.append(batch.rawSpan).offsets.lowerBound == end)
        }
    }

    @Test("without its indexes and its marks every log is recovered to the same", arguments: names)
    func recovers(name: String) throws {
        let expected = try records(open(name, planted()).reader)
        let disk = try planted()
        disk.setContents("/d/legacy/recovery-point-offset-checkpoint", Array("0\n0\n".utf8))
        let next = disk.processDeath()
        for file in next.paths
        where file.hasSuffix("index") || file.hasSuffix(".kafka_cleanshutdown") {
            try next.removeFile(file)
        }
        let log = try open(name, next)
        #expect(try records(log.reader) == expected)
        try log.close()
        // Kafka's own indexes hold what a rebuild finds: an entry for each of its batches.
        let original = try planted()
        for file in original.paths where file.hasPrefix("/d/legacy/\(name)/") {
            guard file.hasSuffix(".timeindex") else { continue }
            let entries = try #require(original.contents(file))
            let made = try #require(next.contents(file))
            #expect(made.suffix(12) == entries.suffix(12), "\(file)")
        }
    }

    @Test("a torn tail of magic 0 and 1 is cut at the last whole entry", arguments: names)
    func torn(name: String) throws {
        let disk = try planted()
        let logs = disk.paths.filter { $0.hasPrefix("/d/legacy/\(name)/") && $0.hasSuffix(".log") }
        let file = try #require(logs.sorted().last)
        let whole = try #require(disk.contents(file))
        let expected = try records(open(name, planted()).reader)
        for cut in [1, 13, 30] {
            let torn = try planted()
            torn.setContents("/d/legacy/recovery-point-offset-checkpoint", Array("0\n0\n".utf8))
            torn.setContents(file, Array(whole.dropLast(cut)))
            try torn.removeFile("/d/legacy/.kafka_cleanshutdown")
            let found = try records(open(name, torn).reader)
            #expect(!found.isEmpty && found.count < expected.count)
            #expect(found == Array(expected.prefix(found.count)))
        }
    }

    @Test("the directory is sound, and a flipped bit of any entry is found", arguments: names)
    func verified(name: String) throws {
        let disk = try planted()
        #expect(try findings(disk) == [])
        let whole = try #require(disk.contents(path(name)))
        for position in stride(from: 3, to: whole.count, by: max(1, whole.count / 40)) {
            var flipped = whole
            flipped[position] ^= 0x10
            disk.setContents(path(name), flipped)
            #expect(try findings(disk) != [], "byte \(position)")
        }
    }

    @Test("behind a damaged entry reading goes on with the next, whose first offset is named")
    func damaged() throws {
        for name in Self.names {
            let disk = try planted()
            guard var bytes = disk.contents(path(name)), bytes.count > 600 else { continue }
            let expected = try records(open(name, planted()).reader)
            let broken = 12 + Int(bytes.rawSpan.int32(at: 8)) + 40
            bytes[broken] ^= 1
            disk.setContents(path(name), bytes)
            let reader = try open(name, disk).reader
            let range = Damage.corruptRange { try records(reader) }
            let offsets = try #require(range?.offsets)
            let kept = expected.filter { !offsets.contains(Offset($0.offset)) }
            #expect(kept.count < expected.count)
            let before = try #require(offsets.lowerBound.rawValue > 0 ? kept.first : nil)
            #expect(before.offset == 0)
            let behind = try records(reader, from: offsets.upperBound.rawValue)
            let left = expected.filter { $0.offset >= offsets.upperBound.rawValue }
            #expect(behind == left && !left.isEmpty, "\(name)")
        }
    }

    @Test("a follower takes old entries from its leader's log as they are", arguments: names)
    func replicated(name: String) throws {
        let disk = try planted()
        let source = try open(name, disk)
        let copy = try LogOnDisk(settings: Self.settings)
        var next = Offset.zero
        while case .batches(let batches) = try source.reader.read(from: next) {
            let receipt = try copy.log.appendAsSent(batches.bytes)
            #expect(receipt.offsets == batches.offsets)
            #expect(throws: LogError.self) { try copy.log.appendAsSent(batches.bytes) }
            next = batches.nextOffset
        }
        #expect(try records(copy.log.reader) == records(source.reader))
    }
}
