internal import VarveClient
internal import VarveLog
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// `varve transactions find-hanging` and `abort`: transactions that are open in a partition and
/// that no coordinator is going to end (KIP-664).
enum HangingTransactions {
    static let all: [Command] = [find, abort]

    private static let broker = OptionalParameter(
        "broker", .count(0...Int(Int32.max)), "only partitions that this broker leads")
    private static let olderThan = Parameter(
        "older-than", .duration, standard: .seconds(900),
        "pass over producers that wrote since; the longest timeout that brokers give transactions "
            + "is a good choice")

    // MARK: find-hanging

    static let find = Command(
        "transactions find-hanging", "find transactions that nobody is going to end",
        paragraphs: [
            "Such a transaction is open in a partition, and its coordinator does not know of it, "
                + "or holds it for complete. Readers of committed records wait before it for ever. "
                + "The exit code is 1 when any is found."
        ],
        positionals: [Positional("TOPIC", .optional, "look at this topic alone")],
        options: ClusterPlace.options + [ConsumeCommand.partition, broker, olderThan],
        examples: [
            .init("varve transactions find-hanging", "In all partitions."),
            .init(
                "varve transactions find-hanging orders --older-than 1h --json",
                "An object for each of one topic."),
        ], exitCodes: [.no] + ClusterPlace.exitCodes, run: runFind)

    @Sendable
    private static func runFind(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let (arguments, console) = (invocation.arguments, invocation.console)
        guard !arguments.positionals.isEmpty || !arguments.has(ConsumeCommand.partition) else {
            throw .usage("--partition needs a TOPIC")
        }
        let client = invocation.makeClient()
        let places = try places(arguments, client)
        let now = invocation.surroundings.clock.wallClock()
        let age = DurationText.nanoseconds(of: arguments[olderThan]) / 1_000_000
        let hanging = try cluster { () throws(ClientError) in
            let open = try client.producers(of: places).flatMap { place, producers in
                producers.compactMap { OpenTransaction($0, in: place) }
            }.filter { now.milliseconds(since: $0.producer.lastTimestamp) > age }
            let known = try client.coordinated(open)
            return open.filter { known[$0] == nil }
                .sorted { ($0.partition, $0.start) < ($1.partition, $1.start) }
        }
        var listing = Listing(
            ["TOPIC", "PARTITION", "START", "PRODUCER", "EPOCH", "LAST WRITE", "AGE"],
            on: console)
        for transaction in hanging {
            let (place, producer) = (transaction.partition, transaction.producer)
            try listing.add(
                [
                    place.topic, "\(place.partition)", "\(transaction.start)", "\(producer.id)",
                    "\(producer.epoch)", TimeText.show(producer.lastTimestamp),
                    AgeText.show(from: producer.lastTimestamp, to: now),
                ], producer.json(in: place))
        }
        try listing.end()
        if !console.isJSON {
            // What was found stands before what to do about it.
            try console.output.flush()
            let count =
                hanging.count == 1 ? "1 transaction hangs" : "\(hanging.count) transactions hang"
            try console.summarise(
                hanging.isEmpty
                    ? "no transaction hangs"
                    : "\(count); 'varve transactions abort TOPIC PARTITION START' ends one", .null)
        }
        return hanging.isEmpty ? .done : .no
    }

    /// The partitions to look at, of those that have a leader.
    private static func places(
        _ arguments: Arguments, _ client: Client
    ) throws(CommandError) -> [TopicPartition] {
        let layout = try cluster { () throws(ClientError) in try client.topics() }
        var places = layout.topics.flatMap { topic in
            topic.partitions.map { TopicPartition(topic.name, $0.index) }
        }
        if let topic = arguments.positionals.first {
            places = try TopicSpan.places(topic, arguments, client)
        }
        let wanted = arguments[broker].map { Int32(clamping: $0) }
        if let wanted, layout.brokers[wanted] == nil {
            throw .ended(.unusable, "there is no broker \(wanted)")
        }
        return places.filter { place in
            let leader = layout[topic: place.topic]?[partition: place.partition]?.leader
            return leader != nil && (wanted == nil || leader == wanted)
        }
    }

    // MARK: abort

    private static let force = Switch(
        "force", "also one that its coordinator is going to end: its other partitions may commit")

    static let abort = Command(
        "transactions abort", "end a transaction that hangs: its records are aborted",
        paragraphs: [
            "Without --execute it only tells what it would do. The partition's leader writes the "
                + "marker that the coordinator never will. There is no way back."
        ],
        positionals: [
            TopicNames.one, Positional("PARTITION", .required, "the partition's number"),
            Positional("START", .required, "the offset at which the transaction begins there"),
        ],
        options: ClusterPlace.options + [ChangeChoice.execute, force],
        examples: [
            .init("varve transactions abort orders 0 1729", "Tells what would be aborted."),
            .init("varve transactions abort orders 0 1729 --execute", "Aborts it."),
        ], exitCodes: ClusterPlace.exitCodes, run: runAbort)

    @Sendable
    private static func runAbort(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let (arguments, console) = (invocation.arguments, invocation.console)
        let words = arguments.positionals
        guard let partition = WholeNumber.parse(words[1]).flatMap({ Int32(exactly: $0) }) else {
            throw .usage("PARTITION takes a whole number; '\(words[1])' is none")
        }
        guard let start = WholeNumber.parse(words[2]).flatMap({ Offset(exactly: Int64($0)) })
        else { throw .usage("START takes an offset; '\(words[2])' is none") }
        let place = TopicPartition(words[0], partition)
        let client = invocation.makeClient()
        let transaction = try transaction(at: start, of: place, client)
        let producer = transaction.producer
        let name =
            "the transaction of producer \(producer.id) epoch \(producer.epoch)"
            + " from offset \(start) of \(place)"
        let known = try cluster { () throws(ClientError) in try client.coordinated([transaction]) }
        if let layout = known[transaction], !arguments[force] {
            throw .ended(
                .refused,
                "\(name) does not hang: '\(layout.id)' is \(layout.state) at broker "
                    + "\(layout.coordinator), which is going to end it; --force aborts it here "
                    + "all the same")
        }
        let isDone = arguments[ChangeChoice.execute]
        if isDone {
            try cluster { () throws(ClientError) in try client.abort(transaction) }
        }
        try console.summarise(
            isDone ? "\(name) is aborted" : "would abort \(name); --execute does",
            [
                "topic": .text(place.topic), "partition": .number(Int64(place.partition)),
                "transactionStart": .number(start.rawValue), "producerId": .number(producer.id),
                "producerEpoch": .number(Int64(producer.epoch)), "aborted": .flag(isDone),
            ])
        return .done
    }

    /// The open transaction that begins at an offset.
    private static func transaction(
        at start: Offset, of place: TopicPartition, _ client: Client
    ) throws(CommandError) -> OpenTransaction {
        let layout = try TopicNames.layout(of: place.topic, client)
        guard layout[partition: place.partition] != nil else {
            throw .ended(.unusable, TopicSpan.absence(of: place.partition, in: layout))
        }
        let producers = try cluster { () throws(ClientError) in
            try client.producers(of: [place])[place] ?? []
        }
        let open = producers.compactMap { OpenTransaction($0, in: place) }
        if let found = open.first(where: { $0.start == start }) { return found }
        let starts = open.map(\.start).sorted().prefix(8).map { "\($0)" }
        throw .ended(
            .unusable,
            "no open transaction of \(place) begins at offset \(start)"
                + (starts.isEmpty
                    ? "; none is open there"
                    : "; those that do begin at "
                        + starts.joined(separator: ", ")))
    }
}
