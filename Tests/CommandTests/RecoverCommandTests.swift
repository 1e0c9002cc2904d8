import Testing

@Suite("varve recover")
struct RecoverCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    /// A log of three records with half a batch behind them, as a crash leaves it.
    private static let tear =
        "for n in 1 2 3; do echo \"line $n\" | \"$VARVE\" append data --quiet >/dev/null; done\n"
        + "log=data/log-0/00000000000000000000.log\n"
        + "head -c 40 $log >half; cat half >>$log\n"
        + "rm data/.kafka_cleanshutdown data/varve.integrity*\n"

    @Test("what is no data directory, or lacks the log, ends with 3")
    func refused() throws {
        #expect(try shell.varve("recover none").code == 3)
        #expect(try shell.run("mkdir empty; \"$VARVE\" recover empty").code == 3)
        #expect(try shell.run(Self.tear + "\"$VARVE\" recover data --log other-0").code == 3)
    }

    @Test("a dry run says what would be cut, ends with 1, and changes nothing")
    func dryRun() throws {
        let outcome = try shell.run(
            Self.tear + """
                find data -type f | sort | xargs cksum >before
                "$VARVE" recover data --dry-run; echo $?
                find data -type f | sort | xargs cksum | cmp - before
                """)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains("  cut: 40 bytes of data/log-0/"))
        #expect(outcome.output.hasSuffix("\n1\n"))
    }

    @Test("a recovered directory is sound and closed cleanly")
    func recovers() throws {
        let outcome = try shell.run(
            Self.tear + """
                "$VARVE" verify data >/dev/null; echo $?
                "$VARVE" recover data --json; echo $?
                "$VARVE" verify data --quiet; echo $?
                test -e data/.kafka_cleanshutdown && "$VARVE" recover data --dry-run --quiet
                """)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.hasPrefix("1\n{\"log\":\"log-0\",\"clean\":false,\"endOffset\":3,"))
        #expect(outcome.output.contains("{\"logs\":1,\"damaged\":false,\"done\":true}\n0\n0\n"))
    }

    @Test("truncate keeps what comes before the offset")
    func truncates() throws {
        let outcome = try shell.run(
            """
            for n in 1 2 3; do echo "line $n" | "$VARVE" append data --quiet >/dev/null; done
            "$VARVE" truncate data --to 2 --json; echo $?
            "$VARVE" read data; "$VARVE" verify data --quiet; echo $?
            "$VARVE" truncate data --to 9 --quiet; echo $?
            "$VARVE" truncate data; echo $?
            "$VARVE" truncate none --to 1; echo $?
            """)
        #expect(
            outcome.output == "{\"log\":\"log-0\",\"endOffset\":2,\"endOffsetBefore\":3}\n0\n"
                + "line 1\nline 2\n0\n0\n2\n3\n", "\(outcome)")
    }
}
