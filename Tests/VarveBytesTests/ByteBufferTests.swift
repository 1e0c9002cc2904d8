import Testing
import VarveBytes

@Suite("ByteBuffer")
struct ByteBufferTests {
    @Test("cutting past the end traps")
    func truncatePastEnd() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            buffer.append(UInt8(1))
            buffer.truncate(to: 2)
        }
    }

    @Test("a negative capacity traps")
    func negativeCapacity() async {
        await #expect(processExitsWith: .failure) { _ = ByteBuffer(capacity: -1) }
    }

    @Test("claiming to have filled more than was lent traps")
    func overfill() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer(capacity: 64)
            buffer.append(reserving: 8) { $0.byteCount + 1 }
        }
    }

    @Test("integers are stored big-endian, in the width of their type")
    func integers() {
        var buffer = ByteBuffer()
        buffer.append(Int8(-2))
        buffer.append(UInt16(0x0102))
        buffer.append(Int32(0x0304_0506))
        buffer.append(Int64(-1))
        #expect(
            buffer.bytes.array() == [0xFE, 1, 2, 3, 4, 5, 6] + [UInt8](repeating: 0xFF, count: 8))
    }

    @Test("growing keeps what was written, from any capacity", arguments: [0, 1, 63, 64, 65, 4096])
    func growth(capacity: Int) {
        var buffer = ByteBuffer(capacity: capacity)
        let isEmpty = buffer.isEmpty
        #expect(isEmpty)
        #expect(buffer.capacity >= capacity)
        for number in 0..<2000 { buffer.append(UInt32(number)) }
        #expect(buffer.count == 8000)
        #expect(buffer.capacity >= 8000)
        for number in 0..<2000 { #expect(buffer.bytes.uint32(at: number * 4) == UInt32(number)) }
    }

    @Test(
        "towards a known end the memory grows by its halves, and past it as ever",
        arguments: [100, 1_000, 4_097, 18_043_300])
    func growthTowardsEnd(countMax: Int) {
        var buffer = ByteBuffer(capacity: 64)
        buffer.countMax = countMax
        var capacity = buffer.capacity
        while buffer.count < countMax {
            buffer.appendZeros(min(buffer.capacity - buffer.count + 1, countMax - buffer.count))
            // What is copied lies twice in memory.
            #expect(buffer.capacity == capacity || capacity <= countMax / 2 + 64)
            capacity = buffer.capacity
        }
        #expect(buffer.capacity == max(countMax, 64))
        buffer.append(UInt8(1))
        #expect(buffer.count == countMax + 1)
    }

    @Test("the memory starts on a 64-byte boundary, before and after growing")
    func alignment() {
        var buffer = ByteBuffer(capacity: 1)
        for _ in 0..<8 {
            buffer.appendZeros(buffer.capacity)
            unsafe buffer.bytes.withUnsafeBytes { raw in
                let start = UInt(bitPattern: raw.baseAddress)
                #expect(start % 64 == 0)
            }
        }
    }

    @Test("arrays, text, spans and zeros follow one another")
    func runs() {
        var buffer = ByteBuffer()
        buffer.append([1, 2])
        buffer.append("é")
        buffer.append([UInt8]())
        buffer.append("")
        buffer.appendZeros(3)
        buffer.append([9, 8, 7].rawSpan.extracting(1..<3))
        #expect(buffer.bytes.array() == [1, 2, 0xC3, 0xA9, 0, 0, 0, 8, 7])
    }

    @Test("removing all keeps the memory; cutting keeps the bytes before")
    func removal() {
        var buffer = ByteBuffer()
        buffer.append([UInt8](repeating: 5, count: 1000))
        let capacity = buffer.capacity
        buffer.truncate(to: 3)
        #expect(buffer.bytes.array() == [5, 5, 5])
        buffer.removeAll()
        let isEmpty = buffer.isEmpty
        #expect(isEmpty)
        #expect(buffer.capacity == capacity)
    }

    @Test("stored numbers can be patched in place")
    func patching() {
        var buffer = ByteBuffer()
        buffer.appendZeros(12)
        var bytes = buffer.mutableBytes
        bytes.store(Int32(-2), at: 4)
        #expect(buffer.bytes.int64(at: 0) == 0xFFFF_FFFE)
        #expect(buffer.bytes.int32(at: 8) == 0)
    }

    @Test("lent memory counts as far as it was filled, and not at all when filling throws")
    func lending() {
        struct Refusal: Error {}
        var buffer = ByteBuffer()
        buffer.append(UInt8(1))
        buffer.append(reserving: 100) { spare in
            #expect(spare.byteCount >= 100)
            spare.store(UInt16(0x0203), at: 0)
            return 2
        }
        #expect(throws: Refusal.self) {
            try buffer.append(reserving: 1) { _ throws(Refusal) in throw Refusal() }
        }
        #expect(buffer.bytes.array() == [1, 2, 3])
    }
}
