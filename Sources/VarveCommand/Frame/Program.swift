internal import Varve
internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

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
        let rest = words.dropFirst()
        switch name {
        case "--help", "-h", "help":
            guard name == "help", let topic = rest.first(where: { !$0.hasPrefix("-") }) else {
                try console.output.write(text: HelpText.overview(CommandTable.all))
                return .done
            }
            try console.output.write(text: HelpText.page(of: try command(topic)))
            return .done
        case "--version":
            try console.output.line("varve \(CommandTable.version)")
            return .done
        default:
            let command = try command(name)
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

    private static func command(_ name: String) throws(CommandError) -> Command {
        if let found = CommandTable.all.first(where: { $0.name == name }) { return found }
        let near = NearestName.find(name, among: CommandTable.all.map(\.name))
        throw .usage(
            "there is no command '\(name)'"
                + (near.map { "; did you mean '\($0)'?" } ?? "; 'varve --help' lists them"))
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
