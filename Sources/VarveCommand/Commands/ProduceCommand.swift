internal import VarveClient
internal import VarveLog
internal import VarveTerms

/// `varve produce`: sends lines or length-prefixed records to a topic.
enum ProduceCommand {
    static let command = Command(
        "produce", "send lines or length-prefixed records to a topic of a running broker",
        paragraphs: [
            "Input is taken apart as 'varve append' does it. Records with a key go to the "
                + "partition that Kafka's own clients choose for it; those without go to all, "
                + "batch by batch. Several batches are on their way at a time. With acks=all "
                + "what has to be sent again is stored once.",
            "The topic must be there: 'varve topics create' makes it. Ctrl-C, or any error, sends "
                + "what was read before it, and says how many records are acknowledged.",
        ],
        positionals: [
            TopicNames.one,
            Positional("FILE", .many, "what to read; none, or -, is standard input"),
        ],
        options: ClusterPlace.options + [
            AppendCommand.format, AppendCommand.keySeparator, AppendCommand.keyed, header,
            partition, AppendCommand.compression, acks, batchSize, AppendCommand.batchSizeMax,
            AppendCommand.linger,
        ],
        examples: [
            .init("echo hello | varve produce greetings", "One record."),
            .init(
                "varve produce pairs pairs.tsv --key-separator '\\t' --compression zstd",
                "The part of each line before the first tab becomes the record's key."),
        ],
        exitCodes: ClusterPlace.exitCodes, run: run)

    static let header = ListParameter(
        "header", .namedValue, "give each record a header; may be given more than once")
    static let partition = OptionalParameter(
        "partition", .count(0...Int(Int32.max)), "the one partition for all records")
    static let acks = Parameter(
        "acks", .choice("ACKS"), standard: Acks.all,
        "who has to have a batch: all replicas in sync, the leader (1), or nobody (0)")
    static let batchSize = Parameter(
        "batch-size", .size(.kib(1)...(.mib(512))), standard: ProducerSettings().batchSize,
        "about how large a batch becomes before it is compressed")

    /// As Kafka's clients name it.
    enum Acks: String, CaseIterable, Sendable {
        case all
        case leader = "1"
        case none = "0"

        var acknowledgement: ProducerSettings.Acknowledgement {
            switch self {
            case .all: .all
            case .leader: .leader
            case .none: .none
            }
        }
    }

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        let splitter = try RecordSplitter(arguments)
        let sources = try AppendSources(paths: Array(arguments.positionals.dropFirst()))
        let session = try ProduceSession(invocation)
        let progress = invocation.console.startProgress("produce", total: sources.size, .bytes)
        do {
            var input = AppendInput(
                sources: sources, splitter: splitter, session: session,
                linger: arguments[AppendCommand.linger], console: invocation.console,
                progress: progress)
            try input.run()
        } catch {
            throw session.end(after: error)
        }
        try session.summarise()
        return .done
    }
}
