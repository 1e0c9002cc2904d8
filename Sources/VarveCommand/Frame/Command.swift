/// A command of `varve`: its declaration, from which parsing and help follow, and what it does.
struct Command: Sendable {
    let name: String
    /// One line, as `varve --help` lists it.
    let summary: String
    /// Paragraphs below the usage line; the summary stands before them.
    let paragraphs: [String]
    let positionals: [Positional]
    let options: [OptionDeclaration]
    let examples: [Example]
    /// The codes that it may end with, beside `done`, `usage` and those of stop signals.
    let exitCodes: [ExitCode]
    let run: @Sendable (Invocation) throws(CommandError) -> ExitCode

    struct Example: Sendable {
        let line: String
        let meaning: String

        init(_ line: String, _ meaning: String) { (self.line, self.meaning) = (line, meaning) }
    }

    init(
        _ name: String, _ summary: String, paragraphs: [String] = [], positionals: [Positional],
        options: [any CommandOption], examples: [Example], exitCodes: [ExitCode],
        run: @escaping @Sendable (Invocation) throws(CommandError) -> ExitCode
    ) {
        self.name = name
        self.summary = summary
        self.paragraphs = paragraphs
        self.positionals = positionals
        self.options = (options + Self.everywhere).map(\.declaration)
        self.examples = examples
        self.exitCodes = exitCodes
        self.run = run
    }

    static let json = Switch("json", "answer in JSON, and errors as JSON on standard error")
    static let quiet = Switch("quiet", "no progress and no summary")
    static let help = Switch("help", "show this text (-h)")

    /// Options of every command.
    private static let everywhere: [any CommandOption] = [json, quiet, help]
}
