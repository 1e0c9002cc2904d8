internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// One reading of a log: from where, how far, and past what.
struct LogReading: ~Copyable {
    private let log: ReadOnlyLog
    private let printer: RecordPrinter
    private let console: Console
    private let arguments: Arguments
    private let progress: Progress
    private var scanner = RecordScanner()
    private var next = Offset.zero
    private let end: Offset
    private let isolation: ReadIsolation
    /// How many records may still be printed.
    private var left: Int
    private var printed = 0
    private var hasSkipped = false

    /// How much is read at a time.
    private static let pieceSize = ByteCount.mib(1)

    init(_ log: ReadOnlyLog, _ printer: RecordPrinter, _ invocation: Invocation) {
        self.log = log
        self.printer = printer
        console = invocation.console
        arguments = invocation.arguments
        end = arguments[ReadCommand.until] ?? Offset(Int64.max)
        left = arguments[ReadCommand.count] ?? Int.max
        isolation = arguments[ReadCommand.isolation].level
        let isFollowing = arguments[ReadCommand.follow]
        // On a terminal, records and a progress bar would stand in each other's way.
        progress =
            LinuxStream.standardOutput.isTerminal
            ? .hidden
            : console.startProgress("read", total: isFollowing ? nil : Self.span(log), .records)
    }

    private static func span(_ log: ReadOnlyLog) -> Int? {
        Int(exactly: log.ends.start.distance(to: log.reader.endOffset))
    }

    mutating func run() throws(CommandError) -> ExitCode {
        next = try start()
        var pause = Duration.milliseconds(1)
        while next < end, left > 0 {
            try console.checkStop()
            guard try step() else {
                guard arguments[ReadCommand.follow] else { break }
                try console.output.flush()
                // Another process appends, so there is nothing to wait on: look again soon, and
                // less often the longer nothing comes.
                _ = LinuxProcess.waitForStop(atMost: pause)
                pause = min(pause * 2, .milliseconds(100))
                try engine { () throws(LogError) in _ = try log.refresh() }
                continue
            }
            pause = .milliseconds(1)
        }
        return hasSkipped ? .no : .done
    }

    private func start() throws(CommandError) -> Offset {
        switch arguments[ReadCommand.from] {
        case .start: return log.reader.startOffset
        case .end: return log.reader.endOffset
        case .offset(let offset): return offset
        case .time(let time):
            let found = try engine { () throws(LogError) in try log.reader.offset(for: time) }
            return found?.offset ?? log.reader.endOffset
        }
    }

    /// Prints what the next read brings.
    /// - Returns: false at the log's end.
    private mutating func step() throws(CommandError) -> Bool {
        let outcome: ReadOutcome
        do {
            outcome = try log.read(
                from: next, sizeMax: Self.pieceSize, isolation: isolation)
        } catch {
            guard case .corrupt(let range) = error else { throw .log(error) }
            try skip("\(range)", to: range.offsets.upperBound, else: .log(error))
            return true
        }
        switch outcome {
        case .atEnd: return false
        case .outOfRange(let valid):
            guard next < valid.lowerBound, printed > 0 || hasSkipped else {
                throw .log(.outOfRange(offset: next, valid: valid))
            }
            console.warn(
                "offsets \(next) to \(valid.lowerBound.rawValue - 1) were deleted meanwhile")
            next = valid.lowerBound
            return true
        case .batches(let batches):
            try print(batches)
            next = max(next, batches.nextOffset)
            progress.advance(to: printed)
            return true
        }
    }

    /// Goes on behind damage, where that is asked for.
    private mutating func skip(
        _ text: String, to offset: Offset, else error: CommandError
    ) throws(CommandError) {
        guard arguments[ReadCommand.skipCorrupt] else { throw error }
        // What is printed already comes before the warning, where both go to one place.
        try console.output.flush()
        console.warn(text)
        hasSkipped = true
        guard let behind = next.advanced(byExactly: 1) else { throw error }
        next = max(behind, offset)
    }

    // MARK: Printing

    private mutating func print(_ batches: PinnedBatches) throws(CommandError) {
        let bytes = batches.bytes
        var filter = AbortedFilter(batches.abortedTransactions)
        var position = 0
        while let header = BatchHeader(bytes, at: position), left > 0 {
            let batch = bytes.extracting(position..<position + header.sizeInBytes)
            position += header.sizeInBytes
            // A wrapper of magic 0 or 1 names its last offset only.
            guard header.isLegacyWrapper || header.baseOffset < end.rawValue else { return }
            guard !filter.hides(header, batch) else { continue }
            if printer.format == .rawBatches {
                console.output.buffer.append(batch)
                printed += header.isLegacyWrapper ? 1 : Int(header.recordsCount)
            } else if !header.attributes.isControl {
                try print(batch, header)
            }
            try console.output.settle()
        }
    }

    private mutating func print(_ batch: RawSpan, _ header: BatchHeader) throws(CommandError) {
        let (printer, first, end) = (printer, next, end)
        var count = 0
        let most = left
        do {
            try scanner.forEachRecord(in: batch) { record in
                guard record.offset >= first, record.offset < end, count < most else { return }
                printer.append(record, to: &console.output.buffer)
                count += 1
            }
        } catch {
            let text =
                "the batch at offset \(header.baseOffset) of \(log.path) is damaged: \(error)"
            try skip(text, to: next, else: .ended(.corrupt, text))
        }
        left -= count
        printed += count
    }
}
