internal import VarveClient
internal import VarveLog
internal import VarveSystem
internal import VarveTerms
internal import VarveWire

/// `varve groups reset`: has a group without members go on elsewhere.
enum GroupReset {
    static let command = Command(
        "groups reset", "have a group go on elsewhere",
        paragraphs: [
            "Without --execute it only tells where the group would go on. The group must have no "
                + "members: stop its consumers first. One of the options that say where is needed.",
            "Without TOPIC all topics are meant that the group has read. A place before the first "
                + "record or behind the end is moved there, with a warning; where no record is of "
                + "a time or later, the group goes on at the end.",
            "FILE holds a line for each partition: topic, partition and offset, with commas.",
        ],
        positionals: [
            GroupsCommands.group,
            Positional("TOPIC", .many, "the topics' names; none means all that the group has read"),
        ],
        options: ClusterPlace.options + ResetGoal.options + [
            ConsumeCommand.partition, ChangeChoice.execute,
        ],
        examples: [
            .init("varve groups reset readers orders --to-earliest", "What would be done."),
            .init("varve groups reset readers orders --to-earliest --execute", "All over again."),
            .init(
                "varve groups reset readers --by-duration 1h --execute",
                "The last hour again, of all that it reads."),
            .init("varve groups reset readers orders --shift-by -10", "Ten records back in each."),
        ], exitCodes: ClusterPlace.exitCodes, run: run)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let (arguments, console) = (invocation.arguments, invocation.console)
        let name = arguments.positionals[0]
        let goal = try ResetGoal(invocation)
        let client = invocation.makeClient()
        let kind = try idleKind(of: name, client)
        let current = try cluster { () throws(ClientError) in
            try kind == .share
                ? client.shareStandings(of: name).compactMapValues(\.start)
                : client.committedOffsets(of: name)
        }
        let places = try places(goal, of: name, current, arguments, client)
        let offsets = try goal.offsets(of: places, from: current, client, console)
        let isDone = arguments[ChangeChoice.execute]
        if isDone {
            try cluster { () throws(ClientError) in
                if kind == .share {
                    try client.begin(name, at: offsets)
                } else {
                    try client.commit(offsets, for: name)
                }
            }
        }
        for (place, offset) in offsets.sorted(by: { $0.key < $1.key }) {
            try console.summarise(
                "\(name) \(isDone ? "goes" : "would go") on at offset \(offset) of \(place)",
                [
                    "group": .text(name), "topic": .text(place.topic),
                    "partition": .number(Int64(place.partition)),
                    "before": .number(ifAny: current[place]?.rawValue),
                    "offset": .number(offset.rawValue), "reset": .flag(isDone),
                ])
        }
        if !isDone, !console.isJSON {
            try console.summarise("nothing is changed; --execute does it", .null)
        }
        return .done
    }

    /// The kind of a group that nobody is in. A group that there is not becomes a classic one.
    private static func idleKind(
        of name: String, _ client: Client
    ) throws(CommandError) -> GroupKind {
        do throws(ClientError) {
            let layout = try client.describe(group: name)
            guard layout.isIdle else {
                throw ClientError.refused(
                    .nonEmptyGroup, subject: "group \(name)",
                    message: "the group is \(layout.state), with \(layout.members.count) members: "
                        + "stop its consumers first")
            }
            return layout.kind
        } catch {
            if case .refused(.groupIdNotFound, _, _) = error { return .classic }
            throw CommandError(error)
        }
    }

    private static func places(
        _ goal: ResetGoal, of name: String, _ current: [TopicPartition: Offset],
        _ arguments: Arguments, _ client: Client
    ) throws(CommandError) -> [TopicPartition] {
        let topics = arguments.positionals.dropFirst()
        guard topics.count == 1 || !arguments.has(ConsumeCommand.partition) else {
            throw .usage("--partition needs one TOPIC")
        }
        if case .file(let offsets) = goal {
            guard topics.isEmpty else { throw .usage("--from-file takes no TOPIC") }
            for topic in Set(offsets.keys.map(\.topic)).sorted() {
                let layout = try TopicNames.layout(of: topic, client)
                for place in offsets.keys.sorted()
                where place.topic == topic && layout[partition: place.partition] == nil {
                    throw .ended(.unusable, TopicSpan.absence(of: place.partition, in: layout))
                }
            }
            return offsets.keys.sorted()
        }
        guard topics.isEmpty else {
            var places: [TopicPartition] = []
            for topic in Set(topics).sorted() {
                places += try TopicSpan.places(topic, arguments, client)
            }
            return places
        }
        guard !current.isEmpty else {
            throw .ended(.unusable, "group '\(name)' has read nothing: name a TOPIC")
        }
        return current.keys.sorted()
    }
}
