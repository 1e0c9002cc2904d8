import Testing

@Suite("varve: how commands end")
struct EndingTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    /// An append that holds its log open until it is signalled: it has two records acknowledged.
    private func stopped(by signal: String) throws -> Shell.Outcome {
        // A shell without job control starts background jobs with SIGINT ignored.
        try shell.run(
            """
            mkfifo pipe
            env --default-signal=INT "$VARVE" append data pipe --acknowledge >acknowledged &
            exec 3>pipe
            printf 'one\\ntwo\\nthr' >&3
            until [ -s acknowledged ]; do sleep 0.02; done
            kill -\(signal) $!
            wait $!
            echo $? "$(tail -1 acknowledged)"
            ls data/.kafka_cleanshutdown 2>/dev/null
            "$VARVE" read data
            """)
    }

    @Test("Ctrl-C leaves a clean log and tells where it ends")
    func interrupted() throws {
        let outcome = try stopped(by: "INT")
        #expect(outcome.output == "130 2\ndata/.kafka_cleanshutdown\none\ntwo\n")
        #expect(
            outcome.errors
                == "varve: stopped by Ctrl-C; 2 records are appended and flushed, "
                + "the log ends at offset 2\n")
    }

    @Test("SIGTERM leaves a clean log")
    func terminated() throws {
        let outcome = try stopped(by: "TERM")
        #expect(outcome.output == "143 2\ndata/.kafka_cleanshutdown\none\ntwo\n")
    }

    @Test("what was acknowledged before kill -9 is there afterwards")
    func killed() throws {
        let outcome = try stopped(by: "KILL")
        #expect(outcome.output == "137 2\none\ntwo\n")
    }

    @Test("each acknowledged end is told as it becomes durable")
    func acknowledged() throws {
        let outcome = try shell.run(
            """
            options='--batch-size 1KiB --flush-size 0 --quiet'
            seq 1000 | "$VARVE" append data --acknowledge $options >ends
            sort -n -u ends | cmp - ends && tail -1 ends
            [ $(wc -l <ends) -gt 5 ] && echo several
            """)
        #expect(outcome == Shell.Outcome(code: 0, output: "1000\nseveral\n", errors: ""))
    }

    @Test("a reader who has enough ends the command quietly")
    func closedOutput() throws {
        let outcome = try shell.run(
            """
            seq 200000 | "$VARVE" append data --quiet
            { "$VARVE" read data; echo $? >code; } | head -1
            cat code
            """)
        #expect(outcome == Shell.Outcome(code: 0, output: "1\n0\n", errors: ""))
    }

    @Test("following prints what is appended, and ends with Ctrl-C")
    func follow() throws {
        let outcome = try shell.run(
            """
            echo before | "$VARVE" append data --quiet
            env --default-signal=INT "$VARVE" read data --from end --follow >followed &
            sleep 0.3
            echo after | "$VARVE" append data --quiet
            until [ -s followed ]; do sleep 0.02; done
            kill -INT $!
            wait $!
            echo $? "$(cat followed)"
            """)
        #expect(outcome == Shell.Outcome(code: 0, output: "130 after\n", errors: ""))
    }

    @Test("following goes on to a count and then ends by itself")
    func followCount() throws {
        let outcome = try shell.run(
            """
            seq 2 | "$VARVE" append data --quiet
            "$VARVE" read data --follow --count 3 >followed &
            echo 3 | "$VARVE" append data --quiet
            wait $!
            echo $?
            cat followed
            """)
        #expect(outcome == Shell.Outcome(code: 0, output: "0\n1\n2\n3\n", errors: ""))
    }

    @Test("damage ends reading with its place, or is passed with a warning")
    func damage() throws {
        let outcome = try shell.run(
            """
            for word in one two three; do echo $word | "$VARVE" append data --quiet; done
            file=data/log-0/00000000000000000000.log
            printf X | dd of=$file bs=1 seek=140 conv=notrunc 2>/dev/null
            "$VARVE" read data; echo $?
            "$VARVE" read data --skip-corrupt; echo $?
            """)
        #expect(outcome.output == "one\n5\none\nthree\n1\n")
        let lines = outcome.errors.split(separator: "\n")
        try #require(lines.count == 2)
        let place =
            "data/log-0/00000000000000000000.log is damaged at bytes 71..<142, offsets 1 to 1: "
        #expect(lines[0].hasPrefix("varve: " + place))
        #expect(lines[1].hasPrefix("varve: warning: " + place))
    }

    @Test("help tells of every command, its options and its exit codes")
    func help() throws {
        let overview = try shell.varve("--help")
        #expect(overview.code == 0)
        #expect(overview.errors == "")
        let rows = overview.output.split(separator: "\n").filter {
            $0.hasPrefix("  ") && !$0.hasPrefix("   ")
        }
        #expect(rows.count >= 2)
        for row in rows {
            // A name has one word or two; what it does stands behind more than one blank.
            let words = row.dropFirst(2).split(separator: " ", omittingEmptySubsequences: false)
            let name = words.prefix { !$0.isEmpty }.joined(separator: " ")
            try #require(!name.isEmpty)
            let page = try shell.varve("\(name) --help")
            #expect(page.code == 0)
            #expect(page == (try shell.varve("help \(name)")))
            #expect(page.output.hasPrefix("Usage: varve \(name) "))
            for part in ["\nOptions:\n", "  --json ", "  --help ", "\nExit codes:\n  0 "] {
                #expect(page.output.contains(part), "\(name) --help lacks \(part)")
            }
            #expect(page.output.split(separator: "\n").allSatisfy { $0.count <= 79 })
        }
    }
}
