import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@Suite struct BatchCheckRecordsTests {
    /// A record that is wrong in one way, as the second of a batch of two.
    struct Malformation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var record: [UInt8]
        var expected: RecordDefect

        init(_ name: String, _ record: RawRecord, _ expected: RecordDefect) {
            var record = record
            if record.offsetDelta == 0 { record.offsetDelta = 1 }
            (testDescription, self.record, self.expected) = (name, record.bytes, expected)
        }

        init(_ name: String, bytes: [UInt8], _ expected: RecordDefect) {
            (testDescription, record, self.expected) = (name, bytes, expected)
        }
    }

    static let lengths: [Malformation] = [
        Malformation(
            "length that never ends", bytes: [UInt8](repeating: 0xFF, count: 7),
            .varint(.length)),
        Malformation("length below zero", bytes: [1, 0, 0, 2, 1, 1, 0], .lengthTooSmall(-1)),
        Malformation("length below 6", bytes: [10, 0, 0, 2, 1, 1, 0], .lengthTooSmall(5)),
        Malformation(
            "length past the end", RawRecord(length: 9), .lengthPastEnd(9, available: 8)),
        Malformation(
            "length of 2 GiB", RawRecord(length: .max), .lengthPastEnd(.max, available: 8)),
        Malformation("bytes after the last field", RawRecord(tail: [0, 0]), .bytesLeft(2)),
    ]

    static let deltas: [Malformation] = [
        Malformation(
            "timestamp delta of 11 bytes",
            bytes: [24, 0] + [UInt8](repeating: 0x80, count: 10) + [0], .varint(.timestampDelta)),
        Malformation(
            "timestamp delta of 65 bits",
            bytes: [30, 0] + [UInt8](repeating: 0x80, count: 9) + [2, 2, 1, 1, 0],
            .varint(.timestampDelta)),
        Malformation(
            "offset delta of 33 bits",
            bytes: [24, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 1, 1, 0, 0, 0], .varint(.offsetDelta)),
        Malformation(
            "offset delta past the last", RawRecord(offsetDelta: 2),
            .offsetDeltaOutside(2, lastOffsetDelta: 1)),
        Malformation(
            "offset delta below zero", RawRecord(offsetDelta: -1),
            .offsetDeltaOutside(-1, lastOffsetDelta: 1)),
        Malformation(
            "the offset delta before it again", bytes: RawRecord(offsetDelta: 0).bytes,
            .offsetDeltaNotIncreasing(0, after: 0)),
    ]

    static let fields: [Malformation] = [
        Malformation("key length −2", RawRecord(keyLength: -2), .lengthNegative(.key, -2)),
        Malformation(
            "key past the end", RawRecord(keyLength: 5),
            .fieldPastEnd(.key, length: 5, available: 4)),
        Malformation(
            "key of 2 GiB", RawRecord(keyLength: .max, tail: [0, 0, 0]),
            .fieldPastEnd(.key, length: .max, available: 7)),
        Malformation(
            "nothing after the key", bytes: [14, 0, 0, 2, 6, 1, 1, 1], .varint(.value)),
        Malformation("value length −2", RawRecord(valueLength: -2), .lengthNegative(.value, -2)),
        Malformation(
            "value past the end", RawRecord(valueLength: 3),
            .fieldPastEnd(.value, length: 3, available: 2)),
        Malformation(
            "nothing after the value", bytes: [14, 0, 0, 2, 1, 4, 1, 1], .varint(.headerCount)),
    ]

    static let headers: [Malformation] = [
        Malformation("−1 headers", RawRecord(headerCount: -1), .headerCount(-1, available: 0)),
        Malformation(
            "more headers than bytes", RawRecord(headerCount: 1), .headerCount(1, available: 0)),
        Malformation(
            "2^31 − 1 headers", RawRecord(headerCount: .max), .headerCount(.max, available: 0)),
        Malformation(
            "null header key",
            RawRecord(headers: [RecordHeader("h", [1])], headerKeyLength: -1),
            .lengthNegative(.headerKey, -1)),
        Malformation(
            "header key past the end",
            RawRecord(headers: [RecordHeader("h", [1])], headerKeyLength: 9),
            .fieldPastEnd(.headerKey, length: 9, available: 3)),
        Malformation(
            "header value length −2",
            RawRecord(headers: [RecordHeader("h", [1])], headerValueLength: -2),
            .lengthNegative(.headerValue, -2)),
        Malformation(
            "header value past the end",
            RawRecord(headers: [RecordHeader("h", [1])], headerValueLength: 2),
            .fieldPastEnd(.headerValue, length: 2, available: 1)),
        Malformation(
            "nothing after a header's key", RawRecord(headerCount: 1, tail: [2, 7]),
            .varint(.headerValue)),
    ]

    static let malformations = lengths + deltas + fields + headers

    @Test("a malformed record is named with its index", arguments: malformations)
    func malformed(malformation: Malformation) {
        let batch = RawBatch([RawRecord().bytes, malformation.record])
        #expect(deepDefect(batch.bytes) == .record(index: 1, malformation.expected))
    }

    @Test("a malformed record is found behind a codec, too", arguments: malformations)
    func malformedCompressed(malformation: Malformation) throws {
        var batch = RawBatch([RawRecord().bytes, malformation.record])
        try batch.compress(.lz4)
        #expect(deepDefect(batch.bytes) == .record(index: 1, malformation.expected))
    }

    @Test("bytes after the last record, and records that are not there, are defects")
    func counts() {
        var batch = RawBatch([RawRecord().bytes])
        batch.body += [0, 0]
        #expect(deepDefect(batch.bytes) == .trailingBytes(2))
        batch = RawBatch([RawRecord(value: [UInt8](repeating: 0, count: 20)).bytes])
        batch.header.recordsCount = 2
        batch.header.lastOffsetDelta = 1
        #expect(deepDefect(batch.bytes) == .missingRecords(declared: 2, found: 1))
        batch = RawBatch([])
        batch.body = [0]
        #expect(deepDefect(batch.bytes) == .trailingBytes(1))
    }

    @Test("a compressed stream that is empty, broken or too large is a defect")
    func compressedStreams() throws {
        var batch = RawBatch([RawRecord().bytes])
        batch.header.attributes = BatchAttributes(rawValue: 4)
        batch.body = []
        #expect(deepDefect(batch.bytes) == .compressedEmpty)
        batch.body = [1, 2, 3]
        guard case .compression = deepDefect(batch.bytes) else {
            Issue.record("bytes that are no zstd frame passed")
            return
        }
        batch = RawBatch([RawRecord(value: [UInt8](repeating: 0, count: 100_000)).bytes])
        try batch.compress(.zstd)
        #expect(deepDefect(batch.bytes) == nil)
        let budget = DecompressionBudget(sizeMax: .kib(64))
        #expect(
            deepDefect(batch.bytes, budget: budget)
                == .compression(.overBudget(limit: .kib(64))))
    }

    @Test("a compressed batch cannot count more records than its bytes become")
    func compressedCount() throws {
        var batch = RawBatch([RawRecord().bytes])
        let size = batch.body.count
        try batch.compress(.gzip)
        batch.header.recordsCount = .max
        batch.header.lastOffsetDelta = .max
        #expect(
            deepDefect(batch.bytes)
                == .recordsCountTooLarge(.max, lastOffsetDelta: .max, bytes: size))
    }

    @Test("a control batch must hold control records")
    func controlBatch() {
        func found(_ key: [UInt8]?, _ value: [UInt8]?) -> BatchDefect? {
            var batch = RawBatch([RawRecord(key: key, value: value).bytes])
            batch.header.attributes = BatchAttributes(rawValue: 0x20)
            return deepDefect(batch.bytes)
        }
        #expect(found([0, 0, 0, 9], nil) == nil)
        #expect(found([0, 0, 0, 1], [0, 0, 0, 0, 0, 0]) == nil)
        #expect(found([0, 0, 0], nil) == .controlRecord(index: 0))
        #expect(found([0xFF, 0, 0, 1], nil) == .controlRecord(index: 0))
        #expect(found(nil, nil) == .controlRecord(index: 0))
        #expect(found([0, 0, 0, 1], [0, 0, 0, 0, 0]) == .controlRecord(index: 0))
        #expect(found([0, 0, 0, 0], nil) == .controlRecord(index: 0))
    }
}
