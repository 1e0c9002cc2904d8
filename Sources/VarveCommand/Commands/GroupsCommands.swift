internal import VarveClient
internal import VarveTerms
internal import VarveWire

/// `varve groups …`: the groups of a cluster, of every kind.
enum GroupsCommands {
    static let all: [Command] = [
        list, GroupDescription.command, delete, GroupReset.command, deleteOffsets,
    ]

    static let group = Positional("GROUP", .required, "the group's name")

    // MARK: list

    private static let kind = ListParameter(
        "kind", .choice("KIND") as ValueKind<GroupKind>,
        "only groups of this kind; may be given more than once")
    private static let state = ListParameter(
        "state", .text("STATE", allowed: "the name of a state, as in Stable"),
        "only groups in this state; may be given more than once")

    static let list = Command(
        "groups list", "list the groups of a cluster", positionals: [],
        options: ClusterPlace.options + [kind, state],
        examples: [
            .init("varve groups list", "Their states and kinds."),
            .init("varve groups list --kind share --state Empty", "Share groups without members."),
        ], exitCodes: ClusterPlace.exitCodes, run: runList)

    @Sendable
    private static func runList(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        let kinds = arguments[kind].map(\.rawValue)
        let states = arguments[state].map { $0.lowercased() }
        let client = invocation.makeClient()
        let groups = try cluster { () throws(ClientError) in try client.groups() }
        var listing = Listing(["GROUP", "STATE", "KIND", "PROTOCOL"], on: invocation.console)
        for group in groups
        where (kinds.isEmpty || kinds.contains(group.type.lowercased()))
            && (states.isEmpty || states.contains(group.state.lowercased()))
        {
            try listing.add(
                [group.name, cell(group.state), cell(group.type), cell(group.protocolType)],
                [
                    "group": .text(group.name), "state": .text(group.state),
                    "kind": .text(group.type), "protocol": .text(group.protocolType),
                ])
        }
        try listing.end()
        return .done
    }

    // MARK: delete

    static let delete = Command(
        "groups delete", "delete groups without members, with their offsets",
        positionals: [group, Positional("GROUP", .many, "more of them")],
        options: ClusterPlace.options,
        examples: [.init("varve groups delete readers", "Its offsets are gone for good.")],
        exitCodes: ClusterPlace.exitCodes, run: runDelete)

    @Sendable
    private static func runDelete(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let client = invocation.makeClient()
        for name in invocation.arguments.positionals {
            do throws(ClientError) {
                try client.deleteGroup(name)
            } catch {
                throw unknown(name, error, client)
            }
            try invocation.console.summarise(
                "\(name) is deleted", ["group": .text(name), "deleted": .flag(true)])
        }
        return .done
    }

    // MARK: delete-offsets

    static let deleteOffsets = Command(
        "groups delete-offsets", "forget what a group has read of a topic",
        paragraphs: [
            "No member may read the topic. Of a share group, which must have no members, only "
                + "whole topics can be forgotten."
        ],
        positionals: [group, TopicNames.one],
        options: ClusterPlace.options + [ConsumeCommand.partition],
        examples: [
            .init("varve groups delete-offsets readers orders", "As if it had never read orders.")
        ], exitCodes: ClusterPlace.exitCodes, run: runDeleteOffsets)

    @Sendable
    private static func runDeleteOffsets(_ invocation: Invocation) throws(CommandError) -> ExitCode
    {
        let arguments = invocation.arguments
        let (name, topic) = (arguments.positionals[0], arguments.positionals[1])
        let client = invocation.makeClient()
        let layout = try layout(of: name, client)
        let places = try TopicSpan.places(topic, arguments, client)
        guard layout.kind != .share || !arguments.has(ConsumeCommand.partition) else {
            throw .usage("\(name) is a share group: it forgets whole topics, without --partition")
        }
        try cluster { () throws(ClientError) in
            if layout.kind == .share {
                try client.deleteShareOffsets(of: [topic], for: name)
            } else {
                try client.deleteOffsets(of: places, for: name)
            }
        }
        try invocation.console.summarise(
            "\(name) has forgotten \(places.count) partitions of \(topic)",
            [
                "group": .text(name), "topic": .text(topic),
                "partitions": .list(places.map { .number(Int64($0.partition)) }),
            ])
        return .done
    }

    // MARK: Names

    /// A group with its members.
    /// - Throws: `.unusable`, with the nearest name, where there is no such group.
    static func layout(of name: String, _ client: Client) throws(CommandError) -> GroupLayout {
        do throws(ClientError) {
            return try client.describe(group: name)
        } catch {
            throw unknown(name, error, client)
        }
    }

    /// The error for a group that could not be found, with the nearest name that there is.
    static func unknown(
        _ name: String, _ error: ClientError, _ client: Client
    ) -> CommandError {
        guard case .refused(.groupIdNotFound, _, _) = error else { return CommandError(error) }
        let names = ((try? client.groups()) ?? []).map(\.name)
        let near = NearestName.find(name, among: names).map { "; did you mean '\($0)'?" }
        return .ended(.unusable, "there is no group '\(name)'\(near ?? "")")
    }
}
