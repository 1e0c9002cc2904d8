import Testing
import VarveRecords

@Suite struct BatchAttributesTests {
    @Test("each bit says one thing")
    func bits() {
        let none = BatchAttributes(rawValue: 0)
        #expect(none.codec == Codec.none)
        #expect(none.timestampType == .create)
        #expect(!none.isTransactional && !none.isControl && !none.hasDeleteHorizon)
        #expect(!none.isCompressed)
        #expect(BatchAttributes(rawValue: 0x08).timestampType == .logAppend)
        #expect(BatchAttributes(rawValue: 0x10).isTransactional)
        #expect(BatchAttributes(rawValue: 0x20).isControl)
        #expect(BatchAttributes(rawValue: 0x40).hasDeleteHorizon)
        #expect(BatchAttributes(rawValue: 0x04).isCompressed)
    }

    @Test("numbers 0 to 4 name a codec, 5 to 7 name none")
    func codecs() {
        let codecs: [Codec] = [.none, .gzip, .snappy, .lz4, .zstd]
        for (number, codec) in codecs.enumerated() {
            #expect(BatchAttributes(rawValue: Int16(number)).codec == codec)
        }
        for number: Int16 in 5...7 {
            #expect(BatchAttributes(rawValue: number).codec == nil)
        }
    }

    @Test("bits without a meaning are shown in place")
    func unknownBits() {
        #expect(BatchAttributes(rawValue: 0x7F).unknownBits == 0)
        #expect(BatchAttributes(rawValue: 0x80).unknownBits == 0x80)
        #expect(BatchAttributes(rawValue: -1).unknownBits == -128)
    }
}
