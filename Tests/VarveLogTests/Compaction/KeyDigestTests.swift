import Testing
import VarveBytes

@testable import VarveLog

@Suite("KeyDigest")
struct KeyDigestTests {
    /// Keys 00, 0001, 000102 …, under the secret 00 to 0f, as the authors of SipHash list them and
    /// OpenSSL's `mac -macopt size:16 SIPHASH` prints them.
    private static let vectors: [(count: Int, digest: String)] = [
        (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
        (7, "a1f1ebbed8dbc153c0b84aa61ff08239"), (8, "3b62a9ba6258f5610f83e264f31497b4"),
        (9, "264499060ad9baabc47f8b02bb6d71ed"), (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
        (16, "6ee2a4ca67b054bbfd3315bf85230577"), (63, "5150d1772f50834a503e069a973fbd7c"),
    ]

    private func printed(_ digest: KeyDigest) -> String {
        [digest.first, digest.second].map { half in
            let digits = String(half.byteSwapped, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    @Test("the reference vectors come out")
    func vectors() {
        let hasher = KeyHasher(secret: 0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        for (count, digest) in Self.vectors {
            let key = (0..<count).map { UInt8($0) }
            let found = printed(hasher.digest(of: key.rawSpan))
            #expect(found == digest, "\(count) bytes")
        }
    }

    @Test("another secret makes another digest")
    func secrets() {
        let key: [UInt8] = [1, 2, 3]
        let secrets: [(UInt64, UInt64)] = [(0, 0), (0, 1), (1, 0)]
        let digests = secrets.map { KeyHasher(secret: $0, $1).digest(of: key.rawSpan) }
        #expect(Set(digests).count == 3)
    }
}
