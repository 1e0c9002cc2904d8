internal import VarveClient
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// `varve topics …`: what topics a cluster has.
enum TopicsCommands {
    static let all: [Command] = [list, describe, create, delete, addPartitions]

    // MARK: list

    static let list = Command(
        "topics list", "list the topics of a cluster", positionals: [],
        options: ClusterPlace.options,
        examples: [
            .init("varve topics list", "Of the broker at localhost:9092."),
            .init("varve topics list --bootstrap db7:9092 --json", "One object for each topic."),
        ], exitCodes: ClusterPlace.exitCodes, run: runList)

    @Sendable
    private static func runList(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let client = invocation.makeClient()
        let topics = try cluster { () throws(ClientError) in try client.topics().topics }
        var listing = Listing(
            ["TOPIC", "ID", "PARTITIONS", "REPLICAS"], on: invocation.console)
        for topic in topics {
            let replicas = topic.partitions.map(\.replicas.count).max() ?? 0
            try listing.add(
                [topic.name, cell(topic.id), "\(topic.partitions.count)", "\(replicas)"],
                [
                    "topic": .text(topic.name), "topicId": topic.idJSON,
                    "partitions": .count(topic.partitions.count), "replicas": .count(replicas),
                    "internal": .flag(topic.isInternal),
                ])
        }
        try listing.end()
        return .done
    }

    // MARK: describe

    static let describe = Command(
        "topics describe", "show a topic's partitions, where they lie, and what is set",
        paragraphs: [
            "START and END are offsets: the first record that is there, and the one that comes "
                + "next. EPOCH is the leader's."
        ],
        positionals: [Positional("TOPIC", .many, "the topics' names; none means all")],
        options: ClusterPlace.options,
        examples: [.init("varve topics describe orders", "A line for each partition.")],
        exitCodes: ClusterPlace.exitCodes, run: runDescribe)

    @Sendable
    private static func runDescribe(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let client = invocation.makeClient()
        var names = invocation.arguments.positionals
        if names.isEmpty {
            names = try cluster { () throws(ClientError) in try client.topicNames() }
        }
        for name in names {
            try describe(try TopicNames.layout(of: name, client), client, invocation.console)
        }
        return .done
    }

    private static func describe(
        _ topic: TopicLayout, _ client: Client, _ console: Console
    ) throws(CommandError) {
        // What has no leader has nobody to say where it ends.
        let led = topic.partitions.filter { $0.leader != nil }.map {
            TopicPartition(topic.name, $0.index)
        }
        let (starts, ends, configs) = try cluster { () throws(ClientError) in
            (
                try client.offsets(of: led, .start), try client.offsets(of: led, .end),
                try client.configs(of: ConfigPlace(.topic, topic.name))
                    .filter { $0.source == .topic }
            )
        }
        let rows = topic.partitions.map { partition in
            let place = TopicPartition(topic.name, partition.index)
            return PartitionRow(
                partition, start: starts[place] ?? nil, end: ends[place] ?? nil)
        }
        guard !console.isJSON else {
            return try console.output.line([
                "topic": .text(topic.name), "topicId": topic.idJSON,
                "internal": .flag(topic.isInternal),
                "configs": .object(
                    configs.map { .init(name: $0.name, value: $0.value.map { .text($0) } ?? .null) }
                ),
                "partitions": .list(rows.map(\.json)),
            ])
        }
        let set = configs.map { "\($0.name)=\($0.value ?? "?")" }.joined(separator: ", ")
        try console.output.line(
            "\(topic.name): id \(topic.id.map { "\($0)" } ?? "-"), "
                + "\(topic.partitions.count) partitions" + (set.isEmpty ? "" : ", \(set)"))
        var table = TextTable([
            "PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN SYNC", "OFFLINE", "START", "END",
        ])
        for row in rows { table.add(row.cells) }
        try table.print(to: console, indent: "  ")
    }

    // MARK: create

    static let partitions = OptionalParameter(
        "partitions", .count(1...100_000), "how many partitions; the broker's num.partitions if not"
    )
    static let replicas = OptionalParameter(
        "replicas", .count(1...1000),
        "on how many brokers each lies; the broker's default.replication.factor if not")
    static let config = ListParameter(
        "config", .namedValue, "set a property of the topic, as in retention.ms=60000")
    static let ifNotExists = Switch("if-not-exists", "say nothing where the topic is there already")
    static let checkOnly = Switch("check-only", "only ask whether it could be done")

    static let create = Command(
        "topics create", "make a topic", positionals: [TopicNames.one],
        options: ClusterPlace.options + [partitions, replicas, config, ifNotExists, checkOnly],
        examples: [
            .init("varve topics create orders --partitions 6", "A topic of six partitions."),
            .init(
                "varve topics create prices --config cleanup.policy=compact",
                "One that keeps the latest record of each key."),
        ], exitCodes: ClusterPlace.exitCodes, run: runCreate)

