internal import VarveClient
internal import VarveTerms
internal import VarveWire

/// `varve configs …`: properties of topics, brokers and groups.
enum ConfigsCommands {
    static let all: [Command] = [describe, set, unset]

    private static let kind = Positional("KIND", .required, "topic, broker or group")
    private static let name = Positional(
        "NAME", .required, "the topic's or group's name; the broker's id, or 'all'")

    static let everything = Switch("all", "show the properties that nobody set as well")

    // MARK: describe

    static let describe = Command(
        "configs describe", "show the properties of a topic, a broker or a group",
        paragraphs: [
            "SOURCE says who set the value: the topic, the broker or the group itself; all "
                + "brokers; or what the broker was started with. With --all also those with a "
                + "default."
        ],
        positionals: [kind, name], options: ClusterPlace.options + [everything],
        examples: [
            .init("varve configs describe topic orders", "What was set for the topic."),
            .init("varve configs describe broker 1 --all", "Everything that a broker goes by."),
        ], exitCodes: ClusterPlace.exitCodes, run: runDescribe)

    @Sendable
    private static func runDescribe(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        let place = try place(arguments)
        let client = invocation.makeClient()
        let rows: [ConfigRow]
        do throws(ClientError) {
            rows = try client.configs(of: place)
        } catch {
            throw known(error, place, client)
        }
        var listing = Listing(["NAME", "VALUE", "SOURCE"], on: invocation.console)
        for row in rows where arguments[everything] || row.source != .standard {
            try listing.add(
                [row.name, row.isSensitive ? "(hidden)" : row.value ?? "-", row.source.word],
                [
                    "name": .text(row.name), "value": .text(ifAny: row.value),
                    "source": .text(row.source.word), "readOnly": .flag(row.isReadOnly),
                    "sensitive": .flag(row.isSensitive),
                ])
        }
        try listing.end()
        return .done
    }

    // MARK: set and unset

    static let set = Command(
        "configs set", "set properties of a topic, a broker or a group",
        positionals: [
            kind, name, Positional("NAME=VALUE", .required, "a property and its value"),
            Positional("NAME=VALUE", .many, "more of them; all are set, or none"),
        ], options: ClusterPlace.options + [TopicsCommands.checkOnly],
        examples: [
            .init("varve configs set topic orders retention.ms=3600000", "Keep an hour."),
            .init(
                "varve configs set broker all log.retention.ms=3600000",
                "For topics that have no word of their own, on every broker."),
        ], exitCodes: ClusterPlace.exitCodes
    ) { invocation throws(CommandError) in
        try change(invocation) { word throws(CommandError) in
            guard let pair = ValueKind<NamedValue>.namedValue.parse(word) else {
                throw .usage("NAME=VALUE is needed; '\(word)' is none")
            }
            return .set(pair.name, to: pair.value)
        }
    }

    static let unset = Command(
        "configs unset", "take properties of a topic, a broker or a group back",
        positionals: [
            kind, name, Positional("NAME", .required, "a property"),
            Positional("NAME", .many, "more of them"),
        ], options: ClusterPlace.options + [TopicsCommands.checkOnly],
        examples: [
            .init("varve configs unset topic orders retention.ms", "As the broker has it again.")
        ], exitCodes: ClusterPlace.exitCodes
    ) { invocation throws(CommandError) in
        try change(invocation) { .unset($0) }
    }

    private static func change(
        _ invocation: Invocation, _ read: (String) throws(CommandError) -> ConfigChange
    ) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        let place = try place(arguments)
        var changes: [ConfigChange] = []
        for word in arguments.positionals.dropFirst(2) { changes.append(try read(word)) }
        let client = invocation.makeClient()
        do throws(ClientError) {
            try client.change(changes, of: place, check: TopicsCommands.depth(arguments))
        } catch {
            throw known(error, place, client)
        }
        let isDone = !arguments[TopicsCommands.checkOnly]
        let what = changes.count == 1 ? "1 property" : "\(changes.count) properties"
        try invocation.console.summarise(
            "\(place): \(what) \(isDone ? "changed" : "could be changed")",
            [
                "kind": .text("\(place.kind)"), "name": .text(place.name),
                "changed": .count(isDone ? changes.count : 0),
            ])
        return .done
    }

    // MARK: What has properties

    private static func place(_ arguments: Arguments) throws(CommandError) -> ConfigPlace {
        let (kind, name) = (arguments.positionals[0], arguments.positionals[1])
        switch kind {
        case "topic", "topics": return ConfigPlace(.topic, name)
        case "group", "groups": return ConfigPlace(.group, name)
        case "broker", "brokers":
            guard name == "all" || Int32(name) != nil else {
                throw .usage("a broker is named by its id, or 'all'; '\(name)' is neither")
            }
            return ConfigPlace(.broker, name == "all" ? "" : name)
        default: throw .usage("KIND takes one of topic, broker, group; '\(kind)' is none")
        }
    }

    private static func known(
        _ error: ClientError, _ place: ConfigPlace, _ client: Client
    ) -> CommandError {
        place.kind == .topic
            ? TopicNames.unknown(place.name, error, client) : CommandError(error)
    }
}
