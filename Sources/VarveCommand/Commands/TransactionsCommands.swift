internal import VarveClient
internal import VarveLog
internal import VarveSystem
internal import VarveTerms
internal import VarveWire

/// `varve transactions …`: transactions and their producers, as coordinators and partitions know
/// them.
enum TransactionsCommands {
    static let all: [Command] = [list, describe, producers] + HangingTransactions.all

    /// Kafka's names of what a transactional id can be in.
    enum State: String, CaseIterable, Sendable {
        case empty = "Empty"
        case ongoing = "Ongoing"
        case prepareCommit = "PrepareCommit"
        case prepareAbort = "PrepareAbort"
        case completeCommit = "CompleteCommit"
        case completeAbort = "CompleteAbort"
        case dead = "Dead"
        case prepareEpochFence = "PrepareEpochFence"
    }

    // MARK: list

    static let state =
        ListParameter(
            "state", .choice("STATE"), "only those in this state; may be given more than once")
        as ListParameter<State>
    static let producer = ListParameter(
        "producer", .count(), "only that of this producer id; may be given more than once")
    static let openFor = OptionalParameter(
        "open-for", .duration, "only those that are open for longer, as in 15m")
    static let pattern = OptionalParameter(
        "pattern", .text("REGEX", allowed: "a regular expression"),
        "only ids that match it as a whole")

    static let list = Command(
        "transactions list", "list the transactional ids of a cluster", positionals: [],
        options: ClusterPlace.options + [state, producer, openFor, pattern],
        examples: [
            .init("varve transactions list", "All that anybody has used and that is not expired."),
            .init(
                "varve transactions list --state Ongoing --open-for 10m",
                "Transactions that take long."),
        ], exitCodes: ClusterPlace.exitCodes, run: runList)

    @Sendable
    private static func runList(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        var filter = TransactionFilter()
        filter.states = arguments[state].map(\.rawValue)
        filter.producers = arguments[producer].map { Int64($0) }
        filter.openFor = arguments[openFor]
        filter.pattern = arguments[pattern]
        let client = invocation.makeClient()
        let found = try cluster { () throws(ClientError) in try client.transactions(filter) }
        var listing = Listing(
            ["TRANSACTIONAL ID", "COORDINATOR", "PRODUCER", "STATE"], on: invocation.console)
        for row in found {
            try listing.add(
                [row.id, "\(row.coordinator)", "\(row.producer)", row.state],
                [
                    "transactionalId": .text(row.id),
                    "coordinator": .number(Int64(row.coordinator)),
                    "producerId": .number(row.producer), "state": .text(row.state),
                ])
        }
        try listing.end()
        return .done
    }

    // MARK: describe

    static let describe = Command(
        "transactions describe", "show what the coordinator of a transactional id knows of it",
        positionals: [Positional("ID", .required, "the transactional id")],
        options: ClusterPlace.options,
        examples: [
            .init(
                "varve transactions describe payments",
                "Its producer, its state, and the partitions that it has written to.")
        ], exitCodes: ClusterPlace.exitCodes, run: runDescribe)

    @Sendable
    private static func runDescribe(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let console = invocation.console
        let id = invocation.arguments.positionals[0]
        let client = invocation.makeClient()
        let layout: TransactionLayout
        do throws(ClientError) {
            layout = try client.describe(transaction: id)
        } catch {
            guard case .refused(.transactionalIdNotFound, _, _) = error else {
                throw CommandError(error)
            }
            let ids = ((try? client.transactions()) ?? []).map(\.id)
            let near = NearestName.find(id, among: ids).map { "; did you mean '\($0)'?" }
            throw .ended(.unusable, "there is no transactional id '\(id)'\(near ?? "")")
        }
        guard !console.isJSON else {
            try console.output.line(layout.json)
            return .done
        }
        let now = invocation.surroundings.clock.wallClock()
        try console.output.line(
            "\(id): \(layout.state), producer \(layout.producer) epoch \(layout.producerEpoch), "
                + "coordinator \(layout.coordinator), times out after "
                + DurationText.show(.milliseconds(layout.timeoutMs)))
        if let start = layout.start {
            try console.output.line(
                "  open since \(TimeText.show(start)), for \(AgeText.show(from: start, to: now))")
        }
        for partition in layout.partitions { try console.output.line("  \(partition)") }
        return .done
    }

    // MARK: producers

    static let producers = Command(
        "transactions producers", "show the producers that the partitions of a topic know",
        paragraphs: [
            "OPEN FROM is the offset at which the producer's open transaction begins, SEQUENCE the "
                + "number of its last record, MARKER the epoch of the coordinator that wrote the "
                + "last marker of its transactions."
        ],
        positionals: [TopicNames.one], options: ClusterPlace.options + [ConsumeCommand.partition],
        examples: [
            .init(
                "varve transactions producers orders --partition 0",
                "A line for each producer of the partition.")
        ], exitCodes: ClusterPlace.exitCodes, run: runProducers)

    @Sendable
    private static func runProducers(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let client = invocation.makeClient()
        let arguments = invocation.arguments
        let places = try TopicSpan.places(arguments.positionals[0], arguments, client)
        let found = try cluster { () throws(ClientError) in try client.producers(of: places) }
        var listing = Listing(
            [
                "TOPIC", "PARTITION", "PRODUCER", "EPOCH", "SEQUENCE", "LAST WRITE", "MARKER",
                "OPEN FROM",
            ], on: invocation.console)
        for (place, producers) in found.sorted(by: { $0.key < $1.key }) {
            for producer in producers {
                try listing.add(
                    [
                        place.topic, "\(place.partition)", "\(producer.id)", "\(producer.epoch)",
                        cell(producer.lastSequence), TimeText.show(producer.lastTimestamp),
                        cell(producer.coordinatorEpoch), cell(producer.transactionStart),
                    ], producer.json(in: place))
            }
        }
        try listing.end()
        return .done
    }
}

/// How long ago something was, for people: `3 h`, `12 min`, `45 s`.
enum AgeText {
    static func show(from start: Timestamp, to now: Timestamp) -> String {
        let seconds = max(0, now.milliseconds(since: start)) / 1000
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}

extension TransactionLayout {
    fileprivate var json: JSON {
        [
            "transactionalId": .text(id), "coordinator": .number(Int64(coordinator)),
            "state": .text(state), "producerId": .number(producer),
            "producerEpoch": .number(Int64(producerEpoch)),
            "timeoutMs": .number(Int64(timeoutMs)),
            "startMs": .number(ifAny: start?.milliseconds),
            "partitions": .list(partitions.map(\.json)),
        ]
    }
}

extension TopicPartition {
    var json: JSON { ["topic": .text(topic), "partition": .number(Int64(partition))] }
}

extension ActiveProducer {
    func json(in place: TopicPartition) -> JSON {
        [
            "topic": .text(place.topic), "partition": .number(Int64(place.partition)),
            "producerId": .number(id), "producerEpoch": .number(Int64(epoch)),
            "lastSequence": .number(ifAny: lastSequence),
            "lastTimestamp": .number(lastTimestamp.milliseconds),
            "coordinatorEpoch": .number(ifAny: coordinatorEpoch),
            "transactionStart": .number(ifAny: transactionStart?.rawValue),
        ]
    }
}
