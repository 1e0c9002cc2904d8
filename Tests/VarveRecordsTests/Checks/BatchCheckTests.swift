import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@Suite struct BatchCheckTests {
    @Test("a batch cut at any length is truncated")
    func truncations() {
        for count in 0..<Golden.none.count {
            // The length is known as soon as the version is, from 17 bytes on.
            let needed = count < BatchPeek.size ? 61 : Golden.none.count
            let found = frameDefect(Array(Golden.none.prefix(count)))
            #expect(found == .truncated(needed: needed, available: count))
        }
    }

    /// Kafka's checksum does not cover these bytes, and any number in them can be lawful. Logs
    /// find a flip there by continuity and by their sidecars, not by this check.
    static let uncovered = Set(BatchLayout.baseOffset.start..<BatchLayout.baseOffset.end)
        .union(
            BatchLayout.partitionLeaderEpoch.start..<BatchLayout.partitionLeaderEpoch.end)

    @Test(
        "every flipped bit is found, save in the base offset and the leader epoch",
        arguments: [[], Golden.none])
    func bitFlips(following: [UInt8]) {
        for place in Golden.none.indices {
            for bit in 0..<8 {
                var bytes = Golden.none + following
                bytes[place] ^= 1 << UInt8(bit)
                let isSign = place == 0 && bit == 7
                let isKnownGap = Self.uncovered.contains(place) && !isSign
                #expect((frameDefect(bytes) == nil) == isKnownGap, "byte \(place), bit \(bit)")
            }
        }
    }

    @Test("a tail of zeros is no batch")
    func zeros() {
        #expect(
            frameDefect([UInt8](repeating: 0, count: 200)) == .lengthTooSmall(batchLength: 0))
    }

    @Test("versions above 2 and below 0 are named as not supported")
    func unknownMagic() {
        var three = Golden.none
        three[16] = 3
        #expect(frameDefect(three) == .unsupportedMagic(3))
        three[16] = 0xFF
        #expect(frameDefect(three) == .unsupportedMagic(-1))
    }

    @Test("a length below that of a header is too small", arguments: [14, 48, -1, Int32.min])
    func lengthTooSmall(length: Int32) {
        var batch = RawBatch([RawRecord().bytes])
        batch.batchLength = length
        #expect(frameDefect(batch.bytes) == .lengthTooSmall(batchLength: length))
    }

    @Test("a wrong checksum is told with both numbers")
    func checksum() {
        var bytes = Golden.none
        bytes[20] ^= 1
        #expect(frameDefect(bytes) == .checksum(stored: 0xE7AF_8AA5, computed: 0xE7AF_8AA4))
    }

    struct Malformation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var expected: BatchDefect
        var change: @Sendable (inout BatchHeader) -> Void

        init(
            _ name: String, _ expected: BatchDefect,
            _ change: @escaping @Sendable (inout BatchHeader) -> Void
        ) {
            (testDescription, self.expected, self.change) = (name, expected, change)
        }
    }

    static let malformations: [Malformation] = [
        Malformation("base offset", .baseOffsetNegative(-1)) { $0.baseOffset = -1 },
        Malformation("last offset", .offsetOverflow(baseOffset: .max, lastOffsetDelta: 1)) {
            $0.baseOffset = .max
        },
        Malformation("last offset delta", .lastOffsetDeltaNegative(-1)) {
            $0.lastOffsetDelta = -1
        },
        Malformation("records count", .recordsCountNegative(-1)) { $0.recordsCount = -1 },
        Malformation(
            "more records than offsets",
            .recordsCountTooLarge(3, lastOffsetDelta: 1, bytes: 18)
        ) { $0.recordsCount = 3 },
        Malformation(
            "more records than bytes",
            .recordsCountTooLarge(3, lastOffsetDelta: .max, bytes: 18)
        ) {
            $0.recordsCount = 3
            $0.lastOffsetDelta = .max
        },
        Malformation("codec", .unknownCodec(5)) { $0.attributes = BatchAttributes(rawValue: 5) },
    ]

    @Test(
        "a header whose checksum is right and whose numbers are not is refused",
        arguments: malformations)
    func unlawfulHeader(malformation: Malformation) {
        var batch = RawBatch([RawRecord().bytes, RawRecord(offsetDelta: 1).bytes])
        malformation.change(&batch.header)
        #expect(frameDefect(batch.bytes) == malformation.expected)
        #expect(structureDefect(batch.bytes) == malformation.expected)
    }

    @Test("attribute bits without a meaning are taken, as Kafka takes them")
    func unknownAttributes() {
        var batch = RawBatch([RawRecord().bytes])
        batch.header.attributes = BatchAttributes(rawValue: 0x80)
        #expect(deepDefect(batch.bytes) == nil)
        #expect(deepDefect(batch.bytes, .appended) == nil)
    }

    @Test("a batch is checked where it lies, whatever surrounds it")
    func position() throws {
        let bytes = [1, 2, 3] + Golden.lz4 + [4, 5]
        let header = try BatchCheck.frame(bytes.rawSpan, at: 3)
        let mapped = try BatchCheck.frame(mapped: bytes.rawSpan, at: 3)
        #expect(header.sizeInBytes == Golden.lz4.count)
        #expect(mapped == header)
        #expect(frameDefect(bytes, at: 4) != nil)
        #expect(frameDefect(bytes, at: bytes.count) == .truncated(needed: 61, available: 0))
    }

    @Test("the structure check believes the bytes and not the numbers")
    func structure() throws {
        var bytes = Golden.none
        bytes[80] ^= 1
        #expect(frameDefect(bytes) != nil)
        #expect(structureDefect(bytes) == nil)
        bytes.removeLast()
        #expect(structureDefect(bytes) == .truncated(needed: 106, available: 105))
    }

    @Test("every defect says a sentence that ends with a full stop")
    func descriptions() {
        let defects: [BatchDefect] = [
            .truncated(needed: 2, available: 1), .lengthTooSmall(batchLength: 0),
            .unsupportedMagic(3), .checksum(stored: 1, computed: 2), .unreadable,
            .baseOffsetNegative(-1), .offsetOverflow(baseOffset: 1, lastOffsetDelta: 1),
            .lastOffsetDeltaNegative(-1), .recordsCountNegative(-1),
            .recordsCountTooLarge(1, lastOffsetDelta: 0, bytes: 0), .unknownCodec(7),
            .record(index: 0, .bytesLeft(1)), .missingRecords(declared: 2, found: 1),
            .trailingBytes(1), .compressedEmpty, .compression(.truncated(.gzip)),
            .controlRecord(index: 0), .empty, .countMismatch(recordsCount: 1, lastOffsetDelta: 1),
            .controlFromClient, .sequenceMissing(producerId: 1, baseSequence: -1),
            .appendTimeFromClient, .tooLarge(size: 2, limit: 1),
        ]
        for defect in defects { #expect(defect.description.hasSuffix("."), "\(defect)") }
    }

    private func structureDefect(_ bytes: [UInt8]) -> BatchDefect? {
        do throws(BatchDefect) {
            _ = try BatchCheck.structure(bytes.rawSpan)
            return nil
        } catch { return error }
    }
}
