internal import VarveBytes
internal import VarveClient
internal import VarveRecords
internal import VarveTerms

/// `varve consume`: prints the records of a topic.
enum ConsumeCommand {
    static let command = Command(
        "consume", "print the records of a topic of a running broker, once or as they come",
        paragraphs: [
            "Without --follow it ends with the records that were there when it began. It is in no "
                + "group and commits nothing. Records of one partition come in their order.",
            "FORMAT is that of 'varve read'; json tells the partition as well, and headers.",
            "Whoever stops reading the output ends the command quietly, with exit code 0.",
        ],
        positionals: [TopicNames.one],
        options: ClusterPlace.options + [
            ReadCommand.from, partition, ReadCommand.count, ReadCommand.follow,
            ReadCommand.format, ReadCommand.keySeparator, ReadCommand.keyed, isolation,
        ],
        examples: [
            .init("varve consume greetings", "Everything that is there."),
            .init(
                "varve consume orders --from end --follow --json",
                "What comes from now on, with its partition, until Ctrl-C."),
            .init(
                "varve consume orders --partition 2 --from 1000 --count 10",
                "Ten records of one partition."),
            .init(
                "varve consume payments --isolation committed",
                "Without records of transactions that were aborted, or are open."),
        ],
        exitCodes: ClusterPlace.exitCodes + [.corrupt], run: run)

    static let partition = ListParameter(
        "partition", .count(0...Int(Int32.max)), "only this one; may be given more than once")

    static let isolation = Parameter(
        ReadCommand.isolation.name, .isolation, standard: .uncommitted,
        ReadCommand.isolation.summary)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let client = invocation.makeClient()
        let arguments = invocation.arguments
        let topic = arguments.positionals[0]
        let places = try TopicSpan.places(topic, arguments, client)
        let isolation: Isolation =
            arguments[Self.isolation] == .committed ? .committed : .uncommitted
        let span = try TopicSpan(
            places, from: arguments[ReadCommand.from], isolation: isolation, client)
        let consumer = Consumer(
            topic, client, from: span.positions,
            until: arguments[ReadCommand.follow] ? nil : span.ends, isolation: isolation)
        var reading = TopicReading(consumer, invocation)
        try reading.run()
        return .done
    }
}

extension ValueKind<IsolationLevel> {
    /// A level by its name here, or by the one that Kafka's clients have for it.
    fileprivate static var isolation: Self {
        Self(
            placeholder: "LEVEL", allowed: "one of uncommitted, committed",
            parse: { text in
                IsolationLevel(
                    rawValue: text.hasPrefix("read_") ? String(text.dropFirst(5)) : text)
            }, show: { $0.rawValue })
    }
}

/// One reading of a topic.
private struct TopicReading: ~Copyable {
    private var consumer: Consumer
    private let console: Console
    private let printer: RecordPrinter
    private var scanner = RecordScanner()
    /// How many records may still be printed.
    private var left: Int

    init(_ consumer: consuming Consumer, _ invocation: Invocation) {
        self.consumer = consumer
        console = invocation.console
        let arguments = invocation.arguments
        let format = arguments.has(Command.json) ? .json : arguments[ReadCommand.format]
        printer = RecordPrinter(
            format, separator: arguments[ReadCommand.keySeparator],
            isKeyed: arguments[ReadCommand.keyed])
        left = arguments[ReadCommand.count] ?? Int.max
    }

    mutating func run() throws(CommandError) {
        while left > 0, !consumer.isDone {
            try console.checkStop()
            let round: FetchedRound
            do throws(ClientError) {
                round = try consumer.next()
            } catch {
                throw CommandError(error)
            }
            for (partition, offsets) in round.skipped {
                console.warn(
                    "offsets \(offsets.lowerBound) to \(offsets.upperBound.rawValue - 1) of "
                        + "\(consumer.topic)-\(partition) were deleted meanwhile")
            }
            for batch in round.batches where left > 0 {
                try print(batch)
                try console.output.settle()
            }
            // Whoever follows sees each record when it comes.
            try console.output.flush()
        }
    }

    private mutating func print(_ batch: FetchedBatch) throws(CommandError) {
        let (printer, most, wanted) = (printer, left, batch.wanted)
        let bytes = consumer.bytes(of: batch)
        guard printer.format != .rawBatches else {
            console.output.buffer.append(bytes)
            return
        }
        guard !batch.isControl else { return }
        var count = 0
        do throws(BatchDefect) {
            try scanner.forEachRecord(in: bytes) { record in
                guard wanted.contains(record.offset), count < most else { return }
                printer.append(record, of: batch.partition, to: &console.output.buffer)
                count += 1
            }
        } catch {
            let place = TopicPartition(consumer.topic, batch.partition)
            throw .ended(
                .corrupt,
                "a batch of \(place) behind offset \(wanted.lowerBound) is damaged: "
                    + "\(error)")
        }
        left -= count
    }
}
