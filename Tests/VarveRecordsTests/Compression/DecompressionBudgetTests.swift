import Testing
import VarveTerms

@testable import VarveRecords

@Suite struct DecompressionBudgetTests {
    private static let standardCases: [(input: Int, limit: Int)] = [
        (0, 8_388_608), (1, 8_388_608), (7_626, 8_388_608),  // The floor, 8 MiB.
        (7_627, 8_389_700), (10_000, 11_000_000), (61_008, 67_108_800),  // 1,100 to 1.
        (61_009, 67_108_864), (1_073_741_824, 67_108_864), (Int.max, 67_108_864),  // 64 MiB.
    ]

    @Test(
        "the limit is the floor, then the ratio, then the absolute size", arguments: standardCases)
    func standardLimits(input: Int, limit: Int) {
        #expect(DecompressionBudget.standard.limit(forInput: ByteCount(input)).bytes == limit)
    }

    @Test("the absolute size holds below the floor too")
    func sizeBelowFloor() {
        let budget = DecompressionBudget(sizeMax: .kib(1), ratioMax: 1, floor: .kib(4))
        #expect(budget.limit(forInput: .zero) == .kib(1))
        #expect(budget.limit(forInput: .mib(1)) == .kib(1))
    }

    @Test("every codec stops exactly above its limit", arguments: Codec.allCases)
    func exactLimit(codec: Codec) throws {
        let size = 100_000
        for kind in CompressionSamples.Kind.allCases {
            let input = CompressionSamples.sample(kind, size: size)
            let packed = try Compressor().bytes(of: input, Compression(codec))
            let decompressor = Decompressor()
            #expect(try decompressor.bytes(of: packed, codec, budget: .exactly(size)) == input)
            for limit in [size - 1, size / 2, 65_536, 65_535, 32_768, 1, 0] {
                #expect(throws: CompressionError.overBudget(limit: ByteCount(limit))) {
                    try decompressor.bytes(of: packed, codec, budget: .exactly(limit))
                }
            }
        }
    }
}
