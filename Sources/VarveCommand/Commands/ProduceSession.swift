internal import VarveBytes
internal import VarveClient
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// A produce under way: records go to the producer, and what is acknowledged is counted.
final class ProduceSession: RecordSink {
    private let producer: Producer
    private let console: Console
    private let clock: any Clock
    private let start: Instant
    private var headers = HeaderList()
    private var inputSize = 0
    private var takenCount = 0

    /// Finds the topic.
    init(_ invocation: Invocation) throws(CommandError) {
        let arguments = invocation.arguments
        console = invocation.console
        clock = invocation.surroundings.clock
        start = clock.now()
        let topic = arguments.positionals[0]
        let client = invocation.makeClient(interrupting: .rests)
        var settings = ProducerSettings()
        settings.acknowledgement = arguments[ProduceCommand.acks].acknowledgement
        settings.compression = arguments[AppendCommand.compression]
        settings.batchSize = arguments[ProduceCommand.batchSize]
        settings.partition = arguments[ProduceCommand.partition].map { Int32(clamping: $0) }
        settings.firstSlot = Int(truncatingIfNeeded: invocation.surroundings.randomness.next())
        let layout = try TopicNames.layout(of: topic, client)
        if let wanted = settings.partition, layout[partition: wanted] == nil {
            throw .ended(.unusable, TopicSpan.absence(of: wanted, in: layout))
        }
        producer = try cluster { () throws(ClientError) in
            try Producer(topic, client, settings: settings)
        }
        for header in arguments[ProduceCommand.header] {
            let (name, value) = (Array(header.name.utf8), Array(header.value.utf8))
            headers.append(key: name.rawSpan, value: value.rawSpan)
        }
    }

    func wallClock() -> Timestamp { clock.wallClock() }

    func add(key: RawSpan?, value: RawSpan?, timestamp: Timestamp) throws(CommandError) {
        try cluster { () throws(ClientError) in
            try producer.append(key: key, value: value, headers: headers, timestamp: timestamp)
        }
        takenCount += 1
        inputSize += (key?.byteCount ?? 0) + (value?.byteCount ?? 0)
    }

    func settle() throws(CommandError) {
        try cluster { () throws(ClientError) in try producer.settle() }
    }

    // MARK: The end

    /// Sends what was taken before `error` came, where the broker is not what failed.
    func end(after error: CommandError) -> CommandError {
        switch error {
        case .stopped, .refused, .file:
            do throws(CommandError) {
                try settle()
            } catch let second {
                return told(second)
            }
        default: break
        }
        // The summary is the answer to --json even then; nobody else needs it twice.
        if console.isJSON { try? summarise() }
        return told(error)
    }

    /// The error with what was reached.
    private func told(_ error: CommandError) -> CommandError {
        let count = producer.acknowledgedCount
        let reached = "\(count) of \(takenCount) records are acknowledged"
        switch error {
        case .stopped(let signal, _):
            let name = signal == 2 ? "Ctrl-C" : "a signal"
            return .stopped(signal: signal, "stopped by \(name); \(reached)")
        case .refused(let text): return .refused("\(text); \(reached)")
        case .ended(let code, let text): return .ended(code, "\(text); \(reached)")
        default: return error
        }
    }

    func summarise() throws(CommandError) {
        let seconds = DurationText.seconds(of: clock.now().duration(since: start))
        let receipts = producer.receipts.sorted { $0.key < $1.key }
        var text = "produced \(producer.acknowledgedCount) records to \(producer.topic)"
        // More than a few are better looked at as JSON.
        let places = receipts.prefix(8).map { partition, receipt in
            guard let first = receipt.first, let end = receipt.end else {
                return "partition \(partition)"
            }
            return "partition \(partition) offsets \(first) to \(end.rawValue - 1)"
        }
        if !places.isEmpty { text += ": " + places.joined(separator: ", ") }
        if receipts.count > places.count { text += " and \(receipts.count - places.count) more" }
        text += "; \(SizeText.rounded(Double(inputSize))), \(SizeText.figures(seconds)) s, "
        text += "\(SizeText.rounded(seconds > 0 ? Double(inputSize) / seconds : 0))/s"
        try console.summarise(
            text,
            [
                "topic": .text(producer.topic), "records": .count(producer.acknowledgedCount),
                "inputBytes": .count(inputSize), "seconds": .fraction(seconds),
                "partitions": .list(
                    receipts.map { partition, receipt in
                        [
                            "partition": .number(Int64(partition)),
                            "records": .count(receipt.count),
                            "startOffset": receipt.first.map { .number($0.rawValue) } ?? .null,
                            "endOffset": receipt.end.map { .number($0.rawValue) } ?? .null,
                        ]
                    }),
            ])
    }
}
