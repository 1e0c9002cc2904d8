import Testing
import VarveTerms

@Suite("UniqueID")
struct UniqueIDTests {
    @Test(
        "text that is not 22 letters of 128 bits is refused",
        arguments: [
            "", "p9aCe57zTUWeOxolgikxY", "p9aCe57zTUWeOxolgikxYQ=", "p9aCe57zTUWeOxolgikxYR",
            "p9aCe57zTUWeOxolgikx+Q", "p9aCe57zTUWeOxolgikx/Q", "p9aCe57zTUWeOxolgikx Q",
            "p9aCe57zTUWeOxolgikxé", "AAAAAAAAAAAAAAAAAAAAAB",
        ])
    func refused(text: String) {
        #expect(UniqueID(base64: text) == nil)
    }

    /// The numbers are those of Python's `base64.urlsafe_b64decode`.
    static let golden: [(text: String, high: UInt64, low: UInt64)] = [
        ("p9aCe57zTUWeOxolgikxYQ", 0xA7D6_827B_9EF3_4D45, 0x9E3B_1A25_8229_3161),
        ("AAAAAAAAAAAAAAAAAAAAAA", 0, 0),
        ("AAAAAAAAAAAAAAAAAAAAAQ", 0, 1),
        ("_____________________w", .max, .max),
        ("-_-_-_-_-_-_-_-_-_-_-w", 0xFBFF_BFFB_FFBF_FBFF, 0xBFFB_FFBF_FBFF_BFFB),
    ]

    @Test("the golden ids are read and written")
    func goldenIDs() {
        for (text, high, low) in Self.golden {
            let id = UniqueID(high: high, low: low)
            #expect(UniqueID(base64: text) == id)
            #expect(id.description == text)
        }
    }

    @Test("each bit of an id survives its text")
    func everyBit() {
        for bit in 0..<64 {
            for id in [UniqueID(high: 1 << bit, low: 0), UniqueID(high: 0, low: 1 << bit)] {
                #expect(UniqueID(base64: id.description) == id)
            }
        }
    }
}
