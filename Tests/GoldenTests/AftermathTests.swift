import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveTerms

@testable import VarveLog

/// What Kafka's directories look like after this engine worked on them.
@Suite("Kafka's logs after work on them")
struct AftermathTests {
    @Test(
        "appended to, cut at both ends and closed, a directory is sound and keeps Kafka's rules",
        arguments: GoldenSet.all)
    func works(set: GoldenSet) throws {
        let disk = try set.planted()
        let directory = try GoldenSet.open(disk)
        let names = try directory.logNames()
        var ends: [LogName: LogEnds] = [:]
        for name in names {
            let log = try directory.openLog(name, settings: set.settings(name), .mustExist)
            try append(30, to: log)
            try log.truncate(to: Offset(log.ends.written.rawValue - 20))
            try append(30, to: log)
            try log.roll()
            try append(5, to: log)
            // Into the middle of what Kafka wrote, or of what was appended.
            let start = log.ends.start.rawValue
            try log.deleteRecords(before: Offset((2 * start + log.ends.written.rawValue) / 3))
            ends[name] = log.ends
        }
        try directory.close()
        try expectSound(disk)
        try expectRules(disk, ends, set)
        let again = try GoldenSet.open(disk.processDeath())
        #expect(again.wasClosedCleanly)
        for name in names {
            let log = try again.openLog(name, settings: set.settings(name), .mustExist)
            #expect(log.recovery.isClean && log.ends == ends[name], "\(log.path)")
        }
        print("golden \(set.name) | after work | \(names.count)/\(names.count) sound")
    }

    @Test("opened and closed, a directory is sound", arguments: GoldenSet.all)
    func opens(set: GoldenSet) throws {
        let disk = try set.planted()
        let directory = try GoldenSet.open(disk)
        var ends: [LogName: LogEnds] = [:]
        for name in try directory.logNames() {
            let log = try directory.openLog(name, settings: set.settings(name), .mustExist)
            ends[name] = log.ends
        }
        try directory.close()
        try expectSound(disk)
        try expectRules(disk, ends, set)
    }

    @Test(
        "compacted and closed, a directory is sound and keeps Kafka's rules",
        arguments: GoldenSet.all)
    func compacts(set: GoldenSet) throws {
        let disk = try set.planted()
        let directory = try GoldenSet.open(disk)
        var ends: [LogName: LogEnds] = [:]
        var cleaned = 0
        for name in try directory.logNames() {
            let log = try directory.openLog(name, settings: set.settings(name), .mustExist)
            try log.roll()
            do {
                _ = try log.clean(now: Timestamp(milliseconds: 1_900_000_000_000))
                cleaned += 1
            } catch {
                // Entries of magic 0 and 1 are read and not rewritten.
                guard case .uncleanable = error, !set.isModern else { throw error }
            }
            ends[name] = log.ends
        }
        try directory.close()
        try expectSound(disk)
        try expectRules(disk, ends, set)
        let said = "\(ends.count)/\(ends.count) sound, \(cleaned) cleaned"
        print("golden \(set.name) | after compaction | \(said)")
    }

    private func append(_ count: Int, to log: Log) throws {
        let epoch = LeaderEpoch(exactly: (log.latestEpoch?.rawValue ?? 0) + 1) ?? .zero
        for number in 0..<count {
            var builder = RecordBatchBuilder()
            builder.begin(BatchSettings())
            for place in 0..<3 {
                let value = [UInt8](repeating: UInt8(number), count: 100)
                _ = try builder.append(
                    key: [UInt8(number), UInt8(place)].rawSpan, value: value.rawSpan,
                    timestamp: Timestamp(milliseconds: 1_900_000_000_000 + Int64(number)))
            }
            var batch = ByteBuffer()
            try builder.finish(with: Compressor(), into: &batch)
            try log.append(batch.bytes, epoch: epoch)
        }
    }

