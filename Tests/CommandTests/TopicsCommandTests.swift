import Testing

@Suite("varve topics, varve configs")
struct TopicsCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    @Test("where no broker is, the address is named, and the command that may be missing")
    func nobody() throws {
        let outcome = try shell.varve("topics list --bootstrap localhost:1")
        #expect(outcome.code == 3)
        let told = "varve: cannot reach localhost:1: connection refused; is 'varve serve' running?"
        #expect(outcome.errors == told + "\n")
        let nowhere = try shell.varve("topics list --bootstrap nowhere.invalid:9092")
        #expect(nowhere.code == 3)
        #expect(nowhere.errors.hasPrefix("varve: cannot reach nowhere.invalid:9092: "))
    }

    @Test("who is no broker is told apart from one")
    func noBroker() throws {
        let outcome = try shell.run(
            """
            perl -MIO::Socket::INET -e '$|=1; $l=IO::Socket::INET->new(Listen=>1,
              LocalAddr=>"127.0.0.1:0"); print $l->sockport,"\\n"; $c=$l->accept;
              sysread($c,$b,999); print $c "HTTP/1.0 400 Bad Request\\r\\n\\r\\n"; sleep 9' >port &
            for _ in $(seq 400); do [ -s port ] && break; sleep 0.025; done
            "$VARVE" topics list --bootstrap 127.0.0.1:$(cat port); echo $?
            kill $!
            """)
        #expect(outcome.output == "4\n")
        #expect(outcome.errors.contains("answers ApiVersions with something else: a frame of"))
    }

    @Test("words that are no command, and values that are none, end with 2")
    func usage() throws {
        let lines = [
            "topics": "say what to do with topics: one of list, describe, create, delete",
            "topics creat x": "did you mean 'topics create'?",
            "topics frobnicate": "'varve topics --help' lists them",
            "topic list": "did you mean 'topics'?",
            "topics create": "topics create needs TOPIC",
            "topics create a b": "topics create takes no 'b' here",
            "topics create a --partitions 0": "a whole number, 1 to 100000",
            "topics create a --config x": "a property's name, '=', and its value",
            "topics list --bootstrap localhost": "a host and a port",
            "topics list --bootstrap a:1,,b:2": "a host and a port",
            "topics list --bootstrap a:0": "a host and a port",
            "topics add-partitions a b": "COUNT takes a whole number",
            "configs describe thing a": "KIND takes one of topic, broker, group",
            "configs describe broker x": "a broker is named by its id, or 'all'",
            "configs set topic a b": "NAME=VALUE is needed",
        ]
        for (line, message) in lines {
            let outcome = try shell.varve(line)
            #expect(outcome.code == 2, "\(line)")
            #expect(outcome.errors.contains(message), "\(line): \(outcome.errors)")
        }
    }

    @Test("a topic that is not there is told with the nearest name")
    func unknownTopic() throws {
        let outcome = try shell.served(
            """
            "$VARVE" topics create orders $B --quiet
            for words in "topics describe order" "topics delete ordres" \\
              "topics add-partitions order 9" "configs describe topic oders"; do
              "$VARVE" $words $B; echo $?
            done
            "$VARVE" topics delete nothing --if-exists $B; echo $?
            """)
        #expect(outcome.output == "3\n3\n3\n3\n0\n")
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines.dropLast().allSatisfy { $0.hasSuffix("; did you mean 'orders'?") })
        #expect(lines.last == "there is no topic nothing")
    }

    @Test("topics are made, shown, given partitions, and deleted")
    func life() throws {
        let outcome = try shell.served(
            """
            "$VARVE" topics create orders --partitions 2 --config retention.ms=60000 $B
            "$VARVE" topics create orders $B; echo $?
            "$VARVE" topics create orders --if-not-exists $B
            "$VARVE" topics create other --check-only $B
            "$VARVE" topics add-partitions orders 3 $B
            "$VARVE" topics add-partitions orders 2 $B; echo $?
            "$VARVE" topics list $B | sed 's/  *[-_A-Za-z0-9]\\{22\\}//'
            "$VARVE" topics describe orders $B --json | sed 's/"topicId":"[^"]*"/"topicId":0/'
            "$VARVE" topics delete orders $B
            "$VARVE" topics list $B
            """)
        let partitions = (0..<3).map { index in
            #"{"partition":\#(index),"leader":1,"leaderEpoch":0,"replicas":[1],"inSync":[1],"#
                + #""offline":[],"startOffset":0,"endOffset":0}"#
        }
        #expect(
            outcome.output == """
                6
                6
                TOPIC   ID                      PARTITIONS  REPLICAS
                orders           3         1
                {"topic":"orders","topicId":0,"internal":false,"configs":{"retention.ms":"60000"},\
                "partitions":[\(partitions.joined(separator: ","))]}

                """)
        #expect(
            outcome.errors == """
                orders is made, with 2 partitions
                varve: topic orders: Topic 'orders' already exists. (TOPIC_ALREADY_EXISTS)
                orders is there already
                other could be made, with 1 partitions
                orders has 3 partitions
                varve: topic orders: The topic orders currently has 3 partition(s); 2 would not be \
                an increase. (INVALID_PARTITIONS)
                orders is deleted

                """)
    }

    @Test("properties are set, shown with their source, and taken back")
    func configs() throws {
        let outcome = try shell.served(
            """
            "$VARVE" topics create orders $B --quiet
            "$VARVE" configs set topic orders retention.ms=5 cleanup.policy=compact $B
            "$VARVE" configs set topic orders retention.m=5 $B; echo $?
            "$VARVE" configs set broker all log.retention.ms=7 $B
            "$VARVE" configs unset topic orders retention.ms $B
            "$VARVE" configs describe topic orders $B | grep -v min.insync
            "$VARVE" configs describe topic orders --all --json $B | grep -c default
            "$VARVE" configs set group readers consumer.session.timeout.ms=50000 $B
            "$VARVE" configs describe group readers $B
            """)
        let words = outcome.output.split(separator: "\n").map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        #expect(words.count == 7)
        #expect((Int(words[4]) ?? 0) > 20)
        #expect(
            words.filter { Int($0) == nil } == [
                "NAME VALUE SOURCE", "cleanup.policy compact topic", "retention.ms 7 all brokers",
                "NAME VALUE SOURCE", "consumer.session.timeout.ms 50000 group",
            ])
        #expect(words[0] == "6")
        #expect(outcome.errors.contains("topic orders: 2 properties changed\n"))
        #expect(outcome.errors.contains("Unknown topic config name: retention.m"))
    }
}
