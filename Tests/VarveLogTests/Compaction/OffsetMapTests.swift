import Testing
import VarveBytes
import VarveTerms

@testable import VarveLog

@Suite("OffsetMap")
struct OffsetMapTests {
    private func digest(_ number: Int) -> KeyDigest {
        let key = Array("key-\(number)".utf8)
        return KeyHasher(secret: 1, 2).digest(of: key.rawSpan)
    }

    private func expectNoted(
        _ digest: KeyDigest, at offset: Int64, in map: inout OffsetMap,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isTaken = map.note(digest, at: Offset(offset))
        #expect(isTaken, sourceLocation: sourceLocation)
    }

    private func expectLatest(
        of digest: KeyDigest, _ offset: Int64?, in map: borrowing OffsetMap,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let found = map.latest(of: digest)
        #expect(found == offset.map { Offset($0) }, sourceLocation: sourceLocation)
    }

    @Test("a full map refuses new keys, and goes on to take known ones")
    func full() {
        var map = OffsetMap(memory: 100 * OffsetMap.slotSize, keyCountMax: .max)
        #expect(map.countMax == 90)
        for number in 0..<90 {
            expectNoted(digest(number), at: Int64(number), in: &map)
        }
        let isTaken = map.note(digest(90), at: Offset(90))
        #expect(!isTaken)
        #expect(map.count == 90)
        expectLatest(of: digest(90), nil, in: map)
        expectNoted(digest(5), at: 91, in: &map)
        expectLatest(of: digest(5), 91, in: map)
        expectLatest(of: digest(6), 6, in: map)
    }

    @Test("keys whose probes meet stay apart")
    func probes() {
        var map = OffsetMap(memory: 0, keyCountMax: 0)
        #expect(map.countMax == 9)
        // All begin at the last slot and go on from the first.
        for number in 0..<9 {
            let digest = KeyDigest(first: .max, second: UInt64(number))
            expectNoted(digest, at: Int64(number), in: &map)
        }
        for number in 0..<9 {
            let digest = KeyDigest(first: .max, second: UInt64(number))
            expectLatest(of: digest, Int64(number), in: map)
        }
        expectLatest(of: KeyDigest(first: .max, second: 9), nil, in: map)
    }

    @Test("memory is taken for the keys that there can be, and never beyond what is allowed")
    func memory() {
        #expect(OffsetMap.slotSize == 24)
        let small = OffsetMap(memory: 16 << 20, keyCountMax: 1_000)
        #expect(small.countMax >= 1_000)
        #expect(small.countMax < 1_100)
        let large = OffsetMap(memory: 24_000, keyCountMax: .max)
        #expect(large.countMax == 900)
    }
}
