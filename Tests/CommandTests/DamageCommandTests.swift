import Testing

/// `varve status`, `scrub` and `repair`: what is damaged is found, shown, and put back.
@Suite("varve status, scrub, repair")
struct DamageCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    /// Three batches in `data`, and a copy of them in `copy`.
    private static let make =
        "for n in 1 2 3; do echo \"line $n\" | \"$VARVE\" append data --quiet >/dev/null; done\n"
        + "cp -r data copy\nlog=data/log-0/00000000000000000000.log\n"

    /// A byte of the second batch is another one.
    private static let spoil =
        make + "printf X | dd of=$log bs=1 seek=100 conv=notrunc 2>/dev/null\n"

    static let refusals: [ErrorTests.Case] = [
        ErrorTests.Case(
            "repair", 2,
            "repair needs DIR, the data directory; usage: varve repair DIR [OPTION...]"),
        ErrorTests.Case(
            "repair data", 2, "repair needs --from DIR2: another copy of the directory"),
        ErrorTests.Case(
            "repair data --form copy", 2,
            "repair has no option --form; did you mean --from?"),
        ErrorTests.Case(
            "repair data --from", 2,
            "option --from needs a value: DIR2, the path of a data directory"),
        ErrorTests.Case(
            "repair data --from none", 3,
            "none is not a data directory: there is no such directory"),
        ErrorTests.Case(
            "repair none --from copy", 3,
            "none is not a data directory: there is no such directory"),
        ErrorTests.Case(
            "repair data --from data", 3,
            "data is not a data directory: it is the one to be repaired"),
        ErrorTests.Case(
            "repair data --from copy --log other-1", 3, "there is no log at data/other-1"),
        ErrorTests.Case(
            "scrub", 2, "scrub needs DIR, the data directory; usage: varve scrub DIR [OPTION...]"),
        ErrorTests.Case(
            "scrub data --rate fast", 2,
            "option --rate takes a size such as 65536, 64KiB or 1MiB, 1KiB to 1TiB; "
                + "'fast' is none"),
        ErrorTests.Case(
            "scrub none", 3, "none is not a data directory: there is no such directory"),
        ErrorTests.Case("scrub data --log other-1", 3, "there is no log at data/other-1"),
        ErrorTests.Case(
            "status", 2,
            "status needs DIR, a data directory, or --bootstrap, a broker; not both"),
        ErrorTests.Case(
            "status none", 3, "none is not a data directory: there is no such directory"),
    ]

    @Test("what cannot be done is told in one line, with its exit code", arguments: refusals)
    func refused(_ wrong: ErrorTests.Case) throws {
        let outcome = try shell.run(Self.make + "\"$VARVE\" \(wrong.arguments)")
        #expect(
            outcome
                == Shell.Outcome(code: wrong.code, output: "", errors: "varve: \(wrong.line)\n"))
    }

    @Test("repair says what it would do, does it, and then has nothing to do")
    func repairs() throws {
        let outcome = try shell.run(
            Self.spoil
                + """
                "$VARVE" repair data --from copy --dry-run; echo $?
                "$VARVE" verify data --quiet >/dev/null; echo $?
                "$VARVE" repair data --from copy; echo $?
                cmp $log copy/log-0/00000000000000000000.log; echo $?
                "$VARVE" repair data --from copy --json; echo $?
                "$VARVE" read data
                """)
        let place = "log-0: segment 0, 74 bytes at 74, offsets 1: The checksum of the batch is "
        let lines = outcome.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 16, "\(outcome)")
        #expect(lines[0].hasPrefix(place) && lines[5].hasPrefix(place))
        #expect(lines[1] == "  can be repaired: offsets 1")
        #expect(lines[6] == "  repaired: offsets 1")
        #expect(lines[7] == "    from copy/log-0/00000000000000000000.log")
        #expect([lines[3], lines[4], lines[8], lines[9]] == ["1", "1", "0", "0"])
        #expect(lines[10].hasPrefix("{\"log\":\"log-0\",\"whole\":true"))
        #expect(lines[11] == "{\"logs\":1,\"repaired\":0,\"left\":0,\"done\":true}")
        #expect(lines[12...] == ["0", "line 1", "line 2", "line 3"])
        #expect(
            outcome.errors
                == "1 damaged ranges could be repaired, 0 stay in whole or in part; "
                + "nothing was changed\n1 damaged ranges repaired, 0 stay in whole or in part\n")
    }

    @Test("what no copy has stays, with its offsets, and ends with 1")
    func stays() throws {
        let outcome = try shell.run(
            Self.spoil
                + """
                printf X | dd of=copy/log-0/00000000000000000000.log bs=1 seek=120 \
                conv=notrunc 2>/dev/null
                "$VARVE" repair data --from copy --quiet; echo $?
                "$VARVE" read data --skip-corrupt 2>/dev/null
                "$VARVE" status data --json --quiet | head -1
                """)
        #expect(outcome.output.contains("  stays damaged: offsets 1\n1\nline 1\nline 3\n"))
        #expect(outcome.output.contains("\"firstOffset\":1,\"endOffset\":2,\"reason\":\"The check"))
    }

    @Test("scrub fences what it finds, status shows it, and a mended file is let go")
    func scrubs() throws {
        let outcome = try shell.run(
            Self.spoil
                + """
                "$VARVE" scrub data --quiet | cut -c1-60; "$VARVE" scrub data --json; echo $?
                "$VARVE" status data --quiet | tr -s ' ' | cut -d' ' -f1,4-7,13-; echo $?
                cp copy/log-0/*.log $log
                "$VARVE" scrub data; echo $?
                ls data/log-0/varve.quarantine 2>&1 | wc -l
                "$VARVE" status data --quiet >/dev/null; echo $?
                """)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        try #require(lines.count >= 9, "\(outcome)")
        #expect(lines[0] == "data/log-0/00000000000000000000.log is damaged at bytes 74..")
        #expect(lines[1].hasPrefix("{\"log\":\"log-0\",\"file\":\"data/log-0/0000"))
        #expect(lines[2] == "{\"bytes\":222,\"damaged\":1}" && lines[3] == "1")
        #expect(lines[5].hasPrefix("log-0 ") && lines[5].contains("1 damaged"), "\(lines[5])")
        #expect(lines.last == "0" && outcome.errors.contains("nothing damaged"))
    }

    @Test("a scrub that is stopped says how to go on, and goes on there")
    func resumes() throws {
        let outcome = try shell.run(
            Self.make
                + """
                seq 20000 | "$VARVE" append data --batch-size 1KiB --quiet >/dev/null
                env --default-signal=INT "$VARVE" scrub data --rate 50KiB &
                sleep 0.5; kill -INT $!; wait $!; echo $?
                ls data/varve.scrub; "$VARVE" scrub data --resume --json
                ls data/varve.scrub 2>/dev/null
                """)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 3, "\(outcome)")
        #expect(lines[0] == "130" && lines[1] == "data/varve.scrub")
        #expect(lines[2].contains("\"damaged\":0") && !lines[2].contains("\"bytes\":0,"))
        #expect(outcome.errors.contains("; go on with --resume"))
    }

    @Test("status shows one line for each log, of Kafka's directories too")
    func status() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let outcome = try shell.run(
            """
            cp -r \(root)/Tests/Fixtures/golden/clean copy && chmod -R a-w copy
            "$VARVE" status copy; code=$?; "$VARVE" status copy --json | wc -l
            chmod -R u+w copy; exit $code
            """)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(outcome.code == 0)
        try #require(lines.count == 5, "\(outcome)")
        #expect(lines[0].hasPrefix("LOG") && lines[0].contains("TOPIC ID"))
        #expect(lines[1].hasPrefix("compacted-0") && lines[1].hasSuffix("ok"))
        #expect(lines[4].trimmed == "4")
        #expect(outcome.errors.contains("3 logs, ") && outcome.errors.contains("closed cleanly"))
    }

    @Test("verify obeys Ctrl-C")
    func verifyStops() throws {
        let outcome = try shell.run(
            """
            seq 400000 | "$VARVE" append data --batch-size 1KiB --quiet >/dev/null
            env --default-signal=INT "$VARVE" verify data &
            sleep 0.4; kill -INT $!; wait $!; echo $?
            """)
        // A machine that is fast enough is done before.
        #expect(["130\n", "0\n"].contains { outcome.output.hasSuffix($0) }, "\(outcome)")
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
