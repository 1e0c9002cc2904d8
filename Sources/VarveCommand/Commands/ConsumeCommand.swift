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
            ReadCommand.format, ReadCommand.keySeparator, ReadCommand.keyed,
        ],
        examples: [
            .init("varve consume greetings", "Everything that is there."),
            .init(
                "varve consume orders --from end --follow --json",
                "What comes from now on, with its partition, until Ctrl-C."),
            .init(
                "varve consume orders --partition 2 --from 1000 --count 10",
                "Ten records of one partition."),
        ],
        exitCodes: ClusterPlace.exitCodes + [.corrupt], run: run)

    static let partition = ListParameter(
        "partition", .count(0...Int(Int32.max)), "only this one; may be given more than once")

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let client = invocation.makeClient()
        let start = try ConsumeStart(invocation, client)
        let consumer = Consumer(start.topic, client, from: start.positions, until: start.ends)
        var reading = TopicReading(consumer, invocation)
        try reading.run()
        return .done
    }
}

/// Where a consume begins and ends.
private struct ConsumeStart {
    let topic: String
    let positions: [Int32: Offset]
    /// Nil when there is no end.
    let ends: [Int32: Offset]?

    init(_ invocation: Invocation, _ client: Client) throws(CommandError) {
        let arguments = invocation.arguments
        topic = arguments.positionals[0]
        let layout = try TopicNames.layout(of: topic, client)
        let wanted = arguments[ConsumeCommand.partition].map { Int32(clamping: $0) }
        for partition in wanted where layout[partition: partition] == nil {
            throw .ended(
                .unusable,
                "topic \(topic) has \(layout.partitions.count) partitions, no \(partition)")
        }
        let places = (wanted.isEmpty ? layout.partitions.map(\.index) : wanted)
            .map { TopicPartition(layout.name, $0) }
        let ends = try Self.offsets(places, .end, client)
        positions = try Self.positions(arguments[ReadCommand.from], places, ends, client)
        self.ends = arguments[ReadCommand.follow] ? nil : ends
    }

    private static func positions(
        _ start: ReadStart, _ places: [TopicPartition], _ ends: [Int32: Offset], _ client: Client
    ) throws(CommandError) -> [Int32: Offset] {
        switch start {
        case .start: return try offsets(places, .start, client)
        case .end: return ends
        case .offset(let offset):
            // A partition that is shorter begins at its end, unless all of them are.
            guard let last = ends.values.max(), offset <= last else {
                let last = ends.values.max().map { "\($0)" } ?? "0"
                throw .ended(.usage, "offset \(offset) is none: the records end before \(last)")
            }
            return ends.mapValues { min($0, offset) }
        case .time(let time):
            let found = try cluster { () throws(ClientError) in
                try client.offsets(of: places, .since(time))
            }
            var positions = ends
            for (place, offset) in found {
                if let offset { positions[place.partition] = offset }
            }
            return positions
        }
    }

    private static func offsets(
        _ places: [TopicPartition], _ question: OffsetQuestion, _ client: Client
    ) throws(CommandError) -> [Int32: Offset] {
        let found = try cluster { () throws(ClientError) in
            try client.offsets(of: places, question)
        }
        return found.reduce(into: [:]) { $0[$1.key.partition] = $1.value ?? .zero }
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
