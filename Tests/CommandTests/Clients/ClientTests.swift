import Testing

/// Stock clients against `varve serve`, each with a broker of its own.
@Suite("varve serve: stock clients")
struct ClientTests {
    /// The folder of the programs.
    private static let programs: String = {
        let here = "\(#filePath)"
        return here.prefix(through: here.lastIndex(of: "/") ?? here.startIndex) + "Programs"
    }()

    /// Runs a program with the address of a broker, stops the broker with SIGTERM, and has `verify`
    /// go through what it left.
    static func outcome(of line: String, on shell: Shell) throws -> Shell.Outcome {
        try shell.run(
            """
            set -eu
            tools='\(programs)/../../../../tools'
            clients=$("$tools/setup-clients")
            : >serving
            "$VARVE" serve --listen localhost:0 --directory data --json >serving 2>serve.errors &
            broker=$!
            for _ in $(seq 400); do [ -s serving ] && break; sleep 0.05; done
            server=$(sed -n 's/.*PLAINTEXT:..\\([^"]*\\)".*/\\1/p' serving)
            code=0
            (\(line)) >client.out 2>client.errors || code=$?
            kill -TERM $broker
            ended=0
            wait $broker || ended=$?
            tail -1 client.out
            [ $code = 0 ] || tail -20 client.errors
            echo "client $code, broker $ended"
            cat serve.errors
            "$VARVE" verify data --quiet && echo sound
            """)
    }

    @Test(
        "programs of Python clients run unmodified, and what they wrote is sound",
        arguments: [
            "kafka_python_json", "kafka_python_records", "confluent", "aio", "admin",
        ])
    func python(program: String) throws {
        let shell = try Shell()
        let outcome = try Self.outcome(
            of: "timeout 120 \"$clients/bin/python\" '\(Self.programs)/\(program).py' $server",
            on: shell)
        #expect(outcome.output == "ok\nclient 0, broker 143\nsound\n", "\(outcome)")
    }

    @Test("nothing acknowledged is lost and nothing is there twice after kills under load")
    func kills() throws {
        let shell = try Shell()
        let outcome = try shell.run(
            """
            set -eu
            clients=$('\(Self.programs)/../../../../tools/setup-clients')
            timeout 240 "$clients/bin/python" '\(Self.programs)/kills.py' "$VARVE" data 5 \
                2>client.errors || { tail -5 client.errors; exit 1; }
            "$VARVE" verify data --quiet && echo sound
            """)
        #expect(outcome.output == "ok\nsound\n", "\(outcome)")
    }

    @Test("kcat produces, lists and consumes")
    func kcat() throws {
        let shell = try Shell()
        let outcome = try Self.outcome(
            of: "timeout 120 sh '\(Self.programs)/kcat.sh' $server", on: shell)
        #expect(outcome.output == "ok\nclient 0, broker 143\nsound\n", "\(outcome)")
    }
}
