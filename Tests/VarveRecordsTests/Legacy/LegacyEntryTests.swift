import Testing
import VarveBytes
import VarveTerms

@testable import VarveRecords

/// Entries of magic 0 and 1, through the checks and views that batches of magic 2 go through.
@Suite("entries of magic 0 and 1")
struct LegacyEntryTests {
    /// Every entry in `bytes`, checked to the last record, and its records.
    private func read(
        _ bytes: [UInt8], budget: DecompressionBudget = .standard
    ) throws -> [(offset: Int64, record: Record)] {
        var records: [(Int64, Record)] = []
        var scanner = RecordScanner(budget: budget)
        var scratch = ByteBuffer()
        var position = 0
        while position < bytes.count {
            let header = try BatchCheck.frame(mapped: bytes.rawSpan, at: position)
            let entry = bytes.rawSpan.extracting(position..<position + header.sizeInBytes)
            let contents = try BatchCheck.records(
                entry, header: header, rules: .stored, decompressor: Decompressor(),
                scratch: &scratch, budget: budget)
            let before = records.count
            try scanner.forEachRecord(in: entry) { record in
                records.append((record.offset.rawValue, Record(record)))
            }
            #expect(Int(contents.recordsCount) == records.count - before)
            #expect(contents.baseOffset == records[before].0)
            #expect(header.lastOffset == records.last?.0)
            position += header.sizeInBytes
        }
        return records
    }

    private func defect(_ bytes: [UInt8], budget: DecompressionBudget = .standard) -> BatchDefect? {
        do {
            _ = try read(bytes, budget: budget)
            return nil
        } catch let defect as BatchDefect {
            return defect
        } catch {
            Issue.record("no defect but \(error)")
            return nil
        }
    }

    // MARK: Malformed entries

    @Test(
        "a size below that of the shortest entry is too small",
        arguments: [0, 13, -1, Int32.min])
    func sizeTooSmall(size: Int32) {
        for magic: Int8 in [0, 1] {
            let entry = RawEntry(magic: magic, size: size)
            #expect(defect(entry.bytes) == .lengthTooSmall(batchLength: size))
        }
        let short = RawEntry(magic: 1, size: 21)
        #expect(defect(short.bytes) == .lengthTooSmall(batchLength: 21))
    }

    @Test("an entry that ends early is truncated at every byte")
    func truncated() {
        for bytes in [GoldenEntries.plainOfMagic0, GoldenEntries.plainOfMagic1] {
            let size = 12 + Int(bytes.rawSpan.int32(at: 8))
            for count in 1..<size {
                let found = frameDefect(Array(bytes[..<count]))
                guard case .truncated(_, available: count) = found else {
                    Issue.record("\(count) bytes: \(String(describing: found))")
                    return
                }
            }
        }
    }

