import Testing
import VarveLog
import VarveTerms

@Suite("LeaderEpochCheckpoint")
struct LeaderEpochCheckpointTests {
    // Error paths.

    @Test(
        "a malformed file is refused with line, finding and expectation",
        arguments: [
            ("7\n0\n", "line 1: version is \"7\", expected 0"),
            ("0\n1\n0 0 0\n", "line 3: found \"0 0 0\", expected epoch and start offset"),
            ("0\n1\n5\n", "line 3: found \"5\", expected epoch and start offset"),
            ("0\n1\n-1 0\n", "line 3: epoch is \"-1\", expected 0 to 2147483647"),
            ("0\n1\n2147483648 0\n", "line 3: epoch is \"2147483648\", expected 0 to 2147483647"),
            ("0\n1\n0 -1\n", "line 3: start offset is \"-1\", expected 0 to 9223372036854775807"),
            ("0\n3\n0 0\n4 120\n", "line 2: states 3 rows, but 2 follow"),
            (
                "0\n2\n0 0\n4 0\n",
                "line 4: epoch 4 from offset 0 does not lie above epoch 0 from offset 0"
            ),
            (
                "0\n3\n0 0\n4 9\n4 10\n",
                "line 5: epoch 4 from offset 10 does not lie above epoch 4 from offset 9"
            ),
            (
                "0\n2\n3 0\n2 10\n",
                "line 4: epoch 2 from offset 10 does not lie above epoch 3 from offset 0"
            ),
        ])
    func refused(text: String, description: String) {
        #expect(defect(LeaderEpochCheckpoint.self, text)?.description == description)
    }

    @Test("no cut and no single byte traps")
    func noTrap() {
        expectNoTrap(LeaderEpochCheckpoint.self, near: Array("0\n3\n0 0\n2 120\n4 170\n".utf8))
    }

    @Test("rows out of order can be taken as Kafka takes them")
    func asKafka() throws {
        let rows = try LeaderEpochCheckpoint.rows(of: Array("0\n3\n0 0\n3 50\n4 50\n".utf8))
        #expect(rows.count == 3)
        let kept = LeaderEpochHistory(appending: rows)
        #expect(kept.entries.map(\.epoch.rawValue) == [0, 4])
    }

    // What Kafka wrote.

    @Test("Kafka's files print as the same bytes, but for empty ones")
    func golden() throws {
        let paths = Fixture.files(named: LeaderEpochCheckpoint.fileName)
        try #require(paths.count >= 7)
        for path in paths {
            let bytes = Fixture.bytes(path)
            let checkpoint = try LeaderEpochCheckpoint(parsing: bytes)
            #expect(checkpoint.history.isEmpty == bytes.isEmpty, "\(path)")
            if !bytes.isEmpty { #expect(checkpoint.printed() == bytes, "\(path)") }
        }
    }

    @Test("the example of the documentation is what it says")
    func documentation() throws {
        let example = Fixture.example(in: "leader-epoch-checkpoint.md")
        let history = try LeaderEpochCheckpoint(parsing: example).history
        #expect(history.entries.map(\.epoch.rawValue) == [0, 2, 4])
        #expect(history.entries.map(\.startOffset.rawValue) == [0, 120, 170])
    }
}
