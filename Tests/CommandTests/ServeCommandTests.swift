import Testing

@Suite("varve serve")
struct ServeCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    @Test("an unknown property ends with 2 and names the nearest one")
    func unknown() throws {
        let outcome = try shell.varve("serve --set num.partition=3")
        #expect(outcome.code == 2)
        #expect(
            outcome.errors
                == "varve: no property 'num.partition'; did you mean 'num.partitions'?\n")
    }

    @Test("bad values end with 2 and say what is wrong")
    func refused() throws {
        let values = [
            "num.partitions=0", "listeners=PLAINTEXT://:99999", "listeners=SSL://:9093", "nothing",
        ]
        for value in values {
            let outcome = try shell.varve("serve --set '\(value)'")
            #expect(outcome.code == 2, "\(value)")
            #expect(outcome.errors.hasPrefix("varve: "), "\(value)")
            #expect(try shell.run("ls").output == "", "\(value)")
        }
    }

    @Test("the environment sets what the file does, under the options; its mistakes end with 2")
    func environment() throws {
        let outcome = try shell.run(
            """
            VARVE_NUM_PARTITION=3 timeout 20 "$VARVE" serve --ephemeral; echo $?
            KAFKA_NUM_PARTITIONS=none timeout 20 "$VARVE" serve --ephemeral; echo $?
            printf 'num.partitions=2\nlog.retention.hours=2\nlog.segment.bytes=2000000\n' >file
            export KAFKA_HEAP_OPTS=-Xmx1g KAFKA_NUM_PARTITIONS=3 VARVE_LOG_RETENTION_HOURS=3
            export KAFKA_LOG_RETENTION_HOURS=9
            "$VARVE" serve --ephemeral --json --config file --set num.partitions=4 >serving &
            for _ in $(seq 200); do [ -s serving ] && break; sleep 0.05; done
            server=$(sed -n 's/.*PLAINTEXT:..\\([^"]*\\)".*/\\1/p' serving)
            "$VARVE" configs describe broker 1 --bootstrap $server |
              grep -E 'num.part|retention|segment' | sed 's/  */ /g'
            kill $!; wait $!
            """)
        #expect(
            outcome.output == """
                2
                2
                log.retention.hours 3 started with
                log.segment.bytes 2000000 started with
                num.partitions 4 started with

                """)
        #expect(
            outcome.errors.contains(
                "no property 'VARVE_NUM_PARTITION'; did you mean 'VARVE_NUM_PARTITIONS'?"))
    }

    @Test("a second broker on the directory, or on the port, ends with 3")
    func second() throws {
        let outcome = try shell.run(
            """
            "$VARVE" serve --listen localhost:0 --directory data --json >serving &
            first=$!
            for _ in $(seq 200); do [ -s serving ] && break; sleep 0.05; done
            server=$(sed -n 's/.*PLAINTEXT:..\\([^"]*\\)".*/\\1/p' serving)
            "$VARVE" serve --listen localhost:0 --directory data; echo $?
            "$VARVE" serve --listen $server --directory other; echo $?
            kill $first; wait $first; echo $?
            """)
        #expect(outcome.output == "3\n3\n143\n")
        #expect(outcome.errors.contains("data is in use by process"))
        #expect(outcome.errors.contains("is in use"))
    }

    @Test("a directory of another node is refused by name")
    func otherNode() throws {
        let outcome = try shell.run(
            """
            echo x | "$VARVE" append data --quiet
            "$VARVE" serve --listen localhost:0 --directory data --set node.id=7; echo $?
            """)
        #expect(outcome.output == "3\n")
        #expect(outcome.errors.contains("data belongs to node 1, but node.id is 7"))
    }

    @Test("an ephemeral broker leaves nothing behind")
    func ephemeral() throws {
        let outcome = try shell.run(
            """
            "$VARVE" serve --ephemeral --json >serving &
            for _ in $(seq 200); do [ -s serving ] && break; sleep 0.05; done
            place=$(sed -n 's/.*"directories":\\["\\([^"]*\\)".*/\\1/p' serving)
            test -d "$place" && echo there
            kill $!; wait $!
            test -e "$place" || echo gone
            """)
        #expect(outcome.output == "there\ngone\n")
    }
}
