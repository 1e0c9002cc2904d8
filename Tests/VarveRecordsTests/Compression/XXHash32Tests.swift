import Testing
import VarveBytes

@testable import VarveRecords

@Suite struct XXHash32Tests {
    /// The values are those of the reference implementation, `xxhsum -H32`.
    @Test(
        "hashes are those of the reference implementation",
        arguments: [
            ("", 0x02CC_5D05 as UInt32),
            ("a", 0x550D_7456),
            ("abc", 0x32D1_53FF),
            ("Nobody inspects the spammish repetition", 0xE229_3B2F),
        ])
    func knownHashes(text: String, hash: UInt32) {
        #expect(XXHash32.hash([UInt8](text.utf8).rawSpan) == hash)
    }
}
