import Testing

@Suite("varve groups, varve status of a broker")
struct GroupsCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    @Test("a group that is not there is told with the nearest name; nobody there ends with 3")
    func unknown() throws {
        let outcome = try shell.served(
            """
            "$VARVE" topics create t --quiet $B
            "$VARVE" groups describe readers $B; echo $?
            "$VARVE" groups reset-offsets readers t --quiet $B
            "$VARVE" groups describe reader $B; echo $?
            "$VARVE" groups delete raders $B; echo $?
            "$VARVE" groups reset-offsets readers nothing $B; echo $?
            "$VARVE" groups reset-offsets readers t --to 9 $B; echo $?
            """)
        #expect(outcome.output == "3\n3\n3\n3\n2\n")
        #expect(
            outcome.errors == """
                varve: there is no group 'readers'
                varve: there is no group 'reader'; did you mean 'readers'?
                varve: there is no group 'raders'; did you mean 'readers'?
                varve: there is no topic 'nothing'
                varve: offset 9 is none: the records end before 0

                """)
        #expect(try shell.varve("groups list --bootstrap localhost:1").code == 3)
        #expect(try shell.varve("status --bootstrap localhost:1").code == 3)
        #expect(try shell.varve("status data --bootstrap localhost:1").code == 2)
    }

    @Test("offsets are committed for a group, shown with their lag, moved, and deleted")
    func life() throws {
        let outcome = try shell.served(
            """
            "$VARVE" topics create t --partitions 2 --quiet $B
            seq 10 | "$VARVE" produce t --partition 1 --quiet $B
            "$VARVE" groups reset-offsets readers t --to 4 --check-only $B
            "$VARVE" groups list $B
            "$VARVE" groups reset-offsets readers t --to 4 --quiet $B
            "$VARVE" groups list $B | sed 's/  */ /g'
            "$VARVE" groups describe readers $B | sed 's/  */ /g'
            "$VARVE" groups reset-offsets readers t --to end --partition 1 --json $B
            "$VARVE" groups describe readers --json $B
            "$VARVE" groups delete readers $B
            "$VARVE" groups list $B
            """)
        #expect(
            outcome.output == """
                GROUP STATE KIND PROTOCOL
                readers Empty classic -
                readers: Empty, 0 members
                 TOPIC PARTITION OFFSET END LAG CLIENT HOST MEMBER
                 t 0 0 0 0 - - -
                 t 1 4 10 6 - - -
                {"group":"readers","topic":"t","partition":1,"offset":10,"reset":true}
                {"group":"readers","state":"Empty","assignor":"","members":0,"partitions":[\
                {"topic":"t","partition":0,"offset":0,"endOffset":0,"lag":0,"client":null,\
                "host":null,"member":null},\
                {"topic":"t","partition":1,"offset":10,"endOffset":10,"lag":0,"client":null,\
                "host":null,"member":null}]}

                """)
        #expect(
            outcome.errors == """
                readers would go on at offset 0 of t-0
                readers would go on at offset 4 of t-1
                readers is deleted

                """)
    }

    @Test("a running broker tells its cluster, its features and its APIs")
    func status() throws {
        let outcome = try shell.served(
            """
            "$VARVE" topics create t --partitions 3 --quiet $B
            "$VARVE" status $B --apis; echo $?
            "$VARVE" status $B --json
            """)
        for part in [
            "1 topics, 3 partitions: 0 without a leader, 0 with replicas behind\n",
            "metadata.version", "Produce ", "\n0\n",
            #""topics":1,"partitions":3,"leaderless":0,"behind":0,"brokers":[{"broker":1,"#,
            #"{"key":3,"name":"Metadata","#,
        ] {
            #expect(outcome.output.contains(part), "\(part)")
        }
    }
}
