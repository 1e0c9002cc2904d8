import Testing
import VarveBytes
import VarveSeeds

@Suite("Varints")
struct VarintTests {
    @Test(
        "a varint that does not end within its width is refused",
        arguments: [
            [], [0x80], [0xFF, 0xFF, 0xFF, 0xFF],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        ] as [[UInt8]])
    func brokenVarint(bytes: [UInt8]) {
        var reader = ByteReader(bytes.rawSpan)
        let value = reader.varint()
        #expect(value == nil)
    }

    @Test("bits past the 32nd of an int are refused, the 32nd is not")
    func bitsPastInt() {
        var reader = ByteReader(([0xFF, 0xFF, 0xFF, 0xFF, 0x0F] as [UInt8]).rawSpan)
        let last = reader.unsignedVarint()
        #expect(last == UInt32.max)
        reader = ByteReader(([0x80, 0x80, 0x80, 0x80, 0x10] as [UInt8]).rawSpan)
        let tooWide = reader.unsignedVarint()
        #expect(tooWide == nil)
    }

    @Test("bits past the 64th of a long are refused, the 64th is not")
    func bitsPastLong() {
        let nine = [UInt8](repeating: 0xFF, count: 9)
        let full = nine + [0x01]
        var reader = ByteReader(full.rawSpan)
        let last = reader.unsignedVarlong()
        #expect(last == UInt64.max)
        for end: [UInt8] in [[0x02], [0x7F], [0x81, 0x00], []] {
            let bytes = nine + end
            var reader = ByteReader(bytes.rawSpan)
            let value = reader.unsignedVarlong()
            #expect(value == nil)
        }
    }

    @Test("taking more than there is, or less than nothing, is refused and moves nothing")
    func takingTooMuch() {
        let bytes: [UInt8] = [1, 2, 3]
        var reader = ByteReader(bytes.rawSpan, at: 1)
        for size in [3, Int.max, -1, Int.min] {
            let refused = reader.take(size) == nil
            #expect(refused)
        }
        #expect(reader.position == 1)
        let taken = reader.take(2)?.array()
        #expect(taken == [2, 3])
        #expect(reader.remaining == 0)
        let nothing = reader.take(0)?.byteCount
        #expect(nothing == 0)
    }

    /// Zigzag: 0, −1, 1, −2 … become 0, 1, 2, 3 …
    static let golden: [(value: Int64, bytes: [UInt8])] = [
        (0, [0x00]), (-1, [0x01]), (1, [0x02]), (63, [0x7E]), (-64, [0x7F]),
        (64, [0x80, 0x01]), (-65, [0x81, 0x01]), (8191, [0xFE, 0x7F]), (-8192, [0xFF, 0x7F]),
        (8192, [0x80, 0x80, 0x01]),
        (Int64(Int32.max), [0xFE, 0xFF, 0xFF, 0xFF, 0x0F]),
        (Int64(Int32.min), [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
    ]

    @Test("the golden bytes are written and read, as ints and as longs")
    func goldenBytes() {
        for (value, bytes) in Self.golden {
            var buffer = ByteBuffer()
            buffer.appendVarint(Int32(value))
            #expect(buffer.bytes.array() == bytes)
            buffer.appendVarlong(value)
            #expect(buffer.bytes.array() == bytes + bytes)
            #expect(VarintSize.varint(Int32(value)) == bytes.count)
            #expect(VarintSize.varlong(value) == bytes.count)
            var reader = ByteReader(buffer.bytes)
            let (int, long) = (reader.varint(), reader.varlong())
            #expect(int.map(Int64.init) == value)
            #expect(long == value)
            #expect(reader.remaining == 0)
        }
    }

    @Test("the ends of the range take ten bytes")
    func endsOfRange() {
        for value in [Int64.min, .max] {
            var buffer = ByteBuffer()
            buffer.appendVarlong(value)
            #expect(buffer.count == 10)
            #expect(VarintSize.varlong(value) == 10)
            var reader = ByteReader(buffer.bytes)
            let read = reader.varlong()
            #expect(read == value)
        }
    }

    @Test("random values of every width come back, in the size foretold")
    func roundTrips() {
        var random = SeededRandom("roundTrips")
        for _ in 0..<20_000 {
            let long = Int64(bitPattern: random.next()) >> Int64(random.next() % 64)
            let int = Int32(truncatingIfNeeded: long)
            let plain = random.next() >> (random.next() % 64)
            var buffer = ByteBuffer()
            buffer.appendVarlong(long)
            buffer.appendVarint(int)
            buffer.appendUnsigned(plain)
            let size =
                VarintSize.varlong(long) + VarintSize.varint(int) + VarintSize.unsigned(plain)
            var reader = ByteReader(buffer.bytes)
            let back = (reader.varlong(), reader.varint(), reader.unsignedVarlong())
            guard back == (long, int, plain), buffer.count == size else {
                Issue.record("\(long), \(int), \(plain) came back as \(back), \(random.seed)")
                return
            }
        }
    }

    @Test("arbitrary bytes never trap")
    func arbitraryBytes() {
        var random = SeededRandom("arbitraryBytes")
        for _ in 0..<20_000 {
            let bytes = random.bytes(Int(random.next() % 12)).map { $0 | UInt8($0 & 1) << 7 }
            var reader = ByteReader(bytes.rawSpan)
            while reader.varint() != nil {}
            reader = ByteReader(bytes.rawSpan)
            while reader.varlong() != nil {}
            #expect(reader.position <= bytes.count)
        }
    }
}
