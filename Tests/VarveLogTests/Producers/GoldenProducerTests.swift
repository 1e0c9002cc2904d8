import Testing
import VarveBytes
import VarveLinux
import VarveRecords
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Logs that Apache Kafka wrote, taken batch by batch: at each offset of which it left a snapshot
/// the producers must be the same, and at the end the entries of the transaction indexes.
@Suite struct GoldenProducerTests {
    private static let folders = [
        "idempotent-0", "transactions-0", "open-transaction-0", "codec-none-0",
        "__consumer_offsets-0", "__consumer_offsets-1", "__transaction_state-1",
    ]

    private struct Folder {
        var logs: [(base: Offset, path: String)] = []
        var snapshots: [Offset: [UInt8]] = [:]
        var indexes: [Offset: [UInt8]] = [:]

        init(_ name: String) throws {
            let path = Fixture.root + "/Tests/Fixtures/engine/clean/" + name
            for entry in try LinuxFileSystem().entries(of: path) {
                guard let file = SegmentFileName(entry.name) else { continue }
                let place = path + "/" + entry.name
                switch file.content {
                case .log: logs.append((file.baseOffset, place))
                case .producerSnapshot: snapshots[file.baseOffset] = Fixture.bytes(place)
                case .transactionIndex: indexes[file.baseOffset] = Fixture.bytes(place)
                default: break
                }
            }
            logs.sort { $0.base < $1.base }
        }
    }

    @Test("Kafka's snapshots and transaction indexes are what its batches say", arguments: folders)
    func replay(name: String) throws {
        let folder = try Folder(name)
        var states = ProducerStates()
        var (compared, end) = (0, Int64(0))
        for log in folder.logs {
            var aborted: [AbortedTransaction] = []
            let bytes = Fixture.bytes(log.path)
            var position = 0
            while let header = BatchHeader(bytes.rawSpan, at: position) {
                compared +=
                    try compare(states, with: folder, of: name, at: header.baseOffset) ? 1 : 0
                let span = bytes.rawSpan.extracting(position..<position + header.sizeInBytes)
                if let done = states.take(header, span)?.aborted { aborted.append(done) }
                position += header.sizeInBytes
                end = (header.lastOffset ?? 0) + 1
            }
            let index = folder.indexes[log.base] ?? []
            #expect(TransactionIndexFile(aborted).printed() == index, "\(name) \(log.base)")
        }
        compared += try compare(states, with: folder, of: name, at: end) ? 1 : 0
        #expect(compared > 0 && compared == folder.snapshots.count, "\(name)")
    }

    /// - Returns: whether there is a snapshot of that offset.
    private func compare(
        _ states: ProducerStates, with folder: Folder, of name: String, at offset: Int64
    ) throws -> Bool {
        guard let bytes = folder.snapshots[Offset(offset)] else { return false }
        let file = try #require(ProducerSnapshotFile(parsing: bytes))
        #expect(file.isCRCRight)
        let ours = ProducerSnapshotFile(states)
        #expect(file.printed() == bytes, "at \(offset)")
        // In its second life this broker took three producers for expired: their records are old.
        let expired: Set<Int64> = name == "idempotent-0" && offset == 140 ? [0, 1, 2] : []
        let rows = ours.producers.filter { !expired.contains($0.producerId) }
        #expect(Set(file.producers) == Set(rows), "at \(offset)")
        if rows.count < 2, expired.isEmpty { #expect(ours.printed() == bytes) }
        return true
    }

    @Test("an entry of a transaction index that Kafka wrote is read as it was meant")
    func index() throws {
        let folder = try Folder("transactions-0")
        for (base, bytes) in folder.indexes {
            let file = try #require(TransactionIndexFile(parsing: bytes))
            let aborted = try #require(file.aborted(from: base))
            #expect(TransactionIndexFile(aborted).printed() == bytes)
        }
    }
}
