internal import Varve
internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// The program `varve`, for the one that is linked as such.
package enum CommandLineProgram {
    /// - Parameter words: the command line, without the program's name.
    /// - Returns: what the process ends with.
    package static func run(_ words: [String]) -> Int32 { Program.run(words).rawValue }
}

/// The program: it finds the command, lets it run, and reports how that ended.
enum Program {
    /// - Parameter words: the command line, without the program's name.
    static func run(_ words: [String]) -> ExitCode {
        LinuxProcess.holdStandardStreams()
        LinuxProcess.watchStopSignals()
        let options = words.prefix { $0 != "--" }
        let console = Console(
            isJSON: options.contains("--json"), isQuiet: options.contains("--quiet"),
            clock: LinuxClock())
        do throws(CommandError) {
            let code = try dispatch(words, console)
            console.clearProgress()
            try console.output.flush()
            return code
        } catch {
            return end(error, console)
        }
    }

    private static func dispatch(
        _ words: [String], _ console: Console
    ) throws(CommandError) -> ExitCode {
        guard let name = words.first else {
            throw .usage("name a command; 'varve --help' lists them")
        }
        switch name {
        case "--help", "-h", "help":
            let topic = words.dropFirst().filter { !$0.hasPrefix("-") }
            guard name == "help", !topic.isEmpty else {
                try console.output.write(text: HelpText.overview(CommandTable.all))
                return .done
            }
            try console.output.write(text: try help(topic))
            return .done
        case "--version":
            try console.output.line("varve \(CommandTable.version)")
            return .done
        default:
            if isHelp(words.dropFirst().first), !family(name).isEmpty {
                try console.output.write(text: try help([name]))
                return .done
            }
            let (command, rest) = try command(words[...])
            let arguments = try Arguments(rest, for: command)
            guard !arguments[Command.help] else {
                try console.output.write(text: HelpText.page(of: command))
                return .done
            }
            return try command.run(
                Invocation(
                    arguments: arguments, console: console, surroundings: .linux))
        }
    }

    private static func isHelp(_ word: String?) -> Bool { word == "--help" || word == "-h" }

    /// The commands whose names begin with this word: those of `varve topics`.
    private static func family(_ name: String) -> [Command] {
        CommandTable.all.filter { $0.name.hasPrefix(name + " ") }
    }

    private static func help(_ words: [String]) throws(CommandError) -> String {
        let family = family(words[0])
        guard words.count == 1, !family.isEmpty else {
            return HelpText.page(of: try command(words[...]).command)
        }
        return HelpText.overview(family, of: words[0])
    }

    /// The command that the first word names, or the first two, and the words behind its name.
    private static func command(
        _ words: ArraySlice<String>
    ) throws(CommandError) -> (command: Command, rest: ArraySlice<String>) {
        let first = words.first ?? ""
        if let found = CommandTable.all.first(where: { $0.name == first }) {
            return (found, words.dropFirst())
        }
        let family = family(first)
        guard !family.isEmpty else {
            let names = CommandTable.all.map { String($0.name.prefix { $0 != " " }) }
            throw .usage("there is no command '\(first)'" + suggestion(first, names))
        }
        let second = words.dropFirst().first ?? ""
        if let found = family.first(where: { $0.name == "\(first) \(second)" }) {
            return (found, words.dropFirst(2))
        }
        let actions = family.map { String($0.name.dropFirst(first.count + 1)) }
        guard !second.isEmpty, !second.hasPrefix("-") else {
            throw .usage(
                "say what to do with \(first): one of \(actions.joined(separator: ", "))")
        }
        throw .usage(
            "there is no command '\(first) \(second)'"
                + suggestion("\(first) \(second)", family.map(\.name), "varve \(first) --help"))
    }

    private static func suggestion(
        _ word: String, _ names: [String], _ list: String = "varve --help"
    ) -> String {
        NearestName.find(word, among: names).map { "; did you mean '\($0)'?" }
            ?? "; '\(list)' lists them"
    }

    /// Writes out what was answered before the end, then says why it came.
    private static func end(_ error: CommandError, _ console: Console) -> ExitCode {
        var error = error
        do throws(CommandError) {
            try console.output.flush()
        } catch let second {
            // What went wrong first is what matters, but for an output that nobody reads.
            if case .stopped = error {} else if case .outputClosed = second { error = second }
        }
        console.clearProgress()
        if let text = error.text { console.error(text, error.code) }
        return error.code
    }
}
