import Testing

@Suite("varve verify")
struct VerifyCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    private let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    private static let makeLog =
        "for n in 1 2 3; do echo \"line $n\" | \"$VARVE\" append data --quiet >/dev/null; done\n"
        + "log=data/log-0/00000000000000000000.log\n"

    @Test("what cannot be verified at all ends with 3")
    func refused() throws {
        #expect(try shell.varve("verify none").code == 3)
        #expect(try shell.run("mkdir empty; \"$VARVE\" verify empty").code == 3)
        #expect(try shell.run(Self.makeLog + "\"$VARVE\" verify data --log none-7").code == 3)
        #expect(try shell.varve("verify").code == 2)
    }

    @Test("a sound directory ends with 0, one with a flipped byte with 1 and the place")
    func flipped() throws {
        let sound = try shell.run(Self.makeLog + "\"$VARVE\" verify data")
        let line = "log-0: sound, 1 segments, 3 batches, 3 records, 222 bytes\n"
        #expect(sound.code == 0 && sound.output == line, "\(sound)")
        #expect(sound.errors.hasPrefix("data is sound: 1 logs, 1 segments, 3 batches, 3 records"))
        let damaged = try shell.run(
            """
            log=data/log-0/00000000000000000000.log
            printf X | dd of=$log bs=1 seek=100 conv=notrunc 2>/dev/null
            "$VARVE" verify data --json; echo $?; "$VARVE" verify $log --quiet; echo $?
            """)
        #expect(damaged.output.contains("{\"severity\":\"damage\",\"file\":\"data/log-0/"))
        #expect(
            damaged.output.contains("\"position\":74,\"size\":74,\"firstOffset\":1,\"endOffset\":2")
        )
        #expect(damaged.output.contains("\n1\n") && damaged.output.hasSuffix("\n1\n"))
    }

    @Test("a read-only directory that Apache Kafka wrote is sound")
    func kafka() throws {
        let outcome = try shell.run(
            """
            cp -r \(root)/Tests/Fixtures/golden/clean copy && chmod -R a-w copy
            "$VARVE" verify copy; code=$?; chmod -R u+w copy; exit $code
            """)
        let lines = outcome.output.split(separator: "\n")
        #expect(outcome.code == 0 && lines.count == 3, "\(outcome)")
        #expect(lines.allSatisfy { $0.contains("-0: sound, ") })
    }

    @Test("Kafka's logs, appended to and cut by the commands, are sound")
    func golden() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let outcome = try shell.run(
            """
            cp -r '\(root)/Tests/Fixtures/golden/clean' k && chmod -R u+w k || exit 9
            for log in one-record-0 transactions-0 compacted-0; do
                seq 200 | "$VARVE" append k --log $log --quiet >/dev/null || exit 8
                "$VARVE" truncate k --log $log --to 150 --yes --quiet || exit 7
                seq 20 | "$VARVE" append k --log $log --quiet >/dev/null || exit 6
            done
            "$VARVE" verify k --quiet
            """)
        #expect(outcome.code == 0, "\(outcome)")
    }
}
