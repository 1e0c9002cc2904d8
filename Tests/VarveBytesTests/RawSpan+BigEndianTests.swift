import Testing
import VarveBytes

@Suite("RawSpan, big-endian")
struct RawSpanBigEndianTests {
    static let bytes: [UInt8] = [0x80, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xFF]

    @Test("reading past the end traps")
    func readPastEnd() async {
        await #expect(processExitsWith: .failure) {
            _ = ([1, 2, 3] as [UInt8]).rawSpan.int32(at: 0)
        }
        await #expect(processExitsWith: .failure) {
            _ = ([1, 2, 3] as [UInt8]).rawSpan.uint8(at: -1)
        }
    }

    @Test("integers of all widths are read at any place")
    func integers() {
        let span = Self.bytes.rawSpan
        #expect(span.int8(at: 0) == -128)
        #expect(span.uint8(at: 8) == 255)
        #expect(span.int16(at: 1) == 0x0102)
        #expect(span.int16(at: 0) == Int16(bitPattern: 0x8001))
        #expect(span.int32(at: 1) == 0x0102_0304)
        #expect(span.uint32(at: 0) == 0x8001_0203)
        #expect(span.int64(at: 1) == 0x0102_0304_0506_07FF)
        #expect(span.uint64(at: 0) == 0x8001_0203_0405_0607)
    }

    @Test("stored integers are read back")
    func storing() {
        var bytes = [UInt8](repeating: 0, count: 9)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        raw.store(Int64(-3), at: 1)
        raw.store(UInt8(7), at: 0)
        #expect(bytes.rawSpan.int64(at: 1) == -3)
        #expect(bytes == [7, 255, 255, 255, 255, 255, 255, 255, 253])
    }

    @Test("spans are equal when every byte is", arguments: 0...20)
    func equality(size: Int) {
        let bytes = (0..<size).map { UInt8($0) }
        let equalsItself = bytes.rawSpan.isEqual(to: bytes.rawSpan)
        #expect(equalsItself)
        #expect(bytes.rawSpan.array() == bytes)
        for place in 0..<size {
            var other = bytes
            other[place] ^= 0x80
            let equalsOther = bytes.rawSpan.isEqual(to: other.rawSpan)
            #expect(!equalsOther, "byte \(place)")
        }
        let longer = bytes + [0]
        let equalsLonger = bytes.rawSpan.isEqual(to: longer.rawSpan)
        #expect(!equalsLonger)
    }

    @Test("fields of a layout follow one another")
    func fields() {
        let first = Field(at: 0, width: 8)
        let second = Field(after: first, width: 4)
        #expect(second.start == 8)
        #expect(second.end == 12)
    }
}
