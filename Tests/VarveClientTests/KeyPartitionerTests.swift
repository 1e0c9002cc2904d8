import Testing
import VarveBytes

@testable import VarveClient

@Suite("KeyPartitioner")
struct KeyPartitionerTests {
    @Test("keys have the hashes that Kafka's Java client gives them")
    func hashes() {
        let known: [(String, Int32)] = [
            ("21", -973_932_308), ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ]
        for (key, hash) in known {
            let bytes = Array(key.utf8)
            #expect(Int32(bitPattern: KeyPartitioner.murmur2(bytes.rawSpan)) == hash, "\(key)")
        }
    }

    @Test("bytes that are no text go to the partitions of twelve that Kafka's client chooses")
    func bytes() {
        let known: [(String, Int32, Int)] = [
            ("", 275_646_681, 9),
            ("99", 1_288_378_381, 1),
            ("1834", -1_042_682_160, 8),
            ("5a94c9", -313_141_582, 10),
            ("390b7702", 612_225_306, 6),
            ("09d32a595d", 99_467_382, 6),
            ("41f4b3e59247", -1_134_459_280, 4),
            ("05194bb55dcab3", -1_772_457_477, 11),
            ("0016175aa147e1f3", 1_440_785_583, 3),
        ]
        for (digits, hash, partition) in known {
            let bytes = stride(from: 0, to: digits.count, by: 2).map { place in
                UInt8(digits.dropFirst(place).prefix(2), radix: 16)!
            }
            #expect(Int32(bitPattern: KeyPartitioner.murmur2(bytes.rawSpan)) == hash)
            #expect(KeyPartitioner.partition(of: bytes.rawSpan, among: 12) == partition)
        }
    }

    @Test("every key has one of the partitions")
    func range() {
        for count in 1...5 {
            for number in 0..<200 {
                let bytes = Array("\(number)".utf8)
                let partition = KeyPartitioner.partition(of: bytes.rawSpan, among: count)
                #expect((0..<count).contains(partition))
            }
        }
    }
}
