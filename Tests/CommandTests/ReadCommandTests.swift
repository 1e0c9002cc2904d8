import Testing

/// `varve read --isolation`, held against what a broker of Kafka's answered to a consumer for the
/// same logs (`Tests/Fixtures/golden/clean.expected.json.gz`).
@Suite("varve read --isolation")
struct ReadCommandTests {
    private let shell: Shell

    init() throws { shell = try Shell() }

    /// The directory that Apache Kafka wrote; reading takes no lock, so it is read in place.
    private static let logs =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        + "/Tests/Fixtures/engine/clean"

    /// What `read` prints of a log, as the offsets alone: `0 1 2 `.
    private func offsets(_ arguments: String) throws -> Shell.Outcome {
        try shell.run(
            """
            "$VARVE" read '\(Self.logs)' --json \(arguments) >records; code=$?
            sed 's/{"offset":\\([0-9]*\\).*/\\1/' records | tr '\\n' ' '
            exit $code
            """)
    }

    private static let uncommitted = spread(
        "0-8,10-11,14-19,21-33,36-45,47-52,55-62,64-71,74-77,79-81,84-94,96-97,100-101,103-108,"
            + "111-115,117-118,121,123-131,133-136")
    private static let committed = spread(
        "10,14-19,21-23,36-45,47-52,65-71,84-94,97,103-106,121,123-131")

    /// `0-2,7` as `0 1 2 7 `.
    private static func spread(_ ranges: String) -> String {
        var text = ""
        for range in ranges.split(separator: ",") {
            let bounds = range.split(separator: "-").compactMap { Int($0) }
            guard let first = bounds.first, let last = bounds.last else { continue }
            for offset in first...last { text += "\(offset) " }
        }
        return text
    }

    static let refusals: [ErrorTests.Case] = [
        ErrorTests.Case(
            "--isolation read_committed", 2,
            "option --isolation takes one of uncommitted, committed; 'read_committed' is none"),
        ErrorTests.Case(
            "--isolation=", 2,
            "option --isolation takes one of uncommitted, committed; '' is none"),
        ErrorTests.Case(
            "--isolation Committed", 2,
            "option --isolation takes one of uncommitted, committed; 'Committed' is none"),
        ErrorTests.Case(
            "--isolation", 2,
            "option --isolation needs a value: LEVEL, one of uncommitted, committed"),
        ErrorTests.Case(
            "--isolation committed --isolation committed", 2,
            "option --isolation is given twice"),
    ]

    @Test("a level that is none is refused, and nothing is printed", arguments: refusals)
    func refused(_ wrong: ErrorTests.Case) throws {
        let outcome = try shell.varve(
            "read '\(Self.logs)' --log transactions-0 \(wrong.arguments)")
        let expected = Shell.Outcome(
            code: wrong.code, output: "", errors: "varve: \(wrong.line)\n")
        #expect(outcome == expected)
    }

    @Test("committed leaves out aborted transactions, as a broker does")
    func committed() throws {
        let outcome = try offsets("--log transactions-0 --isolation committed")
        #expect(outcome == Shell.Outcome(code: 0, output: Self.committed, errors: ""))
    }

    @Test("uncommitted shows every record, and is what stands without the flag")
    func uncommitted() throws {
        for flag in ["--isolation uncommitted", ""] {
            let outcome = try offsets("--log transactions-0 \(flag)")
            #expect(
                outcome == Shell.Outcome(code: 0, output: Self.uncommitted, errors: ""), "\(flag)")
        }
    }

    @Test("committed ends before a transaction that is open, and says nothing of it")
    func open() throws {
        let hidden = try offsets("--log open-transaction-0 --isolation committed")
        #expect(hidden == Shell.Outcome(code: 0, output: "", errors: ""))
        let shown = try offsets("--log open-transaction-0 --isolation uncommitted")
        #expect(shown == Shell.Outcome(code: 0, output: Self.spread("0-14"), errors: ""))
    }

    @Test("a range and a count take what committed lets through")
    func ranges() throws {
        let range = try offsets("--log transactions-0 --isolation committed --from 19 --until 37")
        #expect(range == Shell.Outcome(code: 0, output: "19 21 22 23 36 ", errors: ""))
        let count = try offsets("--log transactions-0 --isolation committed --from 55 --count 3")
        #expect(count == Shell.Outcome(code: 0, output: "65 66 67 ", errors: ""))
    }

    @Test("raw batches of aborted transactions are left out, too")
    func rawBatches() throws {
        let outcome = try shell.run(
            """
            mkdir -p raw/transactions-0
            "$VARVE" read '\(Self.logs)' --log transactions-0 --isolation committed \\
                --format raw-batches >raw/transactions-0/00000000000000000000.log
            "$VARVE" dump raw/transactions-0/00000000000000000000.log >dumped; echo $?
            "$VARVE" read raw --log transactions-0 --include-unflushed --json \\
                | sed 's/{"offset":\\([0-9]*\\).*/\\1/' | tr '\\n' ' '
            """)
        #expect(outcome.output == "0\n" + Self.committed, "\(outcome)")
    }
}
