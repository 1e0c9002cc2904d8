import Testing
import VarveBytes
import VarveRecords
import VarveTerms
import VarveWire

@testable import VarveBroker
@testable import VarveMetadata

/// Snapshots of the metadata log that Apache Kafka wrote, and Varve's of the same.
@Suite("Kafka's metadata snapshots")
struct SnapshotTests {
    private static func files(_ set: String) throws -> [(SnapshotName, [UInt8])] {
        try #require(GoldenSet.named(set)).filesWithSnapshots().compactMap { path, bytes in
            let file = path.split(separator: "/").last.map(String.init) ?? ""
            return SnapshotName(file: file).map { ($0, bytes) }
        }.sorted { $0.0 < $1.0 }
    }

    /// What a file consists of: the kind of each batch and its records, the order within the data
    /// aside, since Kafka's is that of its hash maps.
    private struct Shape: Equatable {
        var batches: [[String]] = []

        init(_ file: [UInt8]) throws {
            var scanner = RecordScanner()
            var position = 0
            while position < file.count {
                let header = try BatchCheck.frame(file.rawSpan, at: position)
                let isControl = header.attributes.isControl
                var records: [String] = []
                let batch = file.rawSpan.extracting(position..<position + header.sizeInBytes)
                try scanner.forEachRecord(in: batch) { record in
                    let key = record.key?.array() ?? []
                    let value = record.value?.array() ?? []
                    records.append("\(key) \(value)")
                }
                let kind = "\(isControl) \(header.baseOffset) \(header.partitionLeaderEpoch)"
                batches.append([kind] + records.sorted())
                position += header.sizeInBytes
            }
        }
    }

    @Test(
        "what Varve writes of a snapshot's content is what Kafka wrote, record by record",
        arguments: ["clean", "disk-a", "node-2"])
    func rewritten(set: String) throws {
        let files = try Self.files(set)
        #expect(!files.isEmpty)
        for (name, bytes) in files {
            let snapshot = try MetadataSnapshot(name, parsing: bytes)
            let mine = try snapshot.printed(at: Timestamp(milliseconds: 1))
            let (shape, theirs) = (try Shape(mine), try Shape(bytes))
            #expect(shape == theirs, "\(set) \(name.file)")
            #expect(try MetadataSnapshot(name, parsing: mine).image == snapshot.image)
        }
    }

    @Test("the page's example is the snapshot that formatting a node leaves")
    func page() throws {
        let page = try #require(
            try GoldenSource.content(GoldenSource.root + "/docs/formats/metadata-snapshot.md"))
        let lines = String(decoding: page, as: UTF8.self).split(separator: "\n")
        let example = lines.drop { $0 != "```example" }.dropFirst().prefix { $0 != "```" }
        let digits = example.joined().filter { $0 != " " }.compactMap(\.hexDigitValue)
        let bytes = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
        let (name, file) = try #require(try Self.files("disk-a").first)
        #expect(bytes == file)
        let snapshot = try MetadataSnapshot(name, parsing: bytes)
        #expect(snapshot.quorum.version?.kRaftVersion == 1)
        #expect(snapshot.quorum.voters?.voters.map(\.voterId) == [1])
        #expect(snapshot.image == ClusterImage())
    }

    @Test("names of files are Kafka's")
    func names() throws {
        let names = try Self.files("clean").map(\.0)
        #expect(names.last == SnapshotName(offset: Offset(385), epoch: LeaderEpoch(3)))
        #expect(names.last?.file == "00000000000000000385-0000000003.checkpoint")
    }

    @Test("each snapshot of a node is the sum of its log up to there")
    func sums() throws {
        let set = try #require(GoldenSet.named("clean"))
        let files = try set.files()
        let bytes = try #require(files["__cluster_metadata-0/00000000000000000000.log"])
        for (name, file) in try Self.files("clean") {
            var replay = MetadataReplay()
            var scanner = RecordScanner()
            for batch in GoldenSegment(stem: "", base: .zero, file: bytes).batches {
                let header = try BatchCheck.frame(batch.rawSpan)
                guard header.baseOffset < name.offset.rawValue, !header.attributes.isControl else {
                    continue
                }
                try scanner.forEachRecord(in: batch.rawSpan) { record in
                    guard let value = record.value else { return }
                    do {
                        try replay.replay(MetadataRecord(value: value))
                    } catch {
                        Issue.record("\(record.offset): \(error)")
                    }
                }
            }
            let sum = Self.sorted(replay.image)
            let told = Self.sorted(try MetadataSnapshot(name, parsing: file).image)
            #expect(sum.records.filter { !told.records.contains($0) } == [], "\(name.file)")
            #expect(sum == told, "\(name.file)")
        }
    }

    /// With the features of brokers by name: Kafka writes them as its hash maps have them.
    private static func sorted(_ image: ClusterImage) -> ClusterImage {
        var image = image
        for id in image.brokers.keys {
            image.brokers[id]?.features.sort { $0.name < $1.name }
        }
        return image
    }
}
