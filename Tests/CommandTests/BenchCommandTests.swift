import Testing

@Suite("varve bench")
struct BenchCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    @Test(
        "what cannot be is refused before anything is measured",
        arguments: [
            ("--smoke --quick", 2, "--smoke and --quick exclude each other"),
            ("--goals --filter P99", 2, "no benchmark has 'P99' in its name"),
            ("--goals --smoke --directory missing", 3, "missing"),
            ("missing --smoke", 3, "missing"),
            (". --goals", 2, "DIR goes neither with --directory nor with --goals"),
            (". --peers .", 2, "DIR goes neither with --directory nor with --goals"),
            ("--plots plots", 2, "--plots needs --goals, --peers or --scale"),
            ("--peers . --filter P99", 2, "no benchmark has 'P99' in its name"),
            ("--data file", 2, "--data needs DIR"),
            (". --data missing", 3, "missing"),
            (". --data .out", 3, ".out is empty"),
            (". --filter transport", 2, "no benchmark has 'transport' in its name"),
        ])
    func refused(_ arguments: String, _ code: Int32, _ reason: String) throws {
        let outcome = try shell.varve("bench \(arguments)")
        #expect(outcome.code == code)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains(reason))
    }

    @Test("goals are a table with a row for each demand")
    func table() throws {
        let outcome = try shell.varve("bench --goals --smoke --directory . --filter P8")
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        let rows = outcome.output.split(separator: "\n").filter { $0.hasPrefix("P8") }
        #expect(rows.count == 2)
        #expect(outcome.output.contains(" not measured\n"))
    }

    @Test("goals are one object of JSON")
    func json() throws {
        let arguments = "bench --goals --smoke --directory . --filter P9 --json"
        let outcome = try shell.varve(arguments)
        #expect(outcome.errors == "")
        #expect(outcome.output.hasPrefix(#"{"version":1,"rounds":1,"#))
        let goals = outcome.output.split(separator: #"{"goal":"#).dropFirst()
        #expect(goals.count == 2)
        #expect(goals.allSatisfy { $0.contains(#""aspect":"figure","unit":"1/s","figure":{"#) })
    }

    @Test("users measure a directory of theirs, and nothing stays in it")
    func directory() throws {
        let outcome = try shell.run(
            """
            mkdir disk
            "$VARVE" bench disk --smoke --filter append.durable >table
            ls disk | wc -l
            grep -c '^append.durable' table
            grep -c 'subject   p50' table
            """)
        #expect(outcome == Shell.Outcome(code: 0, output: "0\n3\n3\n", errors: ""))
    }

    @Test("codecs are compared on data of the user's own")
    func sample() throws {
        let outcome = try shell.run(
            """
            yes 'the same line' | head -c 5000 >data
            "$VARVE" bench . --data data --smoke --filter codec.compress.zstd >table
            grep -c '^codec.compress.zstd' table
            grep 'bytes of your own' table
            awk '$2 == "to" && $1 > 50' table | wc -l
            """)
        #expect(outcome.errors == "")
        #expect(outcome.output == "2\ncodecs on 5000 bytes of your own\n2\n")
    }

    @Test("plots go to a directory that is made for them")
    func plots() throws {
        let outcome = try shell.run(
            """
            "$VARVE" bench --goals --smoke --directory . --filter P8 --plots plots >table
            ls plots && head -c 4 plots/throughput.svg
            """)
        #expect(outcome.errors == "")
        #expect(outcome.output == "figures.json\nthroughput.svg\n<svg")
    }

    @Test("brokers are started in processes of their own, killed, and started again")
    func processes() throws {
        let outcome = try shell.varve("bench --smoke --directory . --filter process. --rounds 1")
        #expect(outcome.errors == "")
        let rows = outcome.output.split(separator: "\n").filter { $0.hasPrefix("process.") }
        #expect(rows.count == 8)
        #expect(try shell.run("ls").output == "")
    }

    @Test("another store's harness takes turns, and one that is missing is named")
    func peers() throws {
        let outcome = try shell.run(
            """
            mkdir peers
            cat >peers/lmdb <<'END'
            #!/bin/sh
            [ "$1 $3" = "scan count=400" ] || exit 9
            printf 'program LMDB 1.0\nwork 409600\nelapsed 1000\nprocessor 500\n'
            printf 'digest 7\nflushes 0\nlatencies 0\n'
            END
            chmod +x peers/lmdb
            "$VARVE" bench --peers peers --smoke --directory . --filter scan --plots plots >table
            grep -c '^scan .* LMDB 1.0 .* 410 GB/s' table
            grep -c 'not measured: there is no peers' table
            ls plots
            "$VARVE" bench --goals --peers peers --smoke --directory . --filter scan |
                grep -c 'LMDB 1.0: 410 GB/s'
            """)
        #expect(outcome.errors == "")
        #expect(outcome.output == "1\n3\nfigures.json\npeers.svg\n1\n")
    }

    @Test("Ctrl-C prints what was measured, and leaves no file")
    func interrupted() throws {
        let outcome = try shell.run(
            """
            mkdir files
            env --default-signal=INT "$VARVE" bench --goals --directory files --filter P9 >table &
            until [ "$(ls files)" ]; do sleep 0.02; done
            kill -INT $!
            wait $!
            echo $? $(ls files | wc -l)
            tail -1 table
            """)
        #expect(outcome.output == "130 0\n0 met, 0 missed, 2 not measured\n")
    }
}