    @Sendable
    private static func runCreate(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        var topic = NewTopic(arguments.positionals[0])
        topic.partitionCount = arguments[partitions].map { Int32(clamping: $0) }
        topic.replicaCount = arguments[replicas].map { Int16(clamping: $0) }
        for property in arguments[config] { topic.configs[property.name] = property.value }
        let client = invocation.makeClient()
        let made: CreateTopicsResponse.CreatableTopicResult
        do throws(ClientError) {
            made = try client.create(topic, check: depth(arguments))
        } catch {
            guard case .refused(.topicAlreadyExists, _, _) = error, arguments[ifNotExists] else {
                throw CommandError(error)
            }
            try invocation.console.summarise(
                "\(topic.name) is there already",
                ["topic": .text(topic.name), "created": .flag(false)])
            return .done
        }
        let count = made.numPartitions < 0 ? topic.partitionCount : made.numPartitions
        let isMade = !arguments[checkOnly]
        try invocation.console.summarise(
            "\(topic.name) \(isMade ? "is made" : "could be made")"
                + (count.map { ", with \($0) partitions" } ?? ""),
            [
                "topic": .text(topic.name), "created": .flag(isMade),
                "topicId": made.topicId == .zero ? .null : .text("\(made.topicId)"),
                "partitions": count.map { .number(Int64($0)) } ?? .null,
            ])
        return .done
    }

    static func depth(_ arguments: Arguments) -> ChangeDepth {
        arguments[checkOnly] ? .onlyCheck : .make
    }

    // MARK: delete

    static let ifExists = Switch("if-exists", "say nothing where there is no such topic")

    static let delete = Command(
        "topics delete", "delete topics with all their records",
        positionals: [
            Positional("TOPIC", .required, "the topic's name"),
            Positional("TOPIC", .many, "more of them"),
        ], options: ClusterPlace.options + [ifExists],
        examples: [.init("varve topics delete orders", "Without asking, and for good.")],
        exitCodes: ClusterPlace.exitCodes, run: runDelete)

    @Sendable
    private static func runDelete(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let client = invocation.makeClient()
        for name in invocation.arguments.positionals {
            var isDeleted = true
            do throws(ClientError) {
                try client.deleteTopic(name)
            } catch {
                guard case .refused(.unknownTopicOrPartition, _, _) = error,
                    invocation.arguments[ifExists]
                else { throw TopicNames.unknown(name, error, client) }
                isDeleted = false
            }
            try invocation.console.summarise(
                isDeleted ? "\(name) is deleted" : "there is no topic \(name)",
                ["topic": .text(name), "deleted": .flag(isDeleted)])
        }
        return .done
    }

    // MARK: add-partitions

    static let addPartitions = Command(
        "topics add-partitions", "give a topic more partitions",
        paragraphs: [
            "Records stay where they are. From then on keys go to other partitions than before: "
                + "what relies on the order of a key's records minds that."
        ],
        positionals: [TopicNames.one, Positional("COUNT", .required, "how many in all")],
        options: ClusterPlace.options + [checkOnly],
        examples: [.init("varve topics add-partitions orders 12", "Twelve in all.")],
        exitCodes: ClusterPlace.exitCodes, run: runAddPartitions)

    @Sendable
    private static func runAddPartitions(_ invocation: Invocation) throws(CommandError) -> ExitCode
    {
        let words = invocation.arguments.positionals
        guard let count = WholeNumber.parse(words[1]), let count = Int32(exactly: count) else {
            throw .usage("COUNT takes a whole number; '\(words[1])' is none")
        }
        let client = invocation.makeClient()
        do throws(ClientError) {
            try client.addPartitions(
                to: words[0], upTo: count, check: depth(invocation.arguments))
        } catch {
            throw TopicNames.unknown(words[0], error, client)
        }
        try invocation.console.summarise(
            "\(words[0]) \(invocation.arguments[checkOnly] ? "could have" : "has") "
                + "\(count) partitions",
            ["topic": .text(words[0]), "partitions": .number(Int64(count))])
        return .done
    }
}

extension TopicLayout {
    var idJSON: JSON { id.map { .text("\($0)") } ?? .null }
}

/// One partition, as `topics describe` shows it.
private struct PartitionRow {
    private let partition: PartitionLayout
    private let start: Offset?
    private let end: Offset?

    init(_ partition: PartitionLayout, start: Offset?, end: Offset?) {
        (self.partition, self.start, self.end) = (partition, start, end)
    }

    var cells: [String] {
        func list(_ ids: [Int32]) -> String {
            ids.isEmpty ? "-" : ids.map { "\($0)" }.joined(separator: ",")
        }
        return [
            "\(partition.index)", partition.leader.map { "\($0)" } ?? "none",
            partition.leaderEpoch < 0 ? "-" : "\(partition.leaderEpoch)",
            list(partition.replicas), list(partition.inSync), list(partition.offline),
            start.map { "\($0)" } ?? "-", end.map { "\($0)" } ?? "-",
        ]
    }

    var json: JSON {
        func list(_ ids: [Int32]) -> JSON { .list(ids.map { .number(Int64($0)) }) }
        return [
            "partition": .number(Int64(partition.index)),
            "leader": partition.leader.map { .number(Int64($0)) } ?? .null,
            "leaderEpoch": .number(Int64(partition.leaderEpoch)),
            "replicas": list(partition.replicas), "inSync": list(partition.inSync),
            "offline": list(partition.offline),
            "startOffset": start.map { .number($0.rawValue) } ?? .null,
            "endOffset": end.map { .number($0.rawValue) } ?? .null,
        ]
    }
}
