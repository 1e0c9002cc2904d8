import Testing
import VarveBytes
import VarveLinux
import VarveRecords
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Index files of Apache Kafka, made again from the batches beside them.
@Suite("indexes as Kafka writes them")
struct GoldenIndexTests {
    private static let clean = Fixture.root + "/Tests/Fixtures/engine/clean"

    private struct Indexes: Equatable {
        var offsets: [UInt8]
        var times: [UInt8]
    }

    /// What one life of the engine would write for a segment's batches.
    private func replayed(_ log: [UInt8], base: Int64, interval: Int) throws -> Indexes {
        var fill = SegmentFill(baseOffset: Offset(base))
        var offsets = ByteBuffer()
        var times: [UInt8] = []
        var position = 0
        while let header = BatchHeader(log.rawSpan, at: position) {
            let entries = fill.add(header, indexInterval: interval)
            if let entry = entries.offset {
                offsets.append(entry.relativeOffset)
                offsets.append(entry.position)
            }
            if let entry = entries.time { times += entry.bytes }
            position += header.sizeInBytes
        }
        #expect(position == log.count)
        if let closing = fill.takeTimeEntry() { times += closing.bytes }
        return Indexes(offsets: offsets.bytes.array(), times: times)
    }

    private func compare(_ folder: String, interval: Int) throws -> (
        same: [String], other: [String]
    ) {
        var (same, other): ([String], [String]) = ([], [])
        let entries = try LinuxFileSystem().entries(of: Self.clean + "/" + folder)
        for name in entries.map(\.name).sorted() where name.hasSuffix(".log") {
            let stem = Self.clean + "/" + folder + "/" + name.dropLast(3)
            let base = try #require(Int64(name.dropLast(4)))
            let made = try replayed(Fixture.bytes(stem + "log"), base: base, interval: interval)
            let kept = Indexes(
                offsets: Fixture.bytes(stem + "index"), times: Fixture.bytes(stem + "timeindex"))
            if made == kept {
                same.append("\(folder)/\(base)")
            } else {
                other.append("\(folder)/\(base)")
            }
        }
        return (same, other)
    }

    @Test("segments that were written in one life have the same indexes, byte for byte")
    func codecNone() throws {
        let (same, other) = try compare("codec-none-0", interval: 512)
        // Segment 146 was appended to again after a restart at offset 170.
        #expect(other == ["codec-none-0/146"])
        #expect(same.count == 5)
    }

    @Test("of all segments only those that were appended to after a restart differ")
    func allFolders() throws {
        var (same, other): ([String], [String]) = ([], [])
        for folder in try LinuxFileSystem().entries(of: Self.clean).sorted(by: { $0.name < $1.name }
        )
        where folder.kind == .directory {
            let interval = folder.name.hasPrefix("__") || folder.name == "defaults-0" ? 4_096 : 512
            let found = try compare(folder.name, interval: interval)
            same += found.same
            other += found.other
        }
        // Each was open at a restart of the broker, which adds a closing time entry and counts the
        // interval anew.
        #expect(
            other == [
                "__cluster_metadata-0/0", "__transaction_state-1/0", "codec-lz4-0/81",
                "codec-none-0/146", "one-record-0/0", "transactions-0/72",
            ])
        #expect(same.count == 63)
    }
}
