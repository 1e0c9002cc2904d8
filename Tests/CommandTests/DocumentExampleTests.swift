import Testing

/// Runs the examples of pages of docs/operations: in a `console` block a line with `$ varve …` is a
/// command, and what follows is all that it prints, where `…` stands for anything.
@Suite("docs/operations: examples")
struct DocumentExampleTests {
    /// A page, and what its reader has done before.
    struct Page: CustomTestStringConvertible {
        var name: String
        var setup: String

        var testDescription: String { name }
    }

    struct Example {
        var command: String
        var output: [Substring] = []
    }

    static let pages = [
        Page(
            name: "transactions",
            setup: """
                varve topics create orders --quiet
                raw write orders 7000 one two
                raw begin orders payments three
                """),
        Page(
            name: "groups",
            setup: """
                varve topics create orders --quiet
                seq 10 | varve produce orders --quiet
                varve groups reset readers orders --to-offset 4 --execute --quiet
                """),
        Page(name: "features", setup: ""),
    ]

    private static func examples(of page: Page) throws -> [Example] {
        let root = ClientTests.programs + "/../../../.."
        let text = try Shell.text(of: "\(root)/docs/operations/\(page.name).md")
        var examples: [Example] = []
        var isConsole = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isConsole = line == "```console"
            } else if isConsole, line.hasPrefix("$ ") {
                examples.append(Example(command: String(line.dropFirst(2))))
            } else if isConsole {
                examples[examples.count - 1].output.append(line)
            }
        }
        return examples
    }

    /// Whether a line is what a page shows.
    private static func matches(_ line: Substring, _ shown: Substring) -> Bool {
        let parts = shown.split(separator: "…", omittingEmptySubsequences: false)
        guard let first = parts.first, let last = parts.last, parts.count > 1 else {
            return line == shown
        }
        guard line.hasPrefix(first), line.hasSuffix(last) else { return false }
        var rest = line.dropFirst(first.count)
        for part in parts.dropFirst() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    @Test("what a page shows is what its commands print", arguments: pages)
    func examples(_ page: Page) throws {
        let examples = try Self.examples(of: page)
        try #require(examples.count > 3)
        let shell = try Shell()
        let outcome = try shell.served(
            """
            varve() { "$VARVE" "$@" $B; }
            raw() { python3 '\(ClientTests.programs)/raw_transactions.py' $server "$@"; }
            \(page.setup)
            \(examples.map { "\($0.command) 2>&1; echo @@" }.joined(separator: "\n"))
            """, set: ["transaction.partition.verification.enable=false"])
        #expect(outcome.errors == "")
        var lines = outcome.output.split(separator: "\n")[...]
        for example in examples {
            let printed = lines.prefix { $0 != "@@" }
            lines = lines.dropFirst(printed.count + 1)
            let isShown =
                printed.count == example.output.count
                && zip(printed, example.output).allSatisfy { Self.matches($0, $1) }
            #expect(
                isShown, "\(example.command) prints \(printed.joined(separator: "\n"))")
        }
    }
}