    private func expectSound(_ disk: SimulatedDisk) throws {
        var found: [Finding] = []
        _ = try Verification.directory("/d", in: disk) { found.append($0) }
        #expect(found.filter { $0.severity != .note } == [])
    }

    /// The rules of Kafka's files, looked at without the engine's own verification.
    private func expectRules(
        _ disk: SimulatedDisk, _ ends: [LogName: LogEnds], _ set: GoldenSet
    ) throws {
        #expect(disk.contents("/d/" + CleanShutdownMarker.fileName) != nil)
        let points = try rows("recovery-point-offset-checkpoint", disk)
        let starts = try rows("log-start-offset-checkpoint", disk)
        for (name, ends) in ends {
            let folder = "/d/" + name.folder + "/"
            let logs = disk.paths.filter { $0.hasPrefix(folder) && $0.hasSuffix(".log") }.sorted()
            #expect(points[name] == ends.written, "\(name)")
            let first = try #require(logs.first.flatMap { Int64($0.dropLast(4).suffix(20)) })
            #expect(starts[name] == (ends.start.rawValue > first ? ends.start : nil), "\(name)")
            var end = Int64(0)
            for log in logs { end = try expectRules(segment: log, after: end, disk, set) }
            try expectHistory(folder + LeaderEpochCheckpoint.fileName, ends, disk)
        }
    }

    private func rows(_ file: String, _ disk: SimulatedDisk) throws -> [LogName: Offset] {
        try OffsetCheckpoint(parsing: disk.contents("/d/" + file) ?? []).offsets
    }

    private func expectHistory(_ path: String, _ ends: LogEnds, _ disk: SimulatedDisk) throws {
        guard let content = disk.contents(path) else { return }
        let entries = try LeaderEpochCheckpoint(parsing: content).history.entries
        for (one, next) in zip(entries, entries.dropFirst()) {
            #expect(one.epoch < next.epoch && one.startOffset < next.startOffset, "\(path)")
        }
        #expect(entries.allSatisfy { $0.startOffset <= ends.written }, "\(path)")
    }

    /// - Returns: the offset after the segment's last batch.
    private func expectRules(
        segment path: String, after end: Int64, _ disk: SimulatedDisk, _ set: GoldenSet
    ) throws -> Int64 {
        let stem = path.dropLast(3)
        let base = try #require(Int64(path.dropLast(4).suffix(20)))
        let log = try #require(disk.contents(path))
        var lasts: [Int: Int64] = [:]
        var (position, end, largest) = (0, max(end, base), Int64(-1))
        while position < log.count {
            let header = try BatchCheck.frame(log.rawSpan, at: position)
            #expect(header.isLegacyWrapper || header.baseOffset >= end, "\(path)")
            end = try #require(header.lastOffset) + 1
            lasts[position] = end - 1
            largest = max(largest, header.maxTimestamp)
            position += header.sizeInBytes
        }
        let offsets = try #require(disk.contents(stem + "index"))
        let count = OffsetIndexLayout.lawfulCount(in: offsets.rawSpan, logSize: log.count)
        #expect(count * 8 == offsets.count, "\(path)")
        for slot in 0..<count {
            let entry = OffsetIndexLayout.entry(slot, in: offsets.rawSpan)
            let last = try #require(lasts[Int(entry.position)], "\(path) \(slot)")
            // Older brokers wrote the last offset of the append, compaction that of a record.
            if set.isModern, !path.contains("compacted") {
                #expect(last == base + Int64(entry.relativeOffset), "\(path) \(slot)")
            }
        }
        let times = try #require(disk.contents(stem + "timeindex"))
        let timeCount = TimeIndexLayout.lawfulCount(in: times.rawSpan)
        #expect(timeCount * 12 == times.count, "\(path)")
        if largest >= 0 {
            try #require(timeCount > 0, "\(path)")
            let entry = TimeIndexLayout.entry(timeCount - 1, in: times.rawSpan)
            #expect(entry.timestamp.milliseconds == largest, "\(path)")
        }
        return end
    }
}
