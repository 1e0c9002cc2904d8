import Testing

@Suite("varve transactions, varve consume --isolation")
struct TransactionsCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    /// A script beside a broker that does not ask coordinators whether a transaction is open.
    private func trusting(_ script: String) throws -> Shell.Outcome {
        try shell.served(
            """
            raw() { python3 '\(ClientTests.programs)/raw_transactions.py' $server "$@"; }
            \(script)
            """, set: ["transaction.partition.verification.enable=false"])
    }

    @Test("what is asked wrongly ends with 2, and where no broker is with 3")
    func usage() throws {
        let lines = [
            "transactions": "one of list, describe, producers, find-hanging, abort",
            "transactions lst": "did you mean 'transactions list'?",
            "transactions list --state Open": "--state takes one of Empty, Ongoing, ",
            "transactions list --producer x": "--producer takes a whole number",
            "transactions list --open-for 0": "--open-for takes a duration above zero",
            "transactions describe": "transactions describe needs ID",
            "transactions producers": "transactions producers needs TOPIC",
            "transactions find-hanging --partition 0": "--partition needs a TOPIC",
            "transactions abort t 0": "transactions abort needs START",
            "transactions abort t x 0": "PARTITION takes a whole number; 'x' is none",
            "transactions abort t 0 x": "START takes an offset; 'x' is none",
            "consume t --isolation serializable": "one of uncommitted, committed",
        ]
        for (line, message) in lines {
            let outcome = try shell.varve(line)
            #expect(outcome.code == 2, "\(line)")
            #expect(outcome.errors.contains(message), "\(line): \(outcome.errors)")
        }
        for line in [
            "list", "describe x", "producers t", "find-hanging", "abort t 0 0 --execute",
        ] {
            let outcome = try shell.varve("transactions \(line) --bootstrap localhost:1")
            #expect(outcome.code == 3, "\(line)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            let help = try shell.varve("transactions \(line.prefix { $0 != " " }) --help")
            #expect(help.code == 0 && help.output.contains("Usage:"), "\(line): \(help)")
        }
    }

    @Test("what is not there is named, and ends with 3")
    func unknown() throws {
        let outcome = try shell.served(
            """
            "$VARVE" topics create orders --quiet $B
            for words in "describe pay" "producers order" "producers orders --partition 7" \\
              "find-hanging order" "find-hanging --broker 9" "abort orders 0 5" "abort order 0 5" \\
              "abort orders 7 5"; do
              "$VARVE" transactions $words $B; echo $?
            done
            "$VARVE" transactions list $B; "$VARVE" transactions producers orders $B
            "$VARVE" transactions find-hanging $B; echo $?
            """)
        #expect(outcome.output == "3\n3\n3\n3\n3\n3\n3\n3\n0\n")
        #expect(
            outcome.errors == """
                varve: there is no transactional id 'pay'
                varve: there is no topic 'order'; did you mean 'orders'?
                varve: topic orders has 1 partitions, no 7
                varve: there is no topic 'order'; did you mean 'orders'?
                varve: there is no broker 9
                varve: no open transaction of orders-0 begins at offset 5; none is open there
                varve: there is no topic 'order'; did you mean 'orders'?
                varve: topic orders has 1 partitions, no 7
                no transaction hangs

                """)
    }

    @Test("a transaction that hangs is found, told of, aborted, and in nobody's way any more")
    func hanging() throws {
        let outcome = try trusting(
            """
            "$VARVE" topics create t --quiet $B
            raw write t 7000 one two; raw write t 7001 three
            echo plain | "$VARVE" produce t --quiet $B
            "$VARVE" consume t --isolation committed $B
            "$VARVE" transactions find-hanging $B --older-than 1000000h; echo $?
            "$VARVE" transactions find-hanging t --older-than 1ms $B; echo $?
            "$VARVE" transactions abort t 0 1 $B; echo $?
            "$VARVE" transactions abort t 0 0 $B; echo $?
            "$VARVE" transactions producers t --json $B | grep 7000
            "$VARVE" transactions abort t 0 0 --execute $B; echo $?
            "$VARVE" transactions abort t 0 2 --execute --json $B; echo $?
            "$VARVE" transactions find-hanging --older-than 1ms $B; echo $?
            "$VARVE" consume t --isolation read_committed $B
            """)
        let lines = outcome.output.split(separator: "\n").filter { !$0.contains(":00") }
        #expect(
            lines.joined(separator: "\n") == """
                0
                TOPIC  PARTITION  START  PRODUCER  EPOCH  LAST WRITE                AGE
                1
                3
                0
                {"topic":"t","partition":0,"producerId":7000,"producerEpoch":0,"lastSequence":1,\
                "lastTimestamp":1767225600000,"coordinatorEpoch":null,"transactionStart":0}
                0
                {"topic":"t","partition":0,"transactionStart":2,"producerId":7001,\
                "producerEpoch":0,"aborted":true}
                0
                0
                plain
                """)
        #expect(outcome.output.contains("\nt              0      2      7001      0  2026-01-01T"))
        #expect(
            outcome.errors == """
                no transaction hangs
                2 transactions hang; 'varve transactions abort TOPIC PARTITION START' ends one
                varve: no open transaction of t-0 begins at offset 1; those that do begin at 0, 2
                would abort the transaction of producer 7000 epoch 0 from offset 0 of t-0; \
                --execute does
                the transaction of producer 7000 epoch 0 from offset 0 of t-0 is aborted
                no transaction hangs

                """)
    }

    @Test(
        "a transaction that its coordinator knows is listed, described, and not for others to end")
    func known() throws {
        let outcome = try trusting(
            """
            tx() { "$VARVE" transactions "$@" $B; }
            "$VARVE" topics create t --quiet $B
            raw begin t payments x
            tx list | sed 's/  */ /g; s/ 1 [0-9]* / 1 N /'
            tx list --json --state Ongoing --pattern 'pay.*' |
              sed 's/"producerId":[0-9]*/"producerId":0/'
            tx list --state Dead; tx list --pattern 'p'; tx list --open-for 1h
            tx list --producer 999999; tx list --pattern '('; echo $?
            tx describe payment; echo $?
            tx describe payments | sed 's/producer [0-9]*/producer N/; s/since .*, for .*/since S/'
            tx describe payments --json | sed 's/"producerId":[0-9]*/"producerId":0/;
              s/"startMs":[0-9]*/"startMs":1/'
            tx find-hanging --older-than 1ms; echo $?
            tx abort t 0 0 --execute; echo $?
            tx abort t 0 0 --force --quiet; echo $?
            tx abort t 0 0 --force --execute --quiet; echo $?
            """)
        #expect(
            outcome.output == """
                TRANSACTIONAL ID COORDINATOR PRODUCER STATE
                payments 1 N Ongoing
                {"transactionalId":"payments","coordinator":1,"producerId":0,"state":"Ongoing"}
                6
                3
                payments: Ongoing, producer N epoch 0, coordinator 1, times out after 1m
                  open since S
                  t-0
                {"transactionalId":"payments","coordinator":1,"state":"Ongoing","producerId":0,\
                "producerEpoch":0,"timeoutMs":60000,"startMs":1,\
                "partitions":[{"topic":"t","partition":0}]}
                0
                6
                0
                0

                """)
        let errors = outcome.errors.split(separator: "\n")
        try #require(errors.count == 4, "\(outcome.errors)")
        #expect(errors[0].contains("INVALID_REGULAR_EXPRESSION"))
        #expect(
            errors[1]
                == "varve: there is no transactional id 'payment'; did you mean 'payments'?")
        #expect(errors[2] == "no transaction hangs")
        #expect(
            errors[3].hasSuffix(
                " from offset 0 of t-0 does not hang: 'payments' is Ongoing at broker 1, which is "
                    + "going to end it; --force aborts it here all the same"))
    }

    @Test("readers of committed records see no aborted ones, and end before the first open one")
    func isolation() throws {
        let outcome = try trusting(
            """
            "$VARVE" topics create t --quiet $B
            raw write t 7000 a1 a2; raw write t 7001 c1; echo p1 | "$VARVE" produce t --quiet $B
            "$VARVE" transactions abort t 0 0 --execute --quiet $B
            raw commit t 7001
            raw write t 7002 o1; echo p2 | "$VARVE" produce t --quiet $B
            "$VARVE" consume t --isolation committed $B | tr '\\n' ' '; echo
            "$VARVE" consume t --isolation committed --from 1 --count 1 $B
            "$VARVE" consume t --isolation committed --from end $B
            for level in "" "--isolation uncommitted" "--isolation read_uncommitted"; do
              "$VARVE" consume t $level $B | tr '\\n' ' '; echo
            done
            """)
        let all = "a1 a2 c1 p1 o1 p2 \n"
        #expect(outcome.output == "c1 p1 \nc1\n" + all + all + all)
        #expect(outcome.errors == "")
    }
}
