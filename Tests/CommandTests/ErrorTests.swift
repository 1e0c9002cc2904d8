import Testing

@Suite("varve: errors")
struct ErrorTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    struct Case: Sendable, CustomTestStringConvertible {
        var arguments: String
        var code: Int32
        var line: String

        init(_ arguments: String, _ code: Int32, _ line: String) {
            (self.arguments, self.code, self.line) = (arguments, code, line)
        }

        var testDescription: String { arguments }
    }

    static let usage: [Case] = [
        Case("", 2, "name a command; 'varve --help' lists them"),
        Case("apend d", 2, "there is no command 'apend'; did you mean 'append'?"),
        Case("frobnicate", 2, "there is no command 'frobnicate'; 'varve --help' lists them"),
        Case("help nothing", 2, "there is no command 'nothing'; 'varve --help' lists them"),
        Case(
            "append", 2,
            "append needs DIR, the data directory; "
                + "usage: varve append DIR [FILE...] [OPTION...]"),
        Case(
            "read d e", 2,
            "read takes no 'e' here; usage: varve read DIR [OPTION...]"),
        Case(
            "append d --flsh durable", 2,
            "append has no option --flsh; did you mean --flush?"),
        Case("append d --xyzzyx", 2, "append has no option --xyzzyx; see 'varve append --help'"),
        Case(
            "append d -z", 2,
            "append has no option '-z'; options have two dashes, see 'varve append --help'"),
        Case(
            "append d --log", 2,
            "option --log needs a value: NAME, the name of a log's folder, "
                + "such as log-0 or orders-3"),
        Case("read d --follow=yes", 2, "option --follow takes no value, but 'yes' is given"),
        Case("read d --count 1 --count 2", 2, "option --count is given twice"),
        Case("read d --follow --follow", 2, "option --follow is given twice"),
        Case(
            "append d --batch-size 64XB", 2,
            "option --batch-size takes a size such as 65536, 64KiB or 1MiB, 1KiB to 512MiB; "
                + "'64XB' is none"),
        Case(
            "append d --batch-size 99999999999999999999", 2,
            "option --batch-size takes a size such as 65536, 64KiB or 1MiB, 1KiB to 512MiB; "
                + "'99999999999999999999' is none"),
        Case(
            "append d --linger 0s", 2,
            "option --linger takes a duration above zero such as 500us, 10ms, 5s or 2h; "
                + "'0s' is none"),
        Case(
            "append d --compression zstd:99", 2,
            "option --compression takes one of none, gzip, snappy, lz4, zstd, with a level where "
                + "the codec has levels, as in zstd:3; 'zstd:99' is none"),
        Case(
            "append d --flush sometimes", 2,
            "option --flush takes one of durable, interval:DURATION as in interval:1s, "
                + "page-cache; 'sometimes' is none"),
        Case(
            "append d --format csv", 2,
            "option --format takes one of lines, prefixed; 'csv' is none"),
        Case(
            "append d --log ../x-0", 2,
            "option --log takes the name of a log's folder, such as log-0 or orders-3; "
                + "'../x-0' is none"),
        Case(
            "read d --from -5", 2,
            "option --from takes an offset, start, end, a time as in 2026-01-31T18:30:00Z, or "
                + "@MILLISECONDS; '-5' is none"),
        Case(
            "read d --until 9223372036854775808", 2,
            "option --until takes an offset: a whole number, at least 0; "
                + "'9223372036854775808' is none"),
        Case(
            "append d --format prefixed --key-separator :", 2,
            "--key-separator goes with --format lines; prefixed takes --keyed"),
        Case(
            "append d --keyed", 2,
            "--keyed goes with --format prefixed; lines take --key-separator"),
    ]

    @Test("a wrong command line is refused in one line, before anything is made", arguments: usage)
    func wrong(_ wrong: Case) throws {
        let expected = Shell.Outcome(code: wrong.code, output: "", errors: "varve: \(wrong.line)\n")
        #expect(try shell.varve(wrong.arguments) == expected)
        #expect(try shell.run("ls").output == "")
    }

    static let places: [Case] = [
        Case("read missing", 3, "missing is not a data directory: there is no such directory"),
        Case("read file", 3, "file is not a data directory: it is a file, not a directory"),
        Case("read data --log x-1", 3, "there is no log at data/x-1"),
        Case(
            "read data --from 4", 2,
            "offset 4 is out of range: the log has 0 up to, "
                + "not including, 3"),
        Case("append file file", 3, "file is not a data directory: it is a file, not a directory"),
        Case(
            "append full file", 3,
            "full is not a data directory: it has stranger in it and no meta.properties; "
                + "name an empty or a new directory"),
        Case("append data missing", 3, "cannot open missing: no such file or directory (ENOENT)"),
        Case("append data full", 3, "cannot open full: is a directory (EISDIR)"),
        Case(
            "read data >/dev/full", 4,
            "cannot write standard output: no space left on device "
                + "(ENOSPC)"),
        Case(
            "read data >&-", 4, "cannot write standard output: bad file descriptor (EBADF)"),
        Case("append data <&-", 4, "cannot read standard input: bad file descriptor (EBADF)"),
    ]

    @Test("what cannot be used is named in one line, with its exit code", arguments: places)
    func unusable(_ wrong: Case) throws {
        let made = try shell.run(
            "mkdir full; touch full/stranger; seq 3 >file; \"$VARVE\" append data file --quiet")
        try #require(made == Shell.Outcome(code: 0, output: "", errors: ""))
        let outcome = try shell.varve(wrong.arguments)
        #expect(outcome.code == wrong.code)
        #expect(outcome.errors == "varve: \(wrong.line)\n")
    }

    @Test("with --json an error is one JSON object on standard error")
    func json() throws {
        let outcome = try shell.varve("read 'a\"b' --json")
        #expect(outcome.code == 3)
        #expect(outcome.output == "")
        #expect(
            outcome.errors
                == #"{"error":"a\"b is not a data directory: there is no such directory","code":3}"#
                + "\n")
        #expect(
            try shell.varve("read --json").errors.hasPrefix(#"{"error":"read needs DIR"#))
    }

    @Test("a directory that is in use names the process that has it")
    func locked() throws {
        let outcome = try shell.run(
            """
            mkfifo pipe
            "$VARVE" append data pipe --acknowledge >acknowledged &
            exec 3>pipe
            echo one >&3
            until [ -s acknowledged ]; do sleep 0.02; done
            "$VARVE" append data /dev/null
            echo $? $!
            exec 3>&-
            wait
            """)
        let words = outcome.output.split(whereSeparator: \.isWhitespace)
        try #require(words.count == 2)
        #expect(words[0] == "3")
        #expect(outcome.errors.hasPrefix("varve: data is in use by process \(words[1]);"))
    }
}
