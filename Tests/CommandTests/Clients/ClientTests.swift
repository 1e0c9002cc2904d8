import Testing

/// Stock clients against `varve serve`, each with a broker of its own.
@Suite("varve serve: stock clients")
struct ClientTests {
    /// The folder of the programs.
    static let programs: String = {
        let here = "\(#filePath)"
        return here.prefix(through: here.lastIndex(of: "/") ?? here.startIndex) + "Programs"
    }()

    /// A program of the folder, and options for the broker that it talks to.
    struct Client: CustomTestStringConvertible {
        var program: String
        var serving = ""

        var testDescription: String { program }
    }

    static let clients =
        [
            "kafka_python_json", "kafka_python_records", "confluent", "aio", "admin", "shares",
            "consumer_groups", "group_migration",
            "partitioners",
            "codecs", "limits", "transactions",
        ].map { Client(program: $0) } + [
            Client(program: "mistakes", serving: "--set auto.create.topics.enable=false")
        ]

    /// Runs a program with the address of a broker, stops the broker with SIGTERM, and has `verify`
    /// go through what it left.
    static func outcome(
        of line: String, serving options: String = "", on shell: Shell
    ) throws -> Shell.Outcome {
        try shell.run(
            """
            set -eu
            tools='\(programs)/../../../../tools'
            clients=$("$tools/setup-clients")
            : >serving
            "$VARVE" serve --listen localhost:0 --directory data --json \(options) \
                >serving 2>serve.errors &
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

    /// Runs a program that starts the broker, and kills it, by itself.
    static func outcome(
        ofServing program: String, _ argument: Int, within seconds: Int, on shell: Shell
    ) throws -> Shell.Outcome {
        try shell.run(
            """
            set -eu
            clients=$('\(programs)/../../../../tools/setup-clients')
            timeout \(seconds) "$clients/bin/python" '\(programs)/\(program).py' "$VARVE" data \
                \(argument) 2>client.errors || { tail -5 client.errors; exit 1; }
            """)
    }

    @Test(
        "programs of Python clients run unmodified, and what they wrote is sound",
        arguments: clients)
    func python(client: Client) throws {
        let shell = try Shell()
        let program = "'\(Self.programs)/\(client.program).py'"
        let outcome = try Self.outcome(
            of: "timeout 180 \"$clients/bin/python\" \(program) $server",
            serving: client.serving, on: shell)
        #expect(outcome.output == "ok\nclient 0, broker 143\nsound\n", "\(outcome)")
    }

    @Test("the first programs of many a user run as they stand, on localhost:9092")
    func firstPrograms() throws {
        let shell = try Shell()
        let outcome = try shell.run(
            """
            set -eu
            clients=$('\(Self.programs)/../../../../tools/setup-clients')
            "$VARVE" serve >serving 2>serve.errors &
            broker=$!
            for _ in $(seq 400); do
                [ -s serving ] || [ -s serve.errors ] && break
                sleep 0.05
            done
            if ! [ -s serving ]; then cat serve.errors; exit 3; fi
            "$clients/bin/python" '\(Self.programs)/json_producer.py'
            "$clients/bin/python" -u '\(Self.programs)/json_consumer.py' >seen &
            consumer=$!
            for _ in $(seq 600); do [ $(wc -l <seen) -ge 10 ] && break; sleep 0.05; done
            kill $consumer
            cat seen
            kill -TERM $broker
            wait $broker || echo $?
            """)
        guard outcome.code != 3 else {
            #expect(outcome.output.contains("is in use"), "\(outcome)")
            return print("not run: \(outcome.output)")
        }
        let seen = (0..<10).map { "{'number': \($0)}\n" }.joined()
        #expect(outcome.output == seen + "143\n", "\(outcome)")
    }

    @Test("nothing acknowledged is lost and nothing is there twice after kills under load")
    func kills() throws {
        let shell = try Shell()
        let outcome = try Self.outcome(ofServing: "kills", 5, within: 240, on: shell)
        let verified = try shell.run("\"$VARVE\" verify data --quiet && echo sound")
        #expect(outcome.output == "ok\n", "\(outcome)")
        #expect(verified.output == "sound\n", "\(verified)")
    }

    @Test("thousands of connections that do nothing cost little memory, and no time")
    func idle() throws {
        let outcome = try Self.outcome(ofServing: "idle", 10_000, within: 120, on: try Shell())
        #expect(outcome.output == "ok\n", "\(outcome)")
    }

    @Test("kcat produces, lists and consumes")
    func kcat() throws {
        let shell = try Shell()
        let outcome = try Self.outcome(
            of: "timeout 120 sh '\(Self.programs)/kcat.sh' $server", on: shell)
        #expect(outcome.output == "ok\nclient 0, broker 143\nsound\n", "\(outcome)")
    }
}
