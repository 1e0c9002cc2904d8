internal import Varve
internal import VarveBench
internal import VarveBytes
internal import VarveLinux
internal import VarveSystem

/// An append under way: records become batches, a pipeline takes the batches to the log, and what
/// the flush policy promises is waited for, for many batches at once.
final class AppendSession: RecordSink {
    private let log: SharedLog
    private let pipeline: AppendPipeline
    private let console: Console
    private let clock: any Clock
    private let batchSettings: BatchSettings
    private let prints: Bool
    private let start: Instant
    private let startOffset: Offset

    private var builder = RecordBatchBuilder(capacity: 512 << 10)
    /// When the first record of the batch under construction came.
    private var batchStart = Instant(nanoseconds: 0)
    private var recordCount = 0
    private var inputSize = 0

    init(_ invocation: Invocation) throws(CommandError) {
        let arguments = invocation.arguments
        console = invocation.console
        clock = invocation.surroundings.clock
        prints = arguments[AppendCommand.acknowledge]
        var settings = SharedSettings()
        settings.log.flushPolicy = arguments[AppendCommand.flush]
        settings.log.segmentSizeMax = arguments[AppendCommand.segmentSize]
        settings.log.batchSizeMax = arguments[AppendCommand.batchSizeMax]
        settings.unflushedSizeMax = arguments[AppendCommand.flushSize]
        // One thread appends for all, so there is nobody to wait for.
        settings.lingerMax = .zero
        var batchSettings = BatchSettings()
        let batchSize = min(arguments[AppendCommand.batchSize], settings.log.batchSizeMax)
        batchSettings.sizeMax = batchSize
        self.batchSettings = batchSettings
        let log = try engine { () throws(LogError) in
            try SharedLog(
                invocation.directory, name: "\(invocation.logName)", settings: settings,
                in: invocation.surroundings)
        }
        self.log = log
        pipeline = try AppendPipeline(
            into: log, arguments[AppendCommand.compression], batchSize: batchSize, clock: clock)
        startOffset = log.ends.written
        start = clock.now()
        builder.begin(batchSettings)
    }

    func wallClock() -> Timestamp { clock.wallClock() }

    // MARK: Records

    func add(key: RawSpan?, value: RawSpan?, timestamp: Timestamp) throws(CommandError) {
        if builder.isEmpty { batchStart = clock.now() }
        do {
            if case .full = try builder.append(key: key, value: value, timestamp: timestamp) {
                try finishBatch()
                batchStart = clock.now()
                _ = try builder.append(key: key, value: value, timestamp: timestamp)
            }
        } catch let error as CommandError {
            throw error
        } catch let error as BatchBuildError {
            throw .log(.refusedRecord(error))
        } catch {
            preconditionFailure("nothing else is thrown")
        }
        recordCount += 1
        inputSize += (key?.byteCount ?? 0) + (value?.byteCount ?? 0)
    }

    /// Hands on the batch under construction, if it has a record.
    private func finishBatch() throws(CommandError) {
        guard !builder.isEmpty else { return }
        do throws(BatchBuildError) {
            _ = try builder.seal()
        } catch {
            throw .log(.refusedRecord(error))
        }
        try engine { () throws(LogError) in try pipeline.take(&builder, since: batchStart) }
        builder.begin(batchSettings)
        try tellAcknowledged()
    }

    /// Tells whoever asked for it what has been acknowledged since.
    private func tellAcknowledged() throws(CommandError) {
        let ends = pipeline.takeAcknowledgedEnds()
        guard prints, !ends.isEmpty else { return }
        for end in ends {
            if console.isJSON {
                try console.output.line(["acknowledged": .number(end.rawValue)])
            } else {
                try console.output.line("\(end)")
            }
        }
        do {
            try console.output.flush()
        } catch {
            // Whoever asked to be told does not listen any more.
            guard case .outputClosed = error else { throw error }
            throw .ended(.failed, "nobody reads the acknowledged offsets any more")
        }
    }

    // MARK: Waiting

    /// Everything added so far is acknowledged on return.
    func settle() throws(CommandError) {
        try finishBatch()
        try engine { () throws(LogError) in try pipeline.settle() }
        try tellAcknowledged()
    }

    // MARK: The end

    /// Closes the log and its directory cleanly.
    func close() throws(CommandError) {
        pipeline.close()
        try engine { () throws(LogError) in try log.close() }
    }

    /// Stores what was taken before `error` came, and closes as cleanly as that allows.
    func end(after error: CommandError) -> CommandError {
        do throws(CommandError) {
            if error.leavesLogUsable { try settle() }
            try close()
        } catch let second {
            pipeline.close()
            try? log.close()
            return error.leavesLogUsable ? second : error
        }
        switch error {
        case .stopped(let signal, _):
            // The summary is the answer to --json even then; nobody else needs it twice.
            if console.isJSON { try? summarise() }
            let name = signal == 2 ? "Ctrl-C" : "a signal"
            return .stopped(
                signal: signal,
                "stopped by \(name); \(recordCount) records are appended and flushed, "
                    + "the log ends at offset \(log.ends.written)")
        case .refused(let text):
            return .refused(
                "\(text); the records before it are appended, up to offset "
                    + "\(log.ends.written)")
        default: return error
        }
    }

    func summarise() throws(CommandError) {
        let seconds = DurationText.seconds(of: clock.now().duration(since: start))
        let end = log.ends.written
        let storedSize = pipeline.storedSize
        let ratio = storedSize > 0 ? Double(inputSize) / Double(storedSize) : 1
        var text = "appended \(recordCount) records"
        if recordCount > 0 {
            text += ", offsets \(startOffset) to \(end.rawValue - 1)"
        }
        text += ": \(SizeText.rounded(Double(inputSize))) in, "
        text += "\(SizeText.rounded(Double(storedSize))) stored "
        text += "(\(SizeText.figures(ratio)) : 1), \(SizeText.figures(seconds)) s, "
        text += "\(SizeText.rounded(seconds > 0 ? Double(inputSize) / seconds : 0))/s"
        let latencies = pipeline.latencies
        if let latencies {
            text += ", acknowledged after \(Self.milliseconds(latencies.p50)) ms (p50), "
            text += "\(Self.milliseconds(latencies.p99)) ms (p99)"
        }
        try console.summarise(
            text,
            [
                "records": .count(recordCount), "startOffset": .number(startOffset.rawValue),
                "endOffset": .number(end.rawValue),
                "flushedOffset": .number(log.ends.flushed.rawValue),
                "inputBytes": .count(inputSize), "storedBytes": .count(storedSize),
                "seconds": .fraction(seconds),
                "acknowledgedAfterUs": latencies.map { latencies in
                    [
                        "p50": .number(latencies.p50 / 1000),
                        "p99": .number(latencies.p99 / 1000),
                        "p999": .number(latencies.p999 / 1000),
                        "max": .number(latencies.largest / 1000),
                    ]
                } ?? .null,
            ])
    }

    private static func milliseconds(_ nanoseconds: Int64) -> String {
        SizeText.figures(Double(nanoseconds) / 1e6)
    }
}

extension CommandError {
    /// Whether the log itself is as good as before.
    fileprivate var leavesLogUsable: Bool {
        if case .log = self { return false }
        return true
    }
}
