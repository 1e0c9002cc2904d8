import Testing
import VarveRecords
import VarveTerms

@Suite struct BatchRulesTests {
    @Test("Kafka's batches of every kind pass as stored; a client's may not be a marker")
    func golden() {
        for bytes in [Golden.none, Golden.snappy, Golden.lz4] {
            #expect(deepDefect(bytes) == nil)
            #expect(deepDefect(bytes, .appended) == nil)
        }
        #expect(deepDefect(Golden.commitMarker) == nil)
        #expect(deepDefect(Golden.commitMarker, .appended) == .controlFromClient)
    }

    @Test("a batch of no record lies in a log and comes from no client")
    func empty() {
        let batch = RawBatch([])
        #expect(deepDefect(batch.bytes) == nil)
        #expect(deepDefect(batch.bytes, .appended) == .empty)
    }

    @Test("gaps between offsets lie in a log and come from no client")
    func gaps() {
        var batch = RawBatch([RawRecord(offsetDelta: 1).bytes, RawRecord(offsetDelta: 4).bytes])
        batch.header.lastOffsetDelta = 6
        #expect(deepDefect(batch.bytes) == nil)
        #expect(
            deepDefect(batch.bytes, .appended)
                == .countMismatch(recordsCount: 2, lastOffsetDelta: 6))
    }

    @Test("a client's offset deltas count from 0 without a gap, compressed or not")
    func consecutive() {
        let batch = RawBatch([0, 2, 1].map { RawRecord(offsetDelta: $0).bytes })
        #expect(
            deepDefect(batch.bytes, .appended)
                == .record(index: 1, .offsetDeltaNotConsecutive(2, expected: 1)))
        #expect(
            deepDefect(batch.bytes)
                == .record(index: 2, .offsetDeltaNotIncreasing(1, after: 2)))
    }

    @Test("only a broker sets the append time, unless the caller allows it")
    func appendTime() {
        var batch = RawBatch([RawRecord().bytes])
        batch.header.attributes = BatchAttributes(rawValue: 0x08)
        #expect(deepDefect(batch.bytes) == nil)
        #expect(deepDefect(batch.bytes, .appended) == .appendTimeFromClient)
        var rules = BatchRules.appended
        rules.appendTime = .allowed
        #expect(deepDefect(batch.bytes, rules) == nil)
    }

    @Test("a producer id comes with a sequence number")
    func sequence() {
        var batch = RawBatch([RawRecord().bytes])
        batch.header.producerId = 7
        batch.header.producerEpoch = 0
        #expect(deepDefect(batch.bytes) == nil)
        #expect(
            deepDefect(batch.bytes, .appended)
                == .sequenceMissing(producerId: 7, baseSequence: -1))
        batch.header.baseSequence = 0
        #expect(deepDefect(batch.bytes, .appended) == nil)
    }

    @Test("a batch above the limit is refused with both sizes")
    func sizeMax() {
        var rules = BatchRules.appended
        rules.sizeMax = ByteCount(Golden.none.count)
        #expect(deepDefect(Golden.none, rules) == nil)
        rules.sizeMax = ByteCount(Golden.none.count - 1)
        #expect(deepDefect(Golden.none, rules) == .tooLarge(size: 106, limit: 105))
    }

    @Test("times whose difference wraps read as Kafka reads them and come from no client")
    func wrappedTimestamps() throws {
        var batch = RawBatch([RawRecord(timestampDelta: 1).bytes])
        batch.header.baseTimestamp = .max
        let wrapped = try records(of: batch.bytes).first?.timestamp
        #expect(wrapped == Timestamp(milliseconds: .min))
        #expect(deepDefect(batch.bytes) == nil)
        #expect(
            deepDefect(batch.bytes, .appended)
                == .record(index: 0, .timestampOverflow(base: .max, delta: 1)))
    }

    @Test("the contents name times, sizes and the first record without a key")
    func contentsOfBatch() throws {
        let deltas: [Int64] = [5, 9, -3, 9]
        var batch = RawBatch(
            deltas.enumerated().map { place, delta in
                RawRecord(
                    timestampDelta: delta, offsetDelta: Int32(place), key: place < 2 ? [1] : nil
                ).bytes
            })
        batch.header.baseTimestamp = 1000
        batch.header.maxTimestamp = 4711
        let found = try contents(batch.bytes)
        #expect(found.recordsCount == 4)
        #expect(found.expandedSize == ByteCount(batch.body.count))
        #expect(found.times?.earliest == Timestamp(milliseconds: 997))
        #expect(found.times?.latest == Timestamp(milliseconds: 1009))
        #expect(found.times?.latestOffsetDelta == 1)
        #expect(found.firstNullKeyIndex == 2)
        batch.header.attributes = BatchAttributes(rawValue: 0x08)
        let appended = try contents(batch.bytes)
        #expect(appended.times?.earliest == Timestamp(milliseconds: 4711))
        #expect(appended.times?.latestOffsetDelta == 0)
    }
}
