internal import VarveTerms

/// A parsed command line. Every value in it passed its option's check.
struct Arguments {
    /// What stood without a dash in front, in order.
    private(set) var positionals: [String] = []
    private var values: [String: any Sendable] = [:]
    private var switches: Set<String> = []

    /// The value of an option, or its default.
    subscript<Value>(_ parameter: Parameter<Value>) -> Value {
        values[parameter.name] as? Value ?? parameter.standard
    }

    /// The value of an option; nil when it was not given.
    subscript<Value>(_ parameter: OptionalParameter<Value>) -> Value? {
        values[parameter.name] as? Value
    }

    /// The values of an option, in the order in which they were given.
    subscript<Value>(_ parameter: ListParameter<Value>) -> [Value] {
        (values[parameter.name] as? [any Sendable] ?? []).compactMap { $0 as? Value }
    }

    /// Whether a switch was given.
    subscript(_ flag: Switch) -> Bool { switches.contains(flag.name) }

    /// Whether an option was given, with a value or without.
    func has(_ option: some CommandOption) -> Bool {
        let name = option.declaration.name
        return switches.contains(name) || values[name] != nil
    }

    /// Reads what follows the command's name.
    /// - Throws: `.usage` for the first thing that is wrong. Asking for help is never wrong.
    init(_ words: ArraySlice<String>, for command: Command) throws(CommandError) {
        // Whoever asks for help while typing gets it, whatever else stands there.
        guard !words.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" })
        else {
            switches.insert(Command.help.name)
            return
        }
        var words = words
        while let word = words.popFirst() {
            switch word {
            case "--":
                positionals += words
                words = words.suffix(0)
            case _ where word.hasPrefix("--"):
                try take(word.dropFirst(2), &words, for: command)
            case _ where word.hasPrefix("-") && word != "-":
                throw .usage(
                    "\(command.name) has no option '\(word)'; options have two dashes, "
                        + "see 'varve \(command.name) --help'")
            default: positionals.append(word)
            }
        }
        try checkPositionals(for: command)
    }

    private mutating func take(
        _ text: Substring, _ words: inout ArraySlice<String>, for command: Command
    ) throws(CommandError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = command.options.first(where: { $0.name == name }) else {
            throw .usage(Self.unknown("--\(name)", for: command))
        }
        guard option.isRepeatable || values[name] == nil, !switches.contains(name) else {
            throw .usage("option --\(name) is given twice")
        }
        guard let placeholder = option.placeholder else {
            guard parts.count == 1 else {
                throw .usage("option --\(name) takes no value, but '\(parts[1])' is given")
            }
            switches.insert(name)
            return
        }
        guard let value = parts.count == 2 ? String(parts[1]) : words.popFirst() else {
            throw .usage("option --\(name) needs a value: \(placeholder), \(option.allowed)")
        }
        guard let read = option.read(value) else {
            throw .usage("option --\(name) takes \(option.allowed); '\(value)' is none")
        }
        guard option.isRepeatable else {
            values[name] = read
            return
        }
        values[name] = (values[name] as? [any Sendable] ?? []) + [read]
    }

    private static func unknown(_ word: String, for command: Command) -> String {
        let names = command.options.map { "--\($0.name)" }
        let near = NearestName.find(word, among: names).map { "; did you mean \($0)?" }
        return "\(command.name) has no option \(word)"
            + (near ?? "; see 'varve \(command.name) --help'")
    }

    private func checkPositionals(for command: Command) throws(CommandError) {
        let declared = command.positionals
        let needed = declared.filter { $0.presence == .required }
        guard positionals.count >= needed.count else {
            let missing = needed[positionals.count]
            throw .usage(
                "\(command.name) needs \(missing.name), \(missing.summary); "
                    + "usage: \(HelpText.usage(of: command))")
        }
        guard declared.last?.presence != .many, positionals.count > declared.count else { return }
        throw .usage(
            "\(command.name) takes no '\(positionals[declared.count])' here; "
                + "usage: \(HelpText.usage(of: command))")
    }
}
