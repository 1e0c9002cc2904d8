import Testing

/// The commands for groups, beside members of stock clients.
@Suite("varve groups: members of every kind")
struct GroupKindTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    /// A script beside a member of a group of each kind, which has read five records.
    private func seated(_ script: String) throws -> Shell.Outcome {
        try shell.served(
            """
            clients=$('\(ClientTests.programs)/../../../../tools/setup-clients')
            groups() { "$VARVE" groups "$@" $B; }
            masked() { sed 's/  */ /g; s|[-+_/A-Za-z0-9]\\{20,\\}|ID|g; s/ \\/127.0.0.1/ HOST/g'; }
            "$VARVE" topics create t --quiet $B
            "$VARVE" configs set group share share.auto.offset.reset=earliest --quiet $B
            seq 5 | "$VARVE" produce t --quiet $B
            members=
            for kind in classic consumer share; do
              "$clients/bin/python3" '\(ClientTests.programs)/sitting_member.py' $server $kind t \
                >$kind.out 2>$kind.err &
              members="$members $!"
            done
            for kind in classic consumer share; do
              for _ in $(seq 600); do [ -s $kind.out ] && break; sleep 0.1; done
              cat $kind.out
            done
            \(script)
            """,
            set: [
                "group.initial.rebalance.delay.ms=0", "offsets.topic.num.partitions=4",
                "share.coordinator.state.topic.num.partitions=4",
            ])
    }

    @Test("a group with members is neither reset nor deleted, nor forgets what they read")
    func seatedGroups() throws {
        let outcome = try seated(
            """
            for kind in classic consumer share; do
              groups reset $kind t --to-earliest; echo $?
              groups reset $kind --to-earliest --execute; echo $?
              groups delete $kind; echo $?
              groups delete-offsets $kind t; echo $?
            done
            kill $members; wait $members
            """)
        #expect(
            outcome.output == String(repeating: "ready\n", count: 3)
                + String(repeating: "6\n", count: 12))
        let errors = outcome.errors.split(separator: "\n")
        try #require(errors.count == 12, "\(outcome.errors)")
        for (place, kind) in ["classic", "consumer", "share"].enumerated() {
            let told = errors[place * 4..<place * 4 + 4]
            #expect(told.allSatisfy { $0.hasPrefix("varve: group \(kind): ") }, "\(told)")
            #expect(
                told.prefix(2).allSatisfy {
                    $0.hasSuffix("with 1 members: stop its consumers first (NON_EMPTY_GROUP)")
                }, "\(told)")
        }
    }

    @Test("groups of every kind are listed and described with members, epochs, offsets and lag")
    func described() throws {
        let outcome = try seated(
            """
            groups list | masked
            until groups describe share | masked | grep -q 't 0 5 5 0'; do sleep 0.1; done
            kill -STOP $members
            seq 3 | "$VARVE" produce t --quiet $B
            for kind in classic consumer share; do
              groups describe $kind | masked
              groups describe $kind --members | tail -n +2 | masked
            done
            groups describe consumer --json | masked
            kill -CONT $members; kill $members; wait $members
            """)
        let head = " MEMBER INSTANCE CLIENT HOST EPOCH PARTITIONS TARGET"
        #expect(
            outcome.output.replacing(#/poch [0-9]+/#, with: "poch N")
                .replacing(#/HOST [0-9] t/#, with: "HOST N t")
                .replacing(#/poch":[0-9]+/#, with: "poch\":N") == """
                    ready
                    ready
                    ready
                    GROUP STATE KIND PROTOCOL
                    classic Stable classic consumer
                    consumer Stable consumer consumer
                    share Stable share share
                    classic: Stable, classic, 1 member, range
                     TOPIC PARTITION OFFSET END LAG CLIENT HOST MEMBER
                     t 0 5 8 3 a classic HOST ID
                    \(head)
                     ID seat-classic a classic HOST - t:0 -
                    consumer: Stable, consumer, 1 member, uniform, epoch N, assignment epoch N
                     TOPIC PARTITION OFFSET END LAG CLIENT HOST MEMBER
                     t 0 5 8 3 a consumer HOST ID
                    \(head)
                     ID seat-consumer a consumer HOST N t:0 -
                    share: Stable, share, 1 member, simple, epoch N, assignment epoch N
                     TOPIC PARTITION OFFSET END LAG
                     t 0 5 8 3
                    \(head)
                     ID - a share HOST N t:0 -
                    {"group":"consumer","kind":"consumer","state":"Stable","assignor":"uniform",\
                    "epoch":N,"assignmentEpoch":N,"members":[{"member":"ID",\
                    "instance":"seat-consumer","client":"a consumer","host":"/127.0.0.1","epoch":N,\
                    "partitions":[{"topic":"t","partition":0}],\
                    "target":[{"topic":"t","partition":0}]}],\
                    "partitions":[{"topic":"t","partition":0,\
                    "offset":5,"endOffset":8,"lag":3,"client":"a consumer","host":"/127.0.0.1",\
                    "member":"ID"}]}

                    """)
    }

    @Test("a share group without members begins elsewhere, and forgets what it has done")
    func shared() throws {
        let outcome = try seated(
            """
            kill $members; wait $members
            groups reset share t --to-offset 2 --execute
            groups describe share | tail -n 1 | masked
            groups reset share --shift-by 1 --json
            groups delete-offsets share t --partition 0; echo $?
            groups delete-offsets share t; groups describe share | masked
            groups delete share; groups list --kind share
            """)
        #expect(
            outcome.output.replacing(#/poch [0-9]+/#, with: "poch N") == """
                ready
                ready
                ready
                 t 0 2 5 3
                {"group":"share","topic":"t","partition":0,"before":2,"offset":3,"reset":false}
                2
                share: Empty, share, 0 members, simple, epoch N, assignment epoch N

                """)
        #expect(
            outcome.errors == """
                share goes on at offset 2 of t-0
                varve: share is a share group: it forgets whole topics, without --partition
                share has forgotten 1 partitions of t
                share is deleted

                """)
    }
}
