import Testing

/// Stock clients and their broker, killed with -9 at random moments: a short slice of
/// `tools/kill-clients`.
@Suite("varve serve: killed clients")
struct KilledClientTests {
    /// A program of the folder `Programs`, and how much of it is run.
    struct Program: CustomTestStringConvertible {
        var name: String
        var options: String

        var testDescription: String { name }
    }

    static let programs = [
        Program(name: "exactly_once", options: "--broker-kills 4 --client-kills 4"),
        Program(name: "transaction_kills", options: "--broker-kills 4 --client-kills 6"),
        Program(name: "share_kills", options: "--broker-kills 4 --client-kills 4"),
        Program(name: "group_kills", options: "--broker-kills 6 --client-kills 6"),
    ]

    @Test(
        "what clients were promised holds when they and the broker are killed", arguments: programs)
    func kills(program: Program) throws {
        let shell = try Shell()
        let outcome = try shell.run(
            """
            set -eu
            clients=$('\(ClientTests.programs)/../../../../tools/setup-clients')
            timeout 240 "$clients/bin/python" -B '\(ClientTests.programs)/\(program.name).py' \
                "$VARVE" data \(program.options) \
                2>client.errors || { tail -40 client.errors; exit 1; }
            # A broker that was killed leaves zeros written ahead, a note each, and a commit ring.
            "$VARVE" verify data --quiet >verified || { cat verified; exit 1; }
            grep -v \
                -e ': zeros follow the last batch: space that was written ahead of it$' \
                -e '^    opening and closing the log trims it$' \
                -e 'note: data/varve.commit/ring: .*, which their files may lack$' \
                -e '^    opening the directory puts them into the logs. files$' verified || true
            echo sound
            """)
        #expect(outcome.output == "ok\nsound\n", "\(outcome)")
    }
}
