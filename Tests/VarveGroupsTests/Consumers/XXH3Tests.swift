import Testing

@testable import VarveGroups

@Suite("XXH3")
struct XXH3Tests {
    /// What the reference implementation 0.8.4 says of as many bytes, each 7 times its place plus
    /// the count.
    private static let known: [(count: Int, hash: UInt64)] = [
        (0, 0x2d06_8005_38d3_94c2), (1, 0xe12e_f9d2_eb86_ceeb),
        (3, 0xa908_8dda_485b_481c), (4, 0x5764_8c31_8a7a_307e),
        (8, 0xb0fb_3e3c_3f94_990a), (9, 0x8aca_5cb3_0943_7c2e),
        (16, 0x2bd9_26d8_8792_965a), (17, 0x621f_018a_ad19_b14a),
        (32, 0x8911_535e_799e_4d99), (33, 0xb6d8_b523_db9b_284c),
        (64, 0x1b1b_f114_c737_1f1b), (65, 0xf003_7f8a_c044_1cc4),
        (96, 0xcfb2_1e0d_09d8_ef29), (97, 0xe141_5ca7_902a_74da),
        (128, 0xe954_9af9_a740_93e6), (129, 0xb54a_d1cd_8a4c_84b9),
        (240, 0x3e13_6902_ec96_6624), (241, 0xbd7d_29b6_ba96_6d6a),
        (256, 0xff5a_1cef_ade7_5bb9), (1024, 0xdc5a_cf0b_043c_445b),
        (1025, 0xc856_c953_bbdb_c807), (1088, 0x1abb_96b0_61cd_5757),
        (3000, 0xb751_069d_ffea_e2cf),
    ]

    @Test("every count, at both ends of each way of mixing, has the hash of the specification")
    func known() {
        for (count, hash) in Self.known {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + count) }
            #expect(XXH3.hash(bytes) == hash, "\(count)")
        }
    }

    @Test("every byte counts, wherever it stands")
    func sensitive() {
        for count in [1, 3, 4, 8, 16, 17, 100, 128, 129, 240, 241, 1024, 1025, 2100] {
            var bytes = [UInt8](repeating: 7, count: count)
            var seen: Set<UInt64> = [XXH3.hash(bytes)]
            for place in bytes.indices {
                bytes[place] ^= 1
                #expect(seen.insert(XXH3.hash(bytes)).inserted, "\(place) of \(count)")
                bytes[place] ^= 1
            }
        }
    }
}
