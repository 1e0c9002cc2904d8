import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@Suite struct RecordBatchViewTests {
    @Test("Kafka's two records read alike, whatever their codec")
    func golden() throws {
        let key = Array("key".utf8)
        let expected = [
            Record(
                key: key, value: Array("valuevaluevaluevaluevalue".utf8),
                timestamp: Timestamp(milliseconds: Golden.timestamp)),
            Record(key: key, value: nil, timestamp: Timestamp(milliseconds: Golden.timestamp + 1)),
        ]
        for bytes in [Golden.none, Golden.snappy, Golden.lz4] {
            #expect(try records(of: bytes) == expected)
        }
    }

    @Test("a view takes the bytes of its batch and no more")
    func extent() throws {
        let bytes = [9, 9] + Golden.none + [9]
        let view = try RecordBatchView(bytes.rawSpan, at: 2)
        #expect(view.bytes.array() == Golden.none)
        #expect(view.body.byteCount == 45)
        #expect(view.isCompressed == false)
    }

    @Test("an expanded batch is appended to what the buffer holds")
    func expand() throws {
        var buffer = ByteBuffer()
        buffer.append([1, 2, 3])
        let bytes = Golden.lz4
        let view = try RecordBatchView(bytes.rawSpan)
        #expect(view.isCompressed == true)
        try view.expand(with: Decompressor(), into: &buffer, budget: .standard)
        #expect(buffer.bytes.array() == [1, 2, 3] + Golden.none[61...])
    }

    @Test("offset, size and sequence number of each record are told")
    func numbers() throws {
        var batch = RawBatch([RawRecord().bytes, RawRecord(attributes: 3, offsetDelta: 4).bytes])
        batch.header.baseOffset = .max - 4
        batch.header.lastOffsetDelta = 4
        batch.header.baseSequence = .max - 3
        let bytes = batch.bytes
        var cursor = try RecordBatchView(bytes.rawSpan).records
        let first = try #require(try Numbers(cursor.next()))
        #expect(cursor.index == 1)
        let second = try #require(try Numbers(cursor.next()))
        #expect(first == Numbers(.max - 4, 0, .max - 3, 9, 0))
        #expect(second == Numbers(.max, 4, 0, 9, 3))
        #expect(try Numbers(cursor.next()) == nil)
        #expect(cursor.index == 2)
        #expect(cursor.bytesLeft == 0)
    }

    struct Numbers: Equatable {
        var offset: Int64
        var delta, sequence: Int32
        var size: Int
        var attributes: Int8

        init(_ offset: Int64, _ delta: Int32, _ sequence: Int32, _ size: Int, _ attributes: Int8) {
            (self.offset, self.delta, self.sequence) = (offset, delta, sequence)
            (self.size, self.attributes) = (size, attributes)
        }

        init?(_ record: RecordView?) {
            guard let record else { return nil }
            self.init(
                record.offset.rawValue, record.offsetDelta, record.sequence ?? -1,
                record.sizeInBytes, record.attributes)
        }
    }

    @Test("times count from the base, and append time overrides them")
    func times() throws {
        var batch = RawBatch([
            RawRecord(timestampDelta: .max).bytes,
            RawRecord(timestampDelta: 0, offsetDelta: 1).bytes,
        ])
        batch.header.baseTimestamp = 0
        batch.header.maxTimestamp = 77
        func times() throws -> [Int64] {
            try records(of: batch.bytes).compactMap { $0.timestamp?.milliseconds }
        }
        #expect(try times() == [.max, 0])
        batch.header.baseTimestamp = .min
        #expect(try times() == [-1, .min])
        batch.header.attributes = BatchAttributes(rawValue: 0x08)
        #expect(try times() == [77, 77])
        // A delete horizon stands where the base timestamp does; deltas count from it all the same.
        batch.header.attributes = BatchAttributes(rawValue: 0x40)
        batch.header.baseTimestamp = -5
        #expect(try times() == [.max - 5, -5])
        let horizon = batch.header.deleteHorizon
        #expect(horizon == Timestamp(milliseconds: -5))
    }

    @Test("null is not empty, in keys, values and headers")
    func nulls() throws {
        let written = [
            Record(key: nil, value: nil),
            Record(key: [], value: []),
            Record(
                key: [1], value: [2],
                headers: [
                    RecordHeader("", nil), RecordHeader("a", []), RecordHeader("a", [0]),
                    RecordHeader(key: [0xFF], value: [1]),
                ]),
        ]
        let batch = RawBatch(
            written.enumerated().map { place, record in
                RawRecord(
                    offsetDelta: Int32(place), key: record.key, value: record.value,
                    headers: record.headers
                ).bytes
            })
        var read = try records(of: batch.bytes)
        for place in read.indices { read[place].timestamp = nil }
        #expect(read == written)
    }

    @Test("headers walk to their end and stay there")
    func headers() throws {
        let bytes = RawBatch([RawRecord(headers: [RecordHeader("a", [1])]).bytes]).bytes
        var cursor = try RecordBatchView(bytes.rawSpan).records
        guard let record = try cursor.next() else {
            Issue.record("no record")
            return
        }
        var headers = record.headers
        #expect(headers.remaining == 1)
        #expect(headers.next()?.key.array() == [97])
        #expect(headers.remaining == 0)
        #expect(headers.next()?.key.byteCount == nil)
        #expect(headers.next()?.key.byteCount == nil)
    }

    @Test("no bytes behind a lawful header trap a cursor, and every walk ends")
    func anyBody() {
        var random = SeededGenerator()
        for round in 0..<3000 {
            var batch = RawBatch([
                RawRecord(headers: [RecordHeader("h", [1])]).bytes,
                RawRecord(offsetDelta: 1, value: nil).bytes, RawRecord(offsetDelta: 2).bytes,
            ])
            if round % 3 == 0 { batch.body = random.bytes(Int.random(in: 7...80, using: &random)) }
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: batch.body.indices, using: &random)
                batch.body[place] = UInt8.random(in: 0...255, using: &random)
            }
            batch.header.recordsCount = Int32(
                min(batch.body.count / BatchLayout.recordSizeMin, round % 4))
            batch.header.lastOffsetDelta = Int32.random(in: 3...Int32.max, using: &random)
            batch.header.baseTimestamp = Int64.random(in: Int64.min...Int64.max, using: &random)
            let readable = (try? records(of: batch.bytes)) != nil
            let defect = deepDefect(batch.bytes)
            // What the deep check takes can be read; a cursor also reads offsets in disorder.
            #expect(defect != nil || readable, "round \(round), seed \(random.seed)")
        }
    }
}
