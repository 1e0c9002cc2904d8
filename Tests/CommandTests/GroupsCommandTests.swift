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
            "$VARVE" groups reset readers t --to-latest --execute --quiet $B
            "$VARVE" groups describe reader $B; echo $?
            "$VARVE" groups delete raders $B; echo $?
            "$VARVE" groups delete-offsets raders t $B; echo $?
            "$VARVE" groups delete-offsets readers s $B; echo $?
            "$VARVE" groups reset readers nothing --to-latest $B; echo $?
            "$VARVE" groups reset readers t --partition 4 --to-latest $B; echo $?
            "$VARVE" groups reset others --to-latest $B; echo $?
            "$VARVE" groups reset others t --shift-by 1 $B; echo $?
            """)
        #expect(outcome.output == "3\n3\n3\n3\n3\n3\n3\n3\n6\n")
        #expect(
            outcome.errors == """
                varve: there is no group 'readers'
                varve: there is no group 'reader'; did you mean 'readers'?
                varve: there is no group 'raders'; did you mean 'readers'?
                varve: there is no group 'raders'; did you mean 'readers'?
                varve: there is no topic 's'; did you mean 't'?
                varve: there is no topic 'nothing'
                varve: topic t has 1 partitions, no 4
                varve: group 'others' has read nothing: name a TOPIC
                varve: the group has read nothing of t-0 that could be shifted

                """)
        #expect(try shell.varve("groups list --bootstrap localhost:1").code == 3)
        #expect(try shell.varve("status --bootstrap localhost:1").code == 3)
        #expect(try shell.varve("status data --bootstrap localhost:1").code == 2)
    }

    @Test("what is asked wrongly ends with 2")
    func usage() throws {
        let lines = [
            "groups": "one of list, describe, delete, reset, delete-offsets",
            "groups list --kind connect": "--kind takes one of classic, consumer, share",
            "groups describe": "groups describe needs GROUP",
            "groups reset": "groups reset needs GROUP",
            "groups reset g t": "needs to know where: one of --to-earliest, --to-latest, ",
            "groups reset g t --to-latest --shift-by 1": "takes only one of --to-earliest, ",
            "groups reset g t --shift-by --1": "a whole number, also below zero",
            "groups reset g t --to-offset -1": "an offset: a whole number, at least 0",
            "groups reset g t --to-datetime soon": "a time: milliseconds since 1970",
            "groups reset g t --by-duration 1": "a duration above zero",
            "groups delete-offsets g": "groups delete-offsets needs TOPIC",
        ]
        for (line, message) in lines {
            let outcome = try shell.varve(line)
            #expect(outcome.code == 2, "\(line)")
            #expect(outcome.errors.contains(message), "\(line): \(outcome.errors)")
        }
        let files = try shell.run(
            """
            printf 't,0,5\\nt;1;5\\n' >bad; : >empty
            "$VARVE" groups reset g --from-file bad; echo $?
            "$VARVE" groups reset g --from-file empty; echo $?
            "$VARVE" groups reset g --from-file missing; echo $?
            """)
        #expect(files.output == "2\n2\n3\n")
        #expect(files.errors.contains("line 2 of bad is not topic,partition,offset: 't;1;5'"))
        #expect(files.errors.contains("empty names no partition"))
    }

    @Test("offsets are committed for a group, shown with their lag, moved, forgotten and deleted")
    func life() throws {
        let outcome = try shell.served(
            """
            "$VARVE" topics create t --partitions 2 --quiet $B
            seq 10 | "$VARVE" produce t --partition 1 --quiet $B
            "$VARVE" groups reset readers t --to-offset 4 $B
            "$VARVE" groups list $B
            "$VARVE" groups reset readers t --to-offset 4 --execute --quiet $B 2>/dev/null
            "$VARVE" groups list $B | sed 's/  */ /g'
            "$VARVE" groups list --kind consumer $B; "$VARVE" groups list --state stable $B
            "$VARVE" groups describe readers $B | sed 's/  */ /g'
            "$VARVE" groups reset readers t --to-latest --partition 1 --json --execute $B
            "$VARVE" groups describe readers --json $B
            "$VARVE" groups delete-offsets readers t --partition 0 $B
            "$VARVE" groups reset readers --shift-by -3 --json $B
            "$VARVE" groups delete readers $B
            "$VARVE" groups list $B
            """)
        #expect(
            outcome.output == """
                GROUP STATE KIND PROTOCOL
                readers Empty classic -
                readers: Empty, classic, 0 members
                 TOPIC PARTITION OFFSET END LAG CLIENT HOST MEMBER
                 t 0 0 0 0 - - -
                 t 1 4 10 6 - - -
                {"group":"readers","topic":"t","partition":1,"before":4,"offset":10,"reset":true}
                {"group":"readers","kind":"classic","state":"Empty","assignor":"","epoch":null,\
                "assignmentEpoch":null,"members":[],"partitions":[\
                {"topic":"t","partition":0,"offset":0,"endOffset":0,"lag":0,"client":null,\
                "host":null,"member":null},\
                {"topic":"t","partition":1,"offset":10,"endOffset":10,"lag":0,"client":null,\
                "host":null,"member":null}]}
                {"group":"readers","topic":"t","partition":1,"before":10,"offset":7,"reset":false}

                """)
        #expect(
            outcome.errors == """
                varve: warning: t-0 has offsets 0 to 0, no 4: taken is 0
                readers would go on at offset 0 of t-0
                readers would go on at offset 4 of t-1
                nothing is changed; --execute does it
                readers has forgotten 1 partitions of t
                readers is deleted

                """)
    }

    @Test("a group goes on at times, durations and what a file says")
    func places() throws {
        let outcome = try shell.served(
            """
            "$VARVE" topics create t --quiet $B; "$VARVE" topics create s --quiet $B
            seq 5 | "$VARVE" produce t --quiet $B; seq 3 | "$VARVE" produce s --quiet $B
            reset() { "$VARVE" groups reset readers "$@" $B; }
            reset t --to-datetime 2020-01-01
            reset t --to-datetime 2100-01-01
            reset t --by-duration 1h
            reset t --by-duration 1ms
            printf 't,0,2\\n\\ns,0,1\\n' >places
            reset --from-file places --execute
            reset --to-earliest --execute
            reset t s --shift-by 2 --execute
            printf 't,9,2\\n' >places; reset --from-file places; echo $?
            printf 'u,0,2\\n' >places; reset --from-file places; echo $?
            reset t --from-file places; echo $?
            """)
        #expect(outcome.output == "3\n3\n2\n")
        let told = outcome.errors.split(separator: "\n").filter { !$0.hasPrefix("nothing") }
            .map { $0.replacing("readers would go on at offset ", with: "to ") }
            .map { $0.replacing("readers goes on at offset ", with: "at ") }
        #expect(
            told == [
                "to 0 of t-0", "to 5 of t-0", "to 0 of t-0", "to 5 of t-0",
                "at 1 of s-0", "at 2 of t-0", "at 0 of s-0", "at 0 of t-0",
                "at 2 of s-0", "at 2 of t-0",
                "varve: topic t has 1 partitions, no 9",
                "varve: there is no topic 'u'; did you mean 's'?",
                "varve: --from-file takes no TOPIC",
            ])
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
