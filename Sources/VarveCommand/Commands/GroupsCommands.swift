internal import VarveClient
internal import VarveTerms
internal import VarveWire

/// `varve groups …`: the consumer groups of a cluster.
enum GroupsCommands {
    static let all: [Command] = [list, describe, delete, resetOffsets]

    private static let group = Positional("GROUP", .required, "the group's name")

    // MARK: list

    static let list = Command(
        "groups list", "list the consumer groups of a cluster", positionals: [],
        options: ClusterPlace.options,
        examples: [.init("varve groups list", "Their states and kinds.")],
        exitCodes: ClusterPlace.exitCodes, run: runList)

    @Sendable
    private static func runList(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let console = invocation.console
        let client = invocation.makeClient()
        let groups = try cluster { () throws(ClientError) in try client.groups() }
        func shown(_ text: String) -> String { text.isEmpty ? "-" : text }
        var table = TextTable(["GROUP", "STATE", "KIND", "PROTOCOL"])
        for group in groups {
            if console.isJSON {
                try console.output.line([
                    "group": .text(group.name), "state": .text(group.state),
                    "kind": .text(group.type), "protocol": .text(group.protocolType),
                ])
            }
            table.add([
                group.name, shown(group.state), shown(group.type), shown(group.protocolType),
            ])
        }
        guard !console.isJSON, !groups.isEmpty else { return .done }
        for line in table.lines { try console.output.line(line) }
        return .done
    }

    // MARK: describe

    static let describe = Command(
        "groups describe", "show where a group stands in each partition, and who reads it",
        paragraphs: [
            "LAG is how many offsets lie between what the group has committed and the end."
        ],
        positionals: [group], options: ClusterPlace.options,
        examples: [.init("varve groups describe readers", "A line for each partition.")],
        exitCodes: ClusterPlace.exitCodes, run: runDescribe)

    @Sendable
    private static func runDescribe(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let console = invocation.console
        let name = invocation.arguments.positionals[0]
        let client = invocation.makeClient()
        let layout: GroupLayout
        do throws(ClientError) {
            layout = try client.describe(group: name)
        } catch {
            throw unknown(name, error, client)
        }
        let (committed, ends) = try cluster { () throws(ClientError) in
            let committed = try client.committedOffsets(of: name)
            let given = layout.members.flatMap(\.partitions)
            let places = Set(committed.keys).union(given)
            return (committed, try existingEnds(of: places, client))
        }
        var owners: [TopicPartition: GroupMember] = [:]
        for member in layout.members {
            for partition in member.partitions { owners[partition] = member }
        }
        let rows = Set(committed.keys).union(owners.keys).sorted().map { place in
            GroupRow(
                place: place, offset: committed[place], end: ends[place] ?? nil,
                owner: owners[place])
        }
        guard !console.isJSON else {
            try console.output.line([
                "group": .text(name), "state": .text(layout.state),
                "assignor": .text(layout.assignor), "members": .count(layout.members.count),
                "partitions": .list(rows.map(\.json)),
            ])
            return .done
        }
        try console.output.line(
            "\(name): \(layout.state), \(layout.members.count) members"
                + (layout.assignor.isEmpty ? "" : ", \(layout.assignor)"))
        guard !rows.isEmpty else { return .done }
        var table = TextTable([
            "TOPIC", "PARTITION", "OFFSET", "END", "LAG", "CLIENT", "HOST", "MEMBER",
        ])
        for row in rows { table.add(row.cells) }
        for line in table.lines { try console.output.line("  \(line)") }
        return .done
    }

    /// The ends of those partitions that there still are.
    private static func existingEnds(
        of places: Set<TopicPartition>, _ client: Client
    ) throws(ClientError) -> [TopicPartition: Offset?] {
        let layout = try client.topics()
        let led = places.filter { layout[topic: $0.topic]?[partition: $0.partition]?.leader != nil }
        return try client.offsets(of: led.sorted(), .end)
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

    // MARK: reset-offsets

    static let to = Parameter(
        "to", .readStart, standard: .start,
        "where the group is to go on: an offset, start, end, a time as in 2026-01-31T18:30:00Z, or "
            + "@MS, milliseconds since 1970")

    static let resetOffsets = Command(
        "groups reset-offsets", "have a group go on elsewhere in a topic",
        paragraphs: ["The group must have no members: stop its consumers first."],
        positionals: [group, TopicNames.one],
        options: ClusterPlace.options + [to, ConsumeCommand.partition, TopicsCommands.checkOnly],
        examples: [
            .init("varve groups reset-offsets readers orders --to start", "All over again."),
            .init(
                "varve groups reset-offsets readers orders --to end --check-only",
                "Only says where it would go on."),
        ], exitCodes: ClusterPlace.exitCodes, run: runReset)

    @Sendable
    private static func runReset(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        let (name, topic) = (arguments.positionals[0], arguments.positionals[1])
        let client = invocation.makeClient()
        let places = try TopicSpan.places(topic, arguments, client)
        let span = try TopicSpan(places, from: arguments[to], client)
        let isDone = !arguments[TopicsCommands.checkOnly]
        if isDone {
            var offsets: [TopicPartition: Offset] = [:]
            for place in places { offsets[place] = span.positions[place.partition] }
            do throws(ClientError) {
                try client.commit(offsets, for: name)
            } catch {
                guard case .refused(.unknownMemberId, _, _) = error else {
                    throw CommandError(error)
                }
                throw .ended(.refused, "group \(name) has members: stop its consumers first")
            }
        }
        for (partition, offset) in span.positions.sorted(by: { $0.key < $1.key }) {
            try invocation.console.summarise(
                "\(name) \(isDone ? "goes" : "would go") on at offset \(offset) of "
                    + "\(topic)-\(partition)",
                [
                    "group": .text(name), "topic": .text(topic),
                    "partition": .number(Int64(partition)), "offset": .number(offset.rawValue),
                    "reset": .flag(isDone),
                ])
        }
        return .done
    }

    /// The error for a group that could not be found, with the nearest name that there is.
    private static func unknown(
        _ name: String, _ error: ClientError, _ client: Client
    ) -> CommandError {
        guard case .refused(.groupIdNotFound, _, _) = error else { return CommandError(error) }
        let names = ((try? client.groups()) ?? []).map(\.name)
        let near = NearestName.find(name, among: names).map { "; did you mean '\($0)'?" }
        return .ended(.unusable, "there is no group '\(name)'\(near ?? "")")
    }
}

/// One partition, as `groups describe` shows it.
private struct GroupRow {
    var place: TopicPartition
    var offset: Offset?
    var end: Offset?
    var owner: GroupMember?

    private var lag: Int64? {
        guard let offset, let end else { return nil }
        return max(0, end.rawValue - offset.rawValue)
    }

    var cells: [String] {
        [
            place.topic, "\(place.partition)", offset.map { "\($0)" } ?? "-",
            end.map { "\($0)" } ?? "-", lag.map { "\($0)" } ?? "-", owner?.clientID ?? "-",
            owner?.host ?? "-", owner?.id ?? "-",
        ]
    }

    var json: JSON {
        [
            "topic": .text(place.topic), "partition": .number(Int64(place.partition)),
            "offset": offset.map { .number($0.rawValue) } ?? .null,
            "endOffset": end.map { .number($0.rawValue) } ?? .null,
            "lag": lag.map { .number($0) } ?? .null,
            "client": owner.map { .text($0.clientID) } ?? .null,
            "host": owner.map { .text($0.host) } ?? .null,
            "member": owner.map { .text($0.id) } ?? .null,
        ]
    }
}
