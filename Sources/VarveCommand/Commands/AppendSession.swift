internal import Varve
internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// An append under way: records become batches, batches go to the log, and what the flush policy
/// promises is waited for, for many batches at once.
final class AppendSession {
    private let directory: DataDirectory
    private let log: Log
    private let console: Console
    private let clock: any Clock
    private let batchSettings: BatchSettings
    private let compression: Compression
    private let flushSize: Int
    private let prints: Bool
    private let start: Instant
    private let startOffset: Offset

    private var builder = RecordBatchBuilder(capacity: 512 << 10)
    private var compressed = ByteBuffer(capacity: 64)
    private let compressor = Compressor()
    private var recordCount = 0
    private var inputSize = 0
    private var storedSize = 0
    private var unflushedSize = 0
    private var acknowledged: Offset

    init(_ invocation: Invocation) throws(CommandError) {
        let arguments = invocation.arguments
        console = invocation.console
        clock = invocation.surroundings.clock
        flushSize = arguments[AppendCommand.flushSize].bytes
        prints = arguments[AppendCommand.acknowledge]
        var settings = LogSettings()
        settings.flushPolicy = arguments[AppendCommand.flush]
        settings.segmentSizeMax = arguments[AppendCommand.segmentSize]
        settings.batchSizeMax = arguments[AppendCommand.batchSizeMax]
        var batchSettings = BatchSettings()
        compression = arguments[AppendCommand.compression]
        batchSettings.sizeMax = min(
            arguments[AppendCommand.batchSize], settings.batchSizeMax)
        self.batchSettings = batchSettings
        let directory = try engine { () throws(LogError) in
            try DataDirectory(invocation.directory, in: invocation.surroundings)
        }
        self.directory = directory
        let name = invocation.logName
        do {
            log = try directory.openLog(name, settings: settings)
        } catch {
            try? directory.close()
            throw .log(error)
        }
        startOffset = log.ends.written
        acknowledged = log.ends.flushed
        start = clock.now()
        builder.begin(batchSettings)
    }

    func wallClock() -> Timestamp { clock.wallClock() }

    // MARK: Records

    func add(key: RawSpan?, value: RawSpan?, timestamp: Timestamp) throws(CommandError) {
        do {
            if case .full = try builder.append(key: key, value: value, timestamp: timestamp) {
                try finishBatch()
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

    /// Writes the batch under construction, if it has a record.
    private func finishBatch() throws(CommandError) {
        guard !builder.isEmpty else { return }
        do throws(BatchBuildError) {
            _ = try builder.seal()
        } catch {
            throw .log(.refusedRecord(error))
        }
        try write(sealed: builder)
        builder.begin(batchSettings)
    }

    /// Compresses the batch, or leaves it when that would not make it smaller: what a log takes is
    /// then never longer for its codec.
    private func write(sealed builder: borrowing RecordBatchBuilder) throws(CommandError) {
        if compression.codec == .none {
            try write(builder.sealedBytes)
            return
        }
        var packed = ByteBuffer(capacity: 0)
        swap(&packed, &compressed)
        packed.removeAll()
        do throws(CompressionError) {
            try BatchCompression.compress(
                builder.sealedBytes, with: compression, by: compressor, into: &packed)
        } catch {
            throw .log(.refusedRecord(.compression(error)))
        }
        if packed.count < builder.estimatedSize.bytes {
            try write(packed.bytes)
        } else {
            try write(builder.sealedBytes)
        }
        swap(&packed, &compressed)
    }

    private func write(_ batch: RawSpan) throws(CommandError) {
        let now = clock.wallClock()
        storedSize += batch.byteCount
        guard log.settings.flushPolicy == .durable else {
            try engine { () throws(LogError) in _ = try log.append(batch, checking: .frame) }
            return try acknowledge(log.ends.written)
        }
        try engine { () throws(LogError) in _ = try log.write(batch, checking: .frame, now: now) }
        unflushedSize += batch.byteCount
        if unflushedSize >= flushSize { try flush() }
    }

    private func flush() throws(CommandError) {
        try engine { () throws(LogError) in try log.flush() }
        unflushedSize = 0
        if log.settings.flushPolicy == .durable { try acknowledge(log.ends.flushed) }
    }

    private func acknowledge(_ end: Offset) throws(CommandError) {
        guard end > acknowledged else { return }
        acknowledged = end
        guard prints else { return }
        if console.isJSON {
            try console.output.line(["acknowledged": .number(end.rawValue)])
        } else {
            try console.output.line("\(end)")
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
        if log.settings.flushPolicy == .durable { try flush() }
    }

    /// While the input pauses: records do not wait for more than `pause`, nor stay unflushed for
    /// longer than the policy says.
    func linger(for stream: LinuxStream, _ pause: Duration) throws(CommandError) {
        guard !stream.isReadable(within: pause) else { return }
        try settle()
        guard case .interval(let interval) = log.settings.flushPolicy,
            log.ends.flushed < log.ends.written, !stream.isReadable(within: interval)
        else { return }
        try flush()
    }

    // MARK: The end

    /// Closes the log and its directory cleanly.
    func close() throws(CommandError) {
        try engine { () throws(LogError) in try directory.close() }
        acknowledged = log.ends.flushed
    }

    /// Stores what was taken before `error` came, and closes as cleanly as that allows.
    func end(after error: CommandError) -> CommandError {
        do throws(CommandError) {
            if error.leavesLogUsable { try settle() }
            try close()
        } catch let second {
            try? directory.close()
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
        let ratio = storedSize > 0 ? Double(inputSize) / Double(storedSize) : 1
        var text = "appended \(recordCount) records"
        if recordCount > 0 {
            text += ", offsets \(startOffset) to \(end.rawValue - 1)"
        }
        text += ": \(SizeText.rounded(Double(inputSize))) in, "
        text += "\(SizeText.rounded(Double(storedSize))) stored "
        text += "(\(SizeText.figures(ratio)) : 1), \(SizeText.figures(seconds)) s, "
        text += "\(SizeText.rounded(seconds > 0 ? Double(inputSize) / seconds : 0))/s"
        try console.summarise(
            text,
            [
                "records": .count(recordCount), "startOffset": .number(startOffset.rawValue),
                "endOffset": .number(end.rawValue),
                "flushedOffset": .number(log.ends.flushed.rawValue),
                "inputBytes": .count(inputSize), "storedBytes": .count(storedSize),
                "seconds": .fraction(seconds),
            ])
    }
}

extension CommandError {
    /// Whether the log itself is as good as before.
    fileprivate var leavesLogUsable: Bool {
        if case .log = self { return false }
        return true
    }
}