    @Test("fields that do not fill the entry are named")
    func fields() {
        func field(_ entry: RawEntry) -> RecordDefect? {
            guard case .record(index: 0, let found) = defect(entry.bytes) else { return nil }
            return found
        }
        #expect(field(RawEntry(keyLength: -2)) == .lengthNegative(.key, -2))
        #expect(field(RawEntry(valueLength: .min)) == .lengthNegative(.value, .min))
        #expect(
            field(RawEntry(keyLength: .max))
                == .fieldPastEnd(.key, length: .max, available: 6))
        #expect(
            field(RawEntry(valueLength: 2)) == .fieldPastEnd(.value, length: 2, available: 1))
        #expect(field(RawEntry(valueLength: 0)) == .bytesLeft(1))
        #expect(field(RawEntry(tail: [0, 0])) == .bytesLeft(2))
        // The key takes the bytes in which the value's length should stand.
        #expect(
            field(RawEntry(keyLength: 4)) == .fieldPastEnd(.value, length: 4, available: 2))
    }

    @Test("offsets below 0, and codecs that the format does not have, are refused")
    func header() {
        #expect(defect(RawEntry(offset: -1).bytes) == .baseOffsetNegative(-1))
        for codec: UInt8 in 4...7 {
            for magic: Int8 in [0, 1] {
                #expect(
                    defect(RawEntry(magic: magic, attributes: codec).bytes)
                        == .legacy(.codec(codec, magic: magic)))
            }
        }
    }

    @Test("every flipped bit that the checksum covers is found by it")
    func flips() throws {
        let wrapper = try RawEntry.wrapper(3, at: 12).bytes
        for entry in [RawEntry(magic: 0).bytes, RawEntry().bytes, wrapper] {
            for bit in 0..<entry.count * 8 {
                var flipped = entry
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                let found = defect(flipped)
                // Offset and size lie before the checksum, as in magic 2. A flip in the magic may
                // make it another format's, which ends the same way.
                guard bit / 8 >= 12, bit / 8 != 16 else { continue }
                guard case .checksum = found else {
                    Issue.record("bit \(bit): \(String(describing: found))")
                    return
                }
            }
        }
    }

    // MARK: Malformed wrappers

    @Test("a wrapper without a value, or with nothing in it, is refused")
    func emptyWrapper() throws {
        for magic: Int8 in [0, 1] {
            let null = RawEntry(magic: magic, attributes: 1, value: nil)
            #expect(defect(null.bytes) == .legacy(.wrapperEmpty))
            let empty = RawEntry(magic: magic, attributes: 1, value: [])
            #expect(defect(empty.bytes) == .legacy(.wrapperEmpty))
            let hollow = try RawEntry.wrapper([], magic: magic, at: 0)
            #expect(defect(hollow.bytes) == .legacy(.wrapperEmpty))
        }
    }

    @Test("entries inside that are cut, too small, of another format or compressed are refused")
    func malformedInside() throws {
        func inside(_ bytes: [UInt8], magic: Int8 = 1) throws -> LegacyDefect? {
            let wrapper = try RawEntry.wrapper(bytes, magic: magic, at: 1)
            guard case .legacy(let found) = defect(wrapper.bytes) else { return nil }
            return found
        }
        let first = RawEntry(offset: 0).bytes
        let second = RawEntry(offset: 1)
        for count in 1..<second.bytes.count {
            let found = try inside(first + second.bytes[..<count])
            guard case .innerTruncated(index: 1, _, available: count) = found else {
                Issue.record("\(count) bytes: \(String(describing: found))")
                return
            }
        }
        #expect(
            try inside(first + RawEntry(offset: 1, size: 21).bytes)
                == .innerSizeTooSmall(index: 1, size: 21))
        #expect(
            try inside(first + RawEntry(offset: 1, magic: 0).bytes)
                == .innerMagic(index: 1, found: 0, wrapper: 1))
        #expect(
            try inside(RawEntry(offset: 0, magic: 2).bytes, magic: 0)
                == .innerMagic(index: 0, found: 2, wrapper: 0))
        #expect(
            try inside(first + RawEntry.wrapper(1, at: 1).bytes) == .innerCompressed(index: 1))
        var wrong = second
        wrong.crc = 7
        let computed = second.bytes.rawSpan.uint32(at: 12)
        #expect(
            try inside(first + wrong.bytes)
                == .innerChecksum(index: 1, stored: 7, computed: computed))
    }

    @Test("offsets inside that the wrapper cannot hold are refused")
    func offsetsInside() throws {
        func inside(_ offsets: [Int64], at wrapper: Int64, magic: Int8) throws -> BatchDefect? {
            let inner = offsets.flatMap { RawEntry(offset: $0, magic: magic).bytes }
            return defect(try RawEntry.wrapper(inner, magic: magic, at: wrapper).bytes)
        }
        let span = { BatchDefect.legacy(.offsetSpan(wrapper: $0, firstInner: $1)) }
        #expect(try inside([0, 5], at: 4, magic: 1) == span(4, 0))
        #expect(try inside([0, -1], at: 4, magic: 1) == span(4, 0))
        #expect(try inside([.min], at: 4, magic: 1) == span(4, .min))
        #expect(try inside([0, .max], at: .max - 1, magic: 1) == span(.max - 1, 0))
        #expect(try inside([5, 4], at: 4, magic: 0) == span(4, 5))
        #expect(try inside([0, 1 << 31], at: 1 << 31, magic: 0) == span(1 << 31, 0))
        #expect(
            try inside([0, 5], at: 4, magic: 0)
                == .legacy(.innerOffset(index: 1, found: 5, wrapper: 4)))
        #expect(
            try inside([1, 0, 2], at: 2, magic: 1)
                == .legacy(.innerOffset(index: 1, found: 0, wrapper: 2)))
        #expect(
            try inside([0, 2, 1, 3], at: 3, magic: 1)
                == .record(index: 2, .offsetDeltaNotIncreasing(1, after: 2)))
    }

    @Test("what a wrapper becomes is bounded by the budget")
    func budget() throws {
        let inner = RawEntry(value: [UInt8](repeating: 0, count: 100_000)).bytes
        let budget = DecompressionBudget(sizeMax: .kib(64), ratioMax: 1, floor: .kib(8))
        for codec in [Codec.gzip, .snappy, .lz4] {
            let wrapper = try RawEntry.wrapper(inner, codec, at: 0)
            guard case .compression(.overBudget) = defect(wrapper.bytes, budget: budget) else {
                Issue.record("\(codec)")
                continue
            }
            #expect(defect(wrapper.bytes) == nil)
        }
    }

    @Test("no truncation and no flipped bit of a wrapper's content traps, checksum right or not")
    func noise() throws {
        for codec in [Codec.gzip, .snappy, .lz4] {
            for magic: Int8 in [0, 1] {
                let inner = (0..<3).flatMap { RawEntry(offset: $0, magic: magic).bytes }
                let whole = try RawEntry.wrapper(inner, codec, magic: magic, at: 2)
                let content = try #require(whole.value)
                var entry = whole
                for count in content.indices {
                    entry.value = Array(content[..<count])
                    #expect(defect(entry.bytes) != nil || codec == .gzip)
                }
                for bit in 0..<content.count * 8 {
                    var flipped = content
                    flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                    entry.value = flipped
                    _ = defect(entry.bytes)
                }
                // The same inside: the entries are wrong, their compression is right.
                for bit in 0..<inner.count * 8 {
                    var flipped = inner
                    flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                    _ = defect(try RawEntry.wrapper(flipped, codec, magic: magic, at: 2).bytes)
                }
            }
        }
    }

    @Test("random bytes behind a right frame never trap")
    func random() {
        var generator = SeededGenerator()
        for _ in 0..<20_000 {
            let size = Int.random(in: 0...60, using: &generator)
            var entry = RawEntry(
                offset: .random(in: -2...3, using: &generator),
                magic: .random(in: 0...1, using: &generator),
                attributes: .random(in: 0...15, using: &generator))
            entry.value = (0..<size).map { _ in .random(in: 0...255, using: &generator) }
            if Bool.random(using: &generator) {
                entry.keyLength = .random(in: -3...70, using: &generator)
                entry.valueLength = .random(in: -3...70, using: &generator)
            }
            _ = defect(entry.bytes)
        }
    }

    // MARK: Whole ones

    @Test("Kafka's own entries read as what was put into them")
    func golden() throws {
        for (bytes, magic): ([UInt8], Int8) in [
            (GoldenEntries.plainOfMagic0, 0), (GoldenEntries.plainOfMagic1, 1),
            (GoldenEntries.lz4OfMagic0, 0),
        ] {
            let found = try read(bytes)
            #expect(found.map(\.offset) == [0, 1])
            #expect(found.map(\.record) == GoldenEntries.records(magic: magic))
        }
    }

    @Test("the hand-made entries of these tests are Kafka's, byte for byte")
    func handMade() {
        for (bytes, magic): ([UInt8], Int8) in [
            (GoldenEntries.plainOfMagic0, 0), (GoldenEntries.plainOfMagic1, 1),
        ] {
            let made = GoldenEntries.records(magic: magic).enumerated().flatMap { place, record in
                RawEntry(
                    offset: Int64(place), magic: magic,
                    timestamp: record.timestamp?.milliseconds ?? -1, key: record.key,
                    value: record.value
                ).bytes
            }
            #expect(made == bytes)
        }
    }

    @Test("LZ4's wrong header checksum is read in magic 0 and refused in magic 1")
    func headerChecksum() throws {
        let inner = RawEntry(offset: 0, magic: 0).bytes
        var entry = try RawEntry.wrapper(inner, .lz4, magic: 0, at: 0)
        entry.value?[6] = 0x1A
        #expect(defect(entry.bytes) == nil)
        var later = try RawEntry.wrapper(RawEntry().bytes, .lz4, at: 0)
        later.value?[6] = 0x1A
        #expect(
            defect(later.bytes)
                == .compression(.corrupt(.lz4, position: 6, reason: "header checksum")))
    }

    @Test("offsets inside a wrapper count from its own in magic 1, and are whole in magic 0")
    func wrappedOffsets() throws {
        for codec in [Codec.gzip, .snappy, .lz4] {
            let relative = [0, 1, 4].flatMap { RawEntry(offset: $0).bytes }
            #expect(
                try read(RawEntry.wrapper(relative, codec, at: 104).bytes).map(\.offset)
                    == [100, 101, 104])
            let absolute = [100, 101, 104].flatMap { RawEntry(offset: $0, magic: 0).bytes }
            #expect(
                try read(RawEntry.wrapper(absolute, codec, magic: 0, at: 104).bytes).map(\.offset)
                    == [100, 101, 104])
        }
    }

    @Test("a wrapper's append time is every record's; else each has its own")
    func timestamps() throws {
        var entry = try RawEntry.wrapper(3, at: 2)
        #expect(
            try read(entry.bytes).map { $0.record.timestamp?.milliseconds }
                == [0, 1, 2].map { Golden.timestamp + $0 })
        entry.attributes |= 8
        entry.timestamp = 77
        #expect(try read(entry.bytes).map { $0.record.timestamp?.milliseconds } == [77, 77, 77])
        // Bit 3 has no meaning in magic 0.
        let old = RawEntry(magic: 0, attributes: 8)
        #expect(try read(old.bytes).first?.record.timestamp == Timestamp(milliseconds: -1))
    }

    @Test("null keys, null values and bits without a meaning are read")
    func nulls() throws {
        for magic: Int8 in [0, 1] {
            let entry = RawEntry(offset: 9, magic: magic, attributes: 0xF0, key: nil, value: nil)
            let found = try read(entry.bytes)
            #expect(found.map(\.record.key) == [nil] && found.map(\.record.value) == [nil])
            let header = try BatchCheck.frame(entry.bytes.rawSpan)
            #expect(!header.attributes.isControl && !header.attributes.isTransactional)
            #expect(header.producerId == -1 && header.partitionLeaderEpoch == -1)
        }
    }

    @Test("a view of an entry walks its records as one of a batch does")
    func view() throws {
        let plain = RawEntry(offset: 3, key: [5, 6]).bytes
        #expect(try records(of: plain).map(\.key) == [[5, 6]])
        let cursor = try RecordBatchView(plain.rawSpan).records
        #expect(cursor.index == 0)
        #expect(try records(of: RawEntry.wrapper(4, at: 40).bytes).count == 4)
    }

    @Test("a leader refuses entries, whatever is right about them")
    func refused() throws {
        #expect(deepDefect(RawEntry().bytes, .appended) == .oldFormat(1))
        #expect(deepDefect(RawEntry(magic: 0).bytes, .appended) == .oldFormat(0))
        #expect(deepDefect(try RawEntry.wrapper(2, at: 1).bytes, .appended) == .oldFormat(1))
    }
}
