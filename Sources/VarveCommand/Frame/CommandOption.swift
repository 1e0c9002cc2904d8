/// An option of a command, as the parser and the help text see it.
struct OptionDeclaration: Sendable {
    /// Without the dashes.
    let name: String
    /// What stands for the value; nil for a switch.
    let placeholder: String?
    let summary: String
    /// The value when none is given; nil where there is none to show.
    let standard: String?
    let allowed: String
    /// Whether it may be given more than once.
    var isRepeatable = false
    /// Reads the value; nil when it is not allowed.
    let read: @Sendable (String) -> (any Sendable)?
}

/// What commands list among their options.
protocol CommandOption: Sendable {
    var declaration: OptionDeclaration { get }
}

/// An option with a value that has a default: `--log NAME`.
struct Parameter<Value: Sendable>: CommandOption {
    let name: String
    let kind: ValueKind<Value>
    let standard: Value
    let summary: String

    init(_ name: String, _ kind: ValueKind<Value>, standard: Value, _ summary: String) {
        (self.name, self.kind, self.standard, self.summary) = (name, kind, standard, summary)
    }

    var declaration: OptionDeclaration {
        OptionDeclaration(
            name: name, placeholder: kind.placeholder, summary: summary,
            standard: kind.show(standard), allowed: kind.allowed, read: { kind.parse($0) })
    }
}

/// An option with a value that may be left out: `--until OFFSET`.
struct OptionalParameter<Value: Sendable>: CommandOption {
    let name: String
    let kind: ValueKind<Value>
    let summary: String

    init(_ name: String, _ kind: ValueKind<Value>, _ summary: String) {
        (self.name, self.kind, self.summary) = (name, kind, summary)
    }

    var declaration: OptionDeclaration {
        OptionDeclaration(
            name: name, placeholder: kind.placeholder, summary: summary, standard: nil,
            allowed: kind.allowed, read: { kind.parse($0) })
    }
}

/// An option with a value that may be given more than once: `--from DIR`.
struct ListParameter<Value: Sendable>: CommandOption {
    let name: String
    let kind: ValueKind<Value>
    let summary: String

    init(_ name: String, _ kind: ValueKind<Value>, _ summary: String) {
        (self.name, self.kind, self.summary) = (name, kind, summary)
    }

    var declaration: OptionDeclaration {
        OptionDeclaration(
            name: name, placeholder: kind.placeholder, summary: summary, standard: nil,
            allowed: kind.allowed, isRepeatable: true, read: { kind.parse($0) })
    }
}

/// An option that is there or not: `--follow`.
struct Switch: CommandOption {
    let name: String
    let summary: String

    init(_ name: String, _ summary: String) { (self.name, self.summary) = (name, summary) }

    var declaration: OptionDeclaration {
        OptionDeclaration(
            name: name, placeholder: nil, summary: summary, standard: nil, allowed: "no value",
            read: { _ in nil })
    }
}

/// What stands on the command line without a dash in front.
struct Positional: Sendable {
    /// As the usage line shows it, in capitals.
    let name: String
    let summary: String
    let presence: Presence

    enum Presence: Sendable {
        case required, optional
        /// Any number of them; only the last positional can be so.
        case many
    }

    init(_ name: String, _ presence: Presence = .required, _ summary: String) {
        (self.name, self.presence, self.summary) = (name, presence, summary)
    }
}
