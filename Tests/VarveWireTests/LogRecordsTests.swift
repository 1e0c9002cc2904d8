import Testing
import VarveBytes
import VarveTerms

@testable import VarveWire

/// Records of Kafka's own logs, with what stands before their bodies.
@Suite("records of internal logs")
struct LogRecordsTests {
    @Test("a record of the metadata log carries frame version, key and version")
    func metadata() throws {
        let record = MetadataRecord.topic(
            TopicRecord(name: "a", topicId: UniqueID(high: 0, low: 1)))
        var writer = WireWriter()
        try record.encode(into: &writer, version: 0)
        let bytes = writer.buffer.bytes.array()
        // 1, TopicRecord's 2, 0; the name, the id, no tagged fields.
        #expect(bytes == [1, 2, 0, 2, 97] + [UInt8](repeating: 0, count: 15) + [1, 0])
        var reader = WireReader(bytes.rawSpan)
        #expect(try MetadataRecord(decoding: &reader) == record)
    }

    @Test("other frames, unknown records and bytes behind the body are refused")
    func metadataFaults() {
        func problem(_ bytes: [UInt8]) -> WireError.Problem? {
            var reader = WireReader(bytes.rawSpan)
            do throws(WireError) {
                _ = try MetadataRecord(decoding: &reader)
                return nil
            } catch {
                return error.problem
            }
        }
        // NoOpRecord, 20, has no field.
        #expect(problem([1, 20, 0, 0]) == nil)
        #expect(problem([0, 20, 0, 0]) == .unknownFrame(0))
        #expect(problem([2, 20, 0, 0]) == .unknownFrame(2))
        #expect(problem([1, 99, 0, 0]) == .unknownRecord(99))
        #expect(problem([1, 20, 1, 0]) == .unsupportedVersion(1))
        #expect(problem([1, 20, 0x80, 0x80, 2, 0]) == .badVarint)
        #expect(problem([1, 20, 0, 0, 0]) == .trailingBytes(1))
        #expect(problem([1, 20, 0]) == .truncated)
        #expect(problem([]) == .truncated)
    }

    @Test("a record that fails to encode leaves nothing behind")
    func metadataVersions() {
        var writer = WireWriter()
        #expect(throws: WireError.self) {
            try MetadataRecord.noOp(NoOpRecord()).encode(into: &writer, version: 1)
        }
        #expect(writer.count == 0)
    }

    @Test("a coordinator's key begins with its number, a value with its version")
    func coordinators() throws {
        var writer = WireWriter()
        let key = OffsetCommitKey(group: "g", topic: "t", partition: 3)
        try key.encodeKey(into: &writer)
        let bytes = writer.buffer.bytes.array()
        #expect(bytes == [0, 1, 0, 1, 103, 0, 1, 116, 0, 0, 0, 3])
        var reader = WireReader(bytes.rawSpan)
        #expect(try reader.recordKey() == 1)
        #expect(try OffsetCommitKey(decodingKey: &reader) == key)

        writer.removeAll()
        let value = OffsetCommitValue(offset: 5, metadata: "m", commitTimestamp: 7)
        try value.encodeValue(into: &writer, version: 3)
        let valueBytes = writer.buffer.bytes.array()
        #expect(valueBytes.prefix(10) == [0, 3, 0, 0, 0, 0, 0, 0, 0, 5])
        var valueReader = WireReader(valueBytes.rawSpan)
        #expect(try OffsetCommitValue(decodingValue: &valueReader) == value)
    }
}
