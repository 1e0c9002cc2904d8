import Testing
import VarveLog
import VarveTerms

@Suite("PartitionMetadata")
struct PartitionMetadataTests {
    @Test(
        "a malformed file is refused with line, finding and expectation",
        arguments: [
            ("", "line 1: version is missing"),
            ("version: 0", "line 2: topic_id is missing"),
            ("version:0\n", "line 1: found \"version:0\", expected \"version: \" and a value"),
            ("version", "line 1: found \"version\", expected \"version: \" and a value"),
            ("Version: 0", "line 1: found \"Version: 0\", expected \"version: \" and a value"),
            ("version: -1\n", "line 1: version is \"-1\", expected 0 to 2147483647"),
            ("version: \n", "line 1: version is \"\", expected 0 to 2147483647"),
            (
                "version: 0\nid: x",
                "line 2: found \"id: x\", expected \"topic_id: \" and a value"
            ),
            (
                "version: 0\ntopic_id: sB7hWqeIS3m64cyE6SWnG",
                "line 2: topic_id is \"sB7hWqeIS3m64cyE6SWnG\","
                    + " expected 22 letters of base64 that are not all A"
            ),
            (
                "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA",
                "line 2: topic_id is \"AAAAAAAAAAAAAAAAAAAAAA\","
                    + " expected 22 letters of base64 that are not all A"
            ),
        ])
    func refused(text: String, description: String) {
        #expect(defect(PartitionMetadata.self, text)?.description == description)
    }

    @Test("no cut and no single byte traps")
    func noTrap() {
        let sample = "version: 0\ntopic_id: sB7hWqeIS3m64cyE6SWnGA"
        expectNoTrap(PartitionMetadata.self, near: Array(sample.utf8))
    }

    @Test(
        "a later version, more blanks, other line ends and further lines are read",
        arguments: [
            "version: 1\ntopic_id: sB7hWqeIS3m64cyE6SWnGA\nmore: 1\n",
            "version:  0\r\ntopic_id:\tsB7hWqeIS3m64cyE6SWnGA\r\n",
        ])
    func tolerated(text: String) throws {
        let metadata = try PartitionMetadata(parsing: Array(text.utf8))
        #expect(metadata.topicID.description == "sB7hWqeIS3m64cyE6SWnGA")
    }

    @Test("Kafka's files print as the same bytes")
    func golden() throws {
        let paths = Fixture.files(named: PartitionMetadata.fileName)
        try #require(paths.count >= 6)
        for path in paths {
            let bytes = Fixture.bytes(path)
            #expect(try PartitionMetadata(parsing: bytes).printed() == bytes, "\(path)")
        }
    }

    @Test("the example of the documentation is what it says")
    func documentation() throws {
        let example = Fixture.example(in: "partition-metadata.md")
        let metadata = try PartitionMetadata(parsing: example)
        #expect(
            metadata.topicID == UniqueID(high: 0xB01E_E15A_A788_4B79, low: 0xBAE1_CC84_E925_A718))
        #expect(metadata.printed() == example)
    }
}
