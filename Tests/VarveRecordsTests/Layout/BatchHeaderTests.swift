import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@Suite struct BatchHeaderTests {
    @Test("fewer than 61 bytes are no header, and a position outside is none either")
    func tooShort() {
        for count in 0..<BatchLayout.headerSize {
            #expect(Self.decode(Array(Golden.none.prefix(count))) == nil)
        }
        for position in [-1, 106, 107, Int.max, Int.min] {
            #expect(Self.decode(Golden.none, at: position) == nil, "\(position)")
        }
        for position in [-1, 90, 106, Int.max, Int.min] {
            #expect(Self.peek(Golden.none, at: position) == nil, "\(position)")
        }
    }

    @Test("every field of Kafka's two records decodes")
    func golden() throws {
        let header = try #require(Self.decode(Golden.none))
        #expect(header.baseOffset == 0)
        #expect(header.batchLength == 94)
        #expect(header.sizeInBytes == Golden.none.count)
        #expect(header.partitionLeaderEpoch == -1)
        #expect(header.magic == 2)
        #expect(header.crc == 0xE7AF_8AA4)
        #expect(header.attributes.rawValue == 0)
        #expect(header.lastOffsetDelta == 1)
        #expect(header.lastOffset == 1)
        #expect(header.baseTimestamp == Golden.timestamp)
        #expect(header.maxTimestamp == Golden.timestamp + 1)
        #expect(header.producerId == -1)
        #expect(header.producerEpoch == -1)
        #expect(header.baseSequence == -1)
        #expect(header.lastSequence == nil)
        #expect(header.recordsCount == 2)
        #expect(header.deleteHorizon == nil)
    }

    @Test("a header decodes at any position, and a peek sees the same start")
    func position() throws {
        let bytes = [7, 7, 7] + Golden.commitMarker + [7]
        let header = try #require(Self.decode(bytes, at: 3))
        let peek = try #require(Self.peek(bytes, at: 3))
        #expect(header == Self.decode(Golden.commitMarker))
        #expect(peek.baseOffset == 100)
        #expect(peek.sizeInBytes == Golden.commitMarker.count)
        #expect(peek.magic == 2)
    }

    @Test("any 61 bytes decode, and those of magic 2 are written back as they were")
    func anyBytes() throws {
        var random = SeededGenerator()
        for _ in 0..<1000 {
            var bytes = random.bytes(BatchLayout.headerSize)
            _ = try #require(Self.decode(bytes), "seed \(random.seed)")
            bytes[BatchLayout.magic.start] = 2
            let header = try #require(Self.decode(bytes), "seed \(random.seed)")
            #expect(header.bytes == bytes, "seed \(random.seed)")
            _ = (header.sizeInBytes, header.lastOffset, header.lastSequence)
        }
    }

    @Test("offsets that are none, or pass the last there is, give no last offset")
    func lastOffset() throws {
        var header = try #require(Self.decode(Golden.none))
        header.baseOffset = .max
        #expect(header.lastOffset == nil)
        header.lastOffsetDelta = 0
        #expect(header.lastOffset == .max)
        header.baseOffset = -1
        #expect(header.lastOffset == nil)
        header.baseOffset = 5
        header.lastOffsetDelta = -1
        #expect(header.lastOffset == nil)
    }

    @Test("sequence numbers go on from 0 after the largest")
    func sequenceWrap() throws {
        #expect(ProducerSequence.advance(.max, by: 0) == .max)
        #expect(ProducerSequence.advance(.max, by: 1) == 0)
        #expect(ProducerSequence.advance(.max - 1, by: 4) == 2)
        #expect(ProducerSequence.advance(.max, by: .max) == Int32.max - 1)
        var header = try #require(Self.decode(Golden.none))
        header.baseSequence = .max
        #expect(header.lastSequence == 0)
    }

    @Test("a batch length below zero gives a size below the header, and no trap")
    func negativeSize() throws {
        var header = try #require(Self.decode(Golden.none))
        header.batchLength = .min
        #expect(header.sizeInBytes == Int(Int32.min) + 12)
    }

    private static func decode(_ bytes: [UInt8], at position: Int = 0) -> BatchHeader? {
        BatchHeader(bytes.rawSpan, at: position)
    }

    private static func peek(_ bytes: [UInt8], at position: Int) -> BatchPeek? {
        BatchPeek(bytes.rawSpan, at: position)
    }
}
