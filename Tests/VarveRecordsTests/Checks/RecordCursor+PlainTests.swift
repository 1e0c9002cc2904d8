import Testing
import VarveBytes
import VarveTerms

@testable import VarveRecords

@Suite("RecordCursor, plain records")
struct RecordCursorPlainTests {
    private func outcome(
        _ batch: [UInt8], _ rules: BatchRules, skims: Bool
    ) -> Result<BatchContents, BatchDefect> {
        do throws(BatchDefect) {
            let view = try RecordBatchView(batch.rawSpan)
            return .success(
                try BatchCheck.walk(
                    view.records, view.body.byteCount, view.header, rules, skims: skims))
        } catch {
            return .failure(error)
        }
    }

    @Test("the short way finds what the long one finds, whatever the bytes")
    func differential() {
        var generator = SeededGenerator()
        var (sound, defective) = (0, 0)
        for step in 0..<2_000 {
            let batch = randomBatch(&generator)
            let rules = Bool.random(using: &generator) ? BatchRules.stored : .appended
            let long = outcome(batch, rules, skims: false)
            let note: Comment = "seed \(generator.seed), step \(step)"
            #expect(outcome(batch, rules, skims: true) == long, note)
            if case .success = long { sound += 1 } else { defective += 1 }
        }
        #expect(sound > 400 && defective > 400, "\(sound) sound, \(defective) defective")
    }

    @Test("records of every size of their numbers are plain, and what is larger is not")
    func sizes() throws {
        for (value, delta, isPlain) in [
            (0, Int64(0), true), (63, 64, true), (64, -65, true), (8191, 8192, true),
            (8192, -1_048_576, true), (70_000, 1_048_575, true), (20, 1_048_576, false),
            (1 << 20, 0, false),
        ] {
            var record = RawRecord(timestampDelta: delta, key: nil)
            record.value = [UInt8](repeating: 7, count: value)
            let bytes = RawBatch([record.bytes, [UInt8](repeating: 0, count: 20)]).bytes
            var cursor = try RecordBatchView(bytes.rawSpan).records
            #expect((cursor.nextPlain() != nil) == isPlain, "\(value), \(delta)")
        }
    }

    // MARK: Random batches

    private func randomBatch(_ generator: inout SeededGenerator) -> [UInt8] {
        var time: Int64 = 0
        var delta: Int32 = -1
        let records = (0..<Int32.random(in: 1...12, using: &generator)).map { number in
            delta += generator.next() % 40 == 0 ? 2 : 1
            var record = RawRecord(offsetDelta: delta)
            time += Int64.random(in: 0...(number % 5 == 4 ? 2_000_000 : 90), using: &generator)
            record.timestampDelta = time
            record.key = randomBytes(&generator, [4, 4, 70, 200])
            record.value = randomBytes(&generator, [0, 3, 60, 66, 130, 9_000])
            if generator.next() % 9 == 0 {
                record.headers = [RecordHeader(key: [65], value: [1, 2])]
            }
            if generator.next() % 40 == 0 { spoil(&record, &generator) }
            return record.bytes
        }
        var batch = RawBatch(records)
        // Where there are gaps the header may say so, or not.
        if generator.next() % 2 == 0 { batch.header.lastOffsetDelta = delta }
        if generator.next() % 2 == 0 { damage(&batch, &generator) }
        return batch.bytes
    }

    /// Makes one number of a record wrong, and leaves all else in its place.
    private func spoil(_ record: inout RawRecord, _ generator: inout SeededGenerator) {
        switch generator.next() % 4 {
        case 0: (record.key, record.keyLength) = (nil, -2)
        case 1: (record.value, record.valueLength) = (nil, -2)
        case 2: record.tail = [0]
        default: record.offsetDelta -= 1
        }
    }

    private func randomBytes(_ generator: inout SeededGenerator, _ sizes: [Int]) -> [UInt8]? {
        let place = Int(generator.next() % UInt64(sizes.count + 1))
        guard place < sizes.count else { return nil }
        let size = Int(generator.next() % UInt64(sizes[place] + 1))
        return (0..<size).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    private func damage(_ batch: inout RawBatch, _ generator: inout SeededGenerator) {
        switch generator.next() % 8 {
        case 0: batch.header.recordsCount += Bool.random(using: &generator) ? 1 : -1
        case 1: batch.header.lastOffsetDelta -= Int32.random(in: 0...2, using: &generator)
        case 2: batch.header.baseTimestamp = .max - Int64.random(in: 0...100, using: &generator)
        case 3: batch.header.attributes = BatchAttributes(rawValue: 8)
        case 4: batch.body.removeLast(min(batch.body.count, Int(generator.next() % 9) + 1))
        default:
            for _ in 0...generator.next() % 3 {
                // The fronts of records, where their numbers are, rather than values.
                let place = Int(generator.next() % UInt64(min(batch.body.count, 40)))
                let kinds: [UInt8] = [
                    0, 1, 2, 3, 0x7F, 0x80, 0xFF, UInt8(truncatingIfNeeded: generator.next()),
                ]
                batch.body[place] = kinds[Int(generator.next() % 8)]
            }
        }
    }
}
