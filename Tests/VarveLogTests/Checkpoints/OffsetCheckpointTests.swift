import Testing
import VarveLog
import VarveTerms

@Suite("OffsetCheckpoint")
struct OffsetCheckpointTests {
    private static func checkpoint(_ rows: [(String, Int32, Int64)]) throws -> OffsetCheckpoint {
        var checkpoint = OffsetCheckpoint()
        for (topic, partition, offset) in rows {
            let name = try #require(LogName(topic: topic, partition: partition))
            checkpoint.offsets[name] = Offset(offset)
        }
        return checkpoint
    }

    // Error paths.

    @Test(
        "a malformed file is refused with line, finding and expectation",
        arguments: [
            ("1\n0\n", "line 1: version is \"1\", expected 0"),
            ("\n", "line 1: version is \"\", expected 0"),
            ("x\n", "line 1: version is \"x\", expected 0"),
            ("0\n-1\n", "line 2: count is \"-1\", expected 0 to 2147483647"),
            ("0\n2147483648\n", "line 2: count is \"2147483648\", expected 0 to 2147483647"),
            ("0\n\n", "line 2: count is \"\", expected 0 to 2147483647"),
            ("0\n2\na 0 1\n", "line 2: states 2 rows, but 1 follow"),
            ("0\n0\na 0 1\n", "line 2: states 0 rows, but 1 follow"),
            ("0\n2147483647\n", "line 2: states 2147483647 rows, but 0 follow"),
            ("0\n1\n\n", "line 3: found \"\", expected topic, partition and offset"),
            ("0\n1\na 0\n", "line 3: found \"a 0\", expected topic, partition and offset"),
            ("0\n1\na 0 1 2\n", "line 3: found \"a 0 1 2\", expected topic, partition and offset"),
            ("0\n1\n 0 1\n", "line 3: topic is \"\", expected a name that a folder can have"),
            ("0\n1\na/b 0 1\n", "line 3: topic is \"a/b\", expected a name that a folder can have"),
            (
                "0\n1\na\0 0 1\n",
                "line 3: topic is \"a\\x00\", expected a name that a folder can have"
            ),
            ("0\n1\na -1 1\n", "line 3: partition is \"-1\", expected 0 to 2147483647"),
            (
                "0\n1\na 2147483648 1\n",
                "line 3: partition is \"2147483648\", expected 0 to 2147483647"
            ),
            ("0\n1\na 0 -5\n", "line 3: offset is \"-5\", expected 0 to 9223372036854775807"),
            (
                "0\n1\na 0 9223372036854775808\n",
                "line 3: offset is \"9223372036854775808\", expected 0 to 9223372036854775807"
            ),
            (
                "0\n1\na 0 -9223372036854775808\n",
                "line 3: offset is \"-9223372036854775808\", expected 0 to 9223372036854775807"
            ),
            ("0\n1\na 0 1e3\n", "line 3: offset is \"1e3\", expected 0 to 9223372036854775807"),
            ("0\n1\na 0 +\n", "line 3: offset is \"+\", expected 0 to 9223372036854775807"),
        ])
    func refused(text: String, description: String) {
        #expect(defect(OffsetCheckpoint.self, text)?.description == description)
    }

