import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// A leap guesses where a batch starts. A producer chooses what stands inside its records, so a
/// record may hold a batch that is whole and has the wanted offset, at the guessed place.
@Suite struct BatchWalkLeapTests {
    private static let settings: LogSettings = {
        var settings = LogSettings()
        settings.flushPolicy = .pageCache
        settings.segmentSizeMax = .kib(64)
        settings.indexInterval = .kib(4)
        return settings
    }()

    /// Small batches, a large one between two entries of the index, and small ones.
    private func fill(_ home: LogOnDisk, large value: [UInt8]) throws {
        for number in 0..<140 {
            var batch = try LogFixture.batch("small\(1_000 + number)", padding: 40)
            if number == 52 { batch = try self.batch(of: value) }
            try home.append(bytes: batch)
        }
        try home.log.roll()
    }

    private func batch(of value: [UInt8]) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        builder.begin(BatchSettings())
        _ = try builder.append(
            key: nil, value: value.rawSpan, timestamp: Timestamp(milliseconds: 1_000))
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    /// A whole batch of one record, `offset` in its header: its checksum does not cover that.
    private func bait(at offset: Int) throws -> [UInt8] {
        var bytes = try LogFixture.batch("bait")
        bytes.replaceSubrange(6..<8, with: [UInt8(offset >> 8), UInt8(offset & 0xFF)])
        return bytes
    }

    /// Where leaps to some offset guess inside of the large record, and to which.
    private func guesses(_ home: LogOnDisk, large range: Range<Int>) throws -> [(Int, Int)] {
        let segment = try #require(home.log.segments.first)
        return try (0..<140).compactMap { offset in
            let stretch = try segment.indexedStretch(around: Offset(Int64(offset)))
            guard let guess = stretch.guess(of: Int64(offset)), range.contains(guess) else {
                return nil
            }
            return (offset, guess)
        }
    }

    @Test("bytes inside a record that are a whole batch at the guessed place are never served")
    func bait() throws {
        let sizes = try LogOnDisk(settings: Self.settings)
        let plain = [UInt8](repeating: 120, count: 3_000)
        try fill(sizes, large: plain)
        let file = try #require(sizes.disk.contents(LogOnDisk.file(0)))
        let start = try #require(
            file.indices.first { file[$0..<$0 + 100].allSatisfy { $0 == 120 } })
        let bait = try bait(at: 0)
        let room = start..<start + plain.count - bait.count
        let places = try guesses(sizes, large: room)
        try #require(places.count > 5, "offsets whose guess lies in the record")
        for (offset, guess) in places {
            var value = plain
            value.replaceSubrange(
                guess - start..<guess - start + bait.count, with: try self.bait(at: offset))
            let home = try LogOnDisk(settings: Self.settings)
            try fill(home, large: value)
            let now = try #require(home.disk.contents(LogOnDisk.file(0)))
            #expect(now.count == file.count)
            #expect((try? BatchCheck.frame(now.rawSpan, at: guess))?.baseOffset == Int64(offset))
            try expectWritten(home, offset)
            home.disk.setContents(LogOnDisk.file(0, "varve"), [])
            try expectWritten(home.killed(settings: Self.settings), offset)
        }
    }

    private func expectWritten(_ home: LogOnDisk, _ offset: Int) throws {
        let wanted = Offset(Int64(offset))
        var session = home.log.reader.session(through: .includingUnflushed)
        for outcome in [
            try home.log.reader.read(
                from: wanted, sizeMax: ByteCount(1), through: .includingUnflushed),
            try session.read(from: wanted, sizeMax: ByteCount(1)),
            try session.read(from: wanted, sizeMax: ByteCount(1)),
        ] {
            guard case .batches(let batches) = outcome else {
                Issue.record("nothing at \(offset)")
                return
            }
            #expect(batches.offsets.contains(wanted))
            var values: [[UInt8]] = []
            var scanner = RecordScanner()
            try batches.forEachRecord(with: &scanner) { record in
                values.append(record.value?.array() ?? [])
            }
            #expect(values != [Array("bait-0".utf8)], "offset \(offset)")
        }
    }
}
