/// Help, made of the declarations that parsing goes by.
enum HelpText {
    private static let width = 79

    static func usage(of command: Command) -> String {
        let words = command.positionals.map { positional in
            switch positional.presence {
            case .required: positional.name
            case .optional: "[\(positional.name)]"
            case .many: "[\(positional.name)...]"
            }
        }
        return (["varve", command.name] + words + ["[OPTION...]"]).joined(separator: " ")
    }

    /// `varve --help`: one line for each command.
    static func overview(_ commands: [Command]) -> String {
        let lines = [
            "Varve: a durable log store in Apache Kafka's on-disk format.", "",
            "Usage: varve COMMAND [ARGUMENT...] [OPTION...]", "", "Commands:",
        ]
        return table(commands, below: lines, "varve COMMAND --help")
    }

    /// `varve topics --help`: one line for each command of the family.
    static func overview(_ commands: [Command], of family: String) -> String {
        let lines = [
            "Usage: varve \(family) COMMAND [ARGUMENT...] [OPTION...]", "", "Commands:",
        ]
        return table(commands, below: lines, "varve \(family) COMMAND --help")
    }

    private static func table(
        _ commands: [Command], below lines: [String], _ more: String
    ) -> String {
        var lines = lines
        let column = (commands.map(\.name.count).max() ?? 0) + 4
        for command in commands {
            lines += row(command.name, command.summary, column: column)
        }
        lines += ["", "'\(more)' shows the options and examples of a command."]
        return lines.joined(separator: "\n") + "\n"
    }

    /// `varve COMMAND --help`.
    static func page(of command: Command) -> String {
        var lines = ["Usage: \(usage(of: command))", ""]
        lines += wrap(capitalised(command.summary) + ".", to: width)
        for paragraph in command.paragraphs { lines += [""] + wrap(paragraph, to: width) }
        let left = command.positionals.map(\.name) + command.options.map(head)
        let column = min((left.map(\.count).max() ?? 0) + 4, 32)
        if !command.positionals.isEmpty {
            lines += ["", "Arguments:"]
            for positional in command.positionals {
                lines += row(positional.name, positional.summary, column: column)
            }
        }
        lines += ["", "Options:"]
        for option in command.options {
            let standard = option.standard.map { " (default \($0))" } ?? ""
            lines += row(head(of: option), option.summary + standard, column: column)
        }
        if !command.examples.isEmpty { lines += ["", "Examples:"] }
        for example in command.examples {
            lines += ["  \(example.line)"]
            lines += wrap(example.meaning, to: width - 6).map { "      \($0)" }
        }
        lines += ["", "Exit codes:"]
        for code in codes(of: command) { lines += row("\(code.rawValue)", code.summary, column: 7) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The codes that a command may end with, in order.
    private static func codes(of command: Command) -> [ExitCode] {
        let always: [ExitCode] = [.done, .usage, .interrupted, .terminated]
        return ExitCode.allCases.filter { always.contains($0) || command.exitCodes.contains($0) }
    }

    private static func head(of option: OptionDeclaration) -> String {
        "--\(option.name)" + (option.placeholder.map { " \($0)" } ?? "")
    }

    private static func capitalised(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }

    /// `  left    right`, the right part wrapped in its column.
    private static func row(_ left: String, _ right: String, column: Int) -> [String] {
        let wrapped = wrap(right, to: width - column)
        let margin = String(repeating: " ", count: column)
        // A left part that reaches into the column has a line of its own.
        guard left.count + 4 <= column else {
            return ["  \(left)"] + wrapped.map { margin + $0 }
        }
        let first = "  \(left)" + String(repeating: " ", count: column - left.count - 2)
        return [first + (wrapped.first ?? "")] + wrapped.dropFirst().map { margin + $0 }
    }

    private static func wrap(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
