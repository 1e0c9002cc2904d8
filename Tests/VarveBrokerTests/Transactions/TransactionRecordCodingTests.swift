import Foundation
import Testing
import VarveBytes
import VarveRecords
import VarveTerms
import VarveTransactions
import VarveWire

@testable import VarveBroker

@Suite("TransactionRecordCoding")
struct TransactionRecordCodingTests {
    // MARK: Error paths

    @Test("what is cut off, or of a state that is never written down, is no record")
    func damage() throws {
        let record = TransactionRecord("id", stored)
        let (key, value) = try encoded(record)
        for size in 0..<key.count {
            let cut = Array(key.prefix(size))
            #expect(throws: WireError.self) {
                try TransactionRecordCoding.decode(key: cut.rawSpan, value: nil)
            }
        }
        for size in 0..<value.count {
            let cut = Array(value.prefix(size))
            #expect(throws: WireError.self) {
                try TransactionRecordCoding.decode(key: key.rawSpan, value: cut.rawSpan)
            }
        }
        // The status follows version, producer id, epoch and time-out.
        for status: UInt8 in [6, 7, 8, 0xff] {
            var other = value
            other[2 + 8 + 2 + 4] = status
            #expect(
                try TransactionRecordCoding.decode(key: key.rawSpan, value: other.rawSpan) == nil)
        }
        let otherKind: [UInt8] = [0, 1] + key.dropFirst(2)
        #expect(try TransactionRecordCoding.decode(key: otherKind.rawSpan, value: nil) == nil)
    }

    /// Key and value of a record; nothing for the value of a tombstone.
    private func encoded(
        _ record: TransactionRecord, at level: TransactionVersion = .v2
    ) throws -> (key: [UInt8], value: [UInt8]) {
        let key = try TransactionRecordCoding.key(of: record)
        guard let value = try TransactionRecordCoding.value(of: record, at: level) else {
            return (key.buffer.bytes.array(), [])
        }
        return (key.buffer.bytes.array(), value.buffer.bytes.array())
    }

    private var stored: StoredTransaction {
        var stored = StoredTransaction(
            producer: ProducerIdentity(id: 7, epoch: 3), timeoutMs: 60_000,
            lastUpdate: Timestamp(milliseconds: 5))
        stored.state = .ongoing
        stored.partitions = [TransactionPartition("b", 1), TransactionPartition("a", 4)]
        stored.nextProducerID = 9
        stored.version = .v2
        return stored
    }

    @Test("what is encoded is decoded")
    func roundTrip() throws {
        for record in [TransactionRecord("id", stored), TransactionRecord("id", nil)] {
            let (key, value) = try encoded(record)
            let decoded =
                if record.value == nil {
                    try TransactionRecordCoding.decode(key: key.rawSpan, value: nil)
                } else {
                    try TransactionRecordCoding.decode(key: key.rawSpan, value: value.rawSpan)
                }
            #expect(decoded == record)
        }
    }

    @Test("values of level 0 are of version 0, without what only tags can say")
    func level0() throws {
        let record = TransactionRecord("id", stored)
        let key = try encoded(record).key
        for (level, version) in [(TransactionVersion.v0, UInt8(0)), (.v1, 1), (.v2, 1)] {
            let value = try encoded(record, at: level).value
            #expect(value.prefix(2) == [0, version])
            var expected = stored
            if level == .v0 {
                (expected.nextProducerID, expected.version) = (-1, .v0)
            }
            let decoded = try TransactionRecordCoding.decode(
                key: key.rawSpan, value: value.rawSpan)
            #expect(decoded?.value == expected)
        }
    }

    // MARK: Kafka's own

    @Test("records that Kafka wrote are read, and written again byte by byte")
    func golden() throws {
        var coordinator = TransactionCoordinator(epoch: 3)
        var count = 0
        try forEachGoldenRecord { key, value in
            let record = try #require(
                try TransactionRecordCoding.decode(key: key.rawSpan, value: value.rawSpan))
            coordinator.apply(record)
            count += 1
            let again = try encoded(record)
            #expect(again.key == key)
            // Kafka writes topics in the order of a hash table.
            let topics = Set(record.value?.partitions.map(\.topic) ?? [])
            if topics.count < 2 { #expect(again.value == value, "record \(count)") }
        }
        #expect(count == 122)
        let open = try #require(coordinator.describe("tx-one"))
        #expect(open.state == .ongoing)
        #expect(open.producer == ProducerIdentity(id: 3, epoch: 17))
        #expect(open.partitions == [TransactionPartition("open-transaction", 0)])
        #expect(open.version == .v2)
        let ended = try #require(coordinator.describe("tx-two"))
        #expect(ended.state == .completeAbort)
        #expect(ended.producer == ProducerIdentity(id: 4, epoch: 23))
        #expect(coordinator.list(at: Timestamp(milliseconds: 0)).count == 2)
    }

    private func forEachGoldenRecord(_ body: ([UInt8], [UInt8]) throws -> Void) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appending(path: "Fixtures/transactions/transaction-state-1.log.gz")
        let packed = try [UInt8](Foundation.Data(contentsOf: file))
        var log = ByteBuffer()
        try Decompressor().decompress(packed.rawSpan, codec: .gzip, into: &log)
        var found: [([UInt8], [UInt8])] = []
        var scanner = RecordScanner()
        var position = 0
        while let header = BatchHeader(log.bytes, at: position) {
            let batch = log.bytes.extracting(position..<position + header.sizeInBytes)
            try scanner.forEachRecord(in: batch) { record in
                found.append((record.key?.array() ?? [], record.value?.array() ?? []))
            }
            position += header.sizeInBytes
        }
        for (key, value) in found { try body(key, value) }
    }
}