    @Test("a topic that is not UTF-8 is refused, and printed in ASCII")
    func invalidUTF8() {
        let bytes = Array("0\n1\n".utf8) + [0xC3, 0x28] + Array(" 0 1\n".utf8)
        #expect(
            defect(OffsetCheckpoint.self, bytes)?.description
                == "line 3: topic is \"\\xc3(\", expected a name that a folder can have")
    }

    @Test("what a description quotes is cut short")
    func longExcerpt() throws {
        let text = String(repeating: "9", count: 1_000_000)
        let found = try #require(defect(OffsetCheckpoint.self, "0\n" + text))
        #expect(found.description.utf8.count < 150)
    }

    @Test("no cut and no single byte traps")
    func noTrap() {
        expectNoTrap(OffsetCheckpoint.self, near: Array("0\n2\nquick 0 60\nquick 2 40\n".utf8))
    }

    // What is read.

    @Test(
        "an empty file, and one that ends after the version, have no rows", arguments: ["", "0\n"])
    func empty(text: String) throws {
        #expect(try OffsetCheckpoint(parsing: Array(text.utf8)) == OffsetCheckpoint())
    }

    @Test(
        "line ends of any system, runs of blanks and a missing last line end are read",
        arguments: [
            "0\n2\na 0 1\nb 7 9223372036854775807\n", "0\r\n2\r\na 0 1\r\nb 7 9223372036854775807",
            "0\r2\ra\t0 \u{B}1\rb  7\u{C}9223372036854775807 \t\r",
            "+0\n02\na +0 01\nb 7 +9223372036854775807\n",
        ])
    func tolerated(text: String) throws {
        let expected = try Self.checkpoint([("a", 0, 1), ("b", 7, .max)])
        #expect(try OffsetCheckpoint(parsing: Array(text.utf8)) == expected)
    }

    @Test("the last of two rows for one log counts, and both are counted")
    func twice() throws {
        let parsed = try OffsetCheckpoint(parsing: Array("0\n2\na 0 1\na 0 5\n".utf8))
        #expect(parsed == (try Self.checkpoint([("a", 0, 5)])))
    }

    @Test("topics are told apart by their bytes")
    func bytesOfTopics() throws {
        let text = "0\n2\n\u{E9} 0 1\ne\u{301} 0 2\n"
        let parsed = try OffsetCheckpoint(parsing: Array(text.utf8))
        #expect(parsed.offsets.count == 2)
        #expect(try OffsetCheckpoint(parsing: parsed.printed()) == parsed)
    }

    @Test("a million rows are read, and the count is held against them")
    func million() {
        let row = Array("t 0 7\n".utf8)
        let bytes = Array("0\n999999\n".utf8) + [[UInt8]](repeating: row, count: 1_000_000).joined()
        let found = defect(OffsetCheckpoint.self, bytes)
        #expect(found?.kind == .rowCount(stated: 999_999, found: 1_000_000))
    }

    @Test("rows are printed by topic, then by number of partition")
    func order() throws {
        let checkpoint = try Self.checkpoint([
            ("b", 0, 1), ("a", 10, 2), ("a", 9, 3), ("a-b", 0, 4),
        ])
        #expect(
            String(decoding: checkpoint.printed(), as: UTF8.self)
                == "0\n4\na 9 3\na 10 2\na-b 0 4\nb 0 1\n")
    }

    // What Kafka wrote.

    @Test(
        "Kafka's checkpoints print as the same lines, in order of the names",
        arguments: [
            OffsetCheckpoint.recoveryPointFileName, OffsetCheckpoint.logStartFileName,
            OffsetCheckpoint.highWatermarkFileName, OffsetCheckpoint.compactionFileName,
        ])
    func golden(name: String) throws {
        let paths = Fixture.files(named: name)
        try #require(paths.count >= 4)
        for path in paths {
            let bytes = Fixture.bytes(path)
            let checkpoint = try OffsetCheckpoint(parsing: bytes)
            guard !bytes.isEmpty else {
                #expect(checkpoint.offsets.isEmpty)
                continue
            }
            let kafka = bytes.split(separator: 0x0A)
            let printed = checkpoint.printed().split(separator: 0x0A)
            #expect(Array(kafka[..<2]) == Array(printed[..<2]), "\(path)")
            #expect(Set(kafka[2...]) == Set(printed[2...]), "\(path)")
        }
    }

    @Test("the example of the documentation is what it says")
    func documentation() throws {
        let example = Fixture.example(in: "text-checkpoints.md")
        let expected = try Self.checkpoint([("codec-zstd", 0, 170), ("deleted-records", 0, 200)])
        #expect(try OffsetCheckpoint(parsing: example) == expected)
        #expect(expected.printed() == example + [0x0A])
    }
}
