import Testing
import VarveBytes
import VarveMetadata
import VarveRecords
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("MetadataSnapshot")
struct MetadataSnapshotTests {
    private static let name = SnapshotName(offset: Offset(9), epoch: LeaderEpoch(2))

    private static func snapshot(topicCount: UInt64) throws -> MetadataSnapshot {
        var image = ClusterImage()
        for number in 0..<topicCount {
            let id = UniqueID(high: 1, low: number)
            try image.replay(.topic(TopicRecord(name: "topic-\(number)", topicId: id)))
            try image.replay(
                .partition(
                    PartitionRecord(
                        partitionId: 0, topicId: id, replicas: [1], isr: [1], leader: 1,
                        leaderEpoch: 7, partitionEpoch: 9)))
        }
        var snapshot = MetadataSnapshot(
            name: name, newest: Timestamp(milliseconds: 55), image: image)
        snapshot.quorum.version = KRaftVersionRecord(version: 0, kRaftVersion: 1)
        return snapshot
    }

    private static func printed(topicCount: UInt64 = 2) throws -> [UInt8] {
        try snapshot(topicCount: topicCount).printed(at: Timestamp(milliseconds: 60))
    }

    private func defect(of bytes: [UInt8]) -> SnapshotDefect? {
        do throws(SnapshotDefect) {
            _ = try MetadataSnapshot(Self.name, parsing: bytes)
            return nil
        } catch {
            return error
        }
    }

    /// The batches of a file.
    private static func batches(_ file: [UInt8]) throws -> [[UInt8]] {
        var batches: [[UInt8]] = []
        var position = 0
        while position < file.count {
            let header = try BatchCheck.frame(file.rawSpan, at: position)
            batches.append(Array(file[position..<position + header.sizeInBytes]))
            position += header.sizeInBytes
        }
        return batches
    }

    /// A batch of one record without a key.
    private static func batch(_ value: [UInt8]) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        builder.begin()
        _ = try builder.append(
            key: nil, value: value.rawSpan, timestamp: Timestamp(milliseconds: 1))
        _ = try builder.seal()
        return builder.sealedBytes.array()
    }

    // MARK: What is none

    @Test("nothing at all, data without a header, and a file that ends early are told apart")
    func incomplete() throws {
        #expect(defect(of: []) == .headerMissing)
        let batches = try Self.batches(try Self.printed())
        #expect(batches.count == 3)
        #expect(defect(of: batches[1] + batches[2]) == .headerMissing)
        #expect(defect(of: batches[0] + batches[1]) == .footerMissing)
        #expect(defect(of: batches[0] + batches[2] + batches[1]) == .footerMissing)
        #expect(defect(of: batches[0] + batches[2]) == nil)
    }

    @Test("every byte that is cut off, and every bit that is turned in a checked one, is seen")
    func damaged() throws {
        let bytes = try Self.printed()
        for count in 0..<bytes.count {
            #expect(defect(of: Array(bytes.prefix(count))) != nil, "cut at \(count)")
        }
        // The first 12 bytes of a batch and its epoch are outside the checksum.
        for place in 17..<bytes.count {
            var turned = bytes
            turned[place] ^= 0x10
            guard turned != bytes else { continue }
            let found = defect(of: turned)
            let isUnchecked = try Self.isUnchecked(place, in: bytes)
            #expect(found != nil || isUnchecked, "byte \(place)")
        }
    }

    private static func isUnchecked(_ place: Int, in file: [UInt8]) throws -> Bool {
        var start = 0
        for batch in try batches(file) {
            if place < start + batch.count { return place - start < 16 }
            start += batch.count
        }
        return false
    }

    @Test("a record that cannot be read, or does not fit, is named by its number")
    func records() throws {
        let batches = try Self.batches(try Self.printed())
        let unknown = try Self.batch([1, 77, 0, 0])
        guard case .record(2, .unreadable)? = defect(of: batches[0] + unknown + batches[2]) else {
            Issue.record("\(String(describing: defect(of: batches[0] + unknown + batches[2])))")
            return
        }
        var writer = WireWriter()
        try MetadataRecord.removeTopic(RemoveTopicRecord(topicId: .zero)).encodeAlone(into: &writer)
        let removal = try Self.batch(writer.buffer.bytes.array())
        guard case .record(2, .unknown)? = defect(of: batches[0] + removal + batches[2]) else {
            Issue.record("\(String(describing: defect(of: batches[0] + removal + batches[2])))")
            return
        }
        try MetadataRecord.beginTransaction(BeginTransactionRecord()).encodeAlone(into: &writer)
        let begin = try Self.batch(writer.buffer.bytes.array())
        #expect(defect(of: batches[0] + begin + batches[2]) == .openTransaction)
    }

    // MARK: What is one

    @Test("what is written is read back, whatever its size")
    func roundTrip() throws {
        let snapshot = try Self.snapshot(topicCount: 3)
        let read = try MetadataSnapshot(
            Self.name, parsing: try snapshot.printed(at: Timestamp(milliseconds: 60)))
        #expect(read.image == snapshot.image && read.quorum == snapshot.quorum)
        #expect(read.newest == snapshot.newest && read.name == Self.name)
    }

    @Test("data of more than 8 MiB goes into several batches")
    func large() throws {
        var image = ClusterImage()
        let value = String(repeating: "v", count: 30_000)
        for number in 0..<700 {
            try image.replay(
                .config(
                    ConfigRecord(
                        resourceType: 4, resourceName: "1", name: "p\(number)", value: value)))
        }
        let snapshot = MetadataSnapshot(name: Self.name, newest: .none, image: image)
        let bytes = try snapshot.printed(at: Timestamp(milliseconds: 60))
        #expect(try Self.batches(bytes).count == 5)
        #expect(try MetadataSnapshot(Self.name, parsing: bytes).image == image)
    }
}
