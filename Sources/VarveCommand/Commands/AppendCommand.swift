internal import VarveLinux
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// `varve append`: streams lines or length-prefixed records into a log.
enum AppendCommand {
    static let command = Command(
        "append", "append lines or length-prefixed records",
        paragraphs: [
            "The directory and the log are made where they are missing. Input is streamed: no "
                + "file is held in memory. A record is a line, without its end; a last line "
                + "without an end counts.",
            "With --format prefixed a record is a 32-bit big-endian length and that many bytes; "
                + "with --keyed it is two such fields, key and value, and a length of ffffffff "
                + "means that there is none.",
            "Ctrl-C, or any error, stores what was read before it, closes the log cleanly, and "
                + "says where the log ends.",
        ],
        positionals: [
            LogPlace.directory,
            Positional("FILE", .many, "what to read; none, or -, is standard input"),
        ],
        options: [
            LogPlace.log, format, keySeparator, keyed, compression, batchSize, batchSizeMax, flush,
            flushSize, linger, segmentSize, acknowledge,
        ],
        examples: [
            .init("varve append /var/lib/app access.log", "Appends each line of a file."),
            .init(
                "tail -F access.log | varve append /var/lib/app --compression zstd",
                "Appends lines as they come; each is durable 10 ms after it came, or sooner."),
            .init(
                "varve append DIR pairs.tsv --key-separator '\\t'",
                "The part of each line before the first tab becomes the record's key."),
        ],
        exitCodes: [.unusable, .failed, .corrupt, .refused], run: run)

    static let format = Parameter(
        "format", .choice("FORMAT"), standard: RecordSplitter.Format.lines, "lines or prefixed")
    static let keySeparator = OptionalParameter(
        "key-separator", .separator,
        "split each line at the first TEXT into key and value; a line without it is refused")
    static let keyed = Switch("keyed", "prefixed records are a key and a value")
    static let compression = Parameter(
        "compression", .compression, standard: .none,
        "how batches are compressed; one that would not shrink is left as it is")
    static let batchSize = Parameter(
        "batch-size", .size(.kib(1)...(.mib(512))), standard: .kib(256),
        "about how large a batch becomes before it is compressed")
    static let batchSizeMax = Parameter(
        "batch-size-max", .size(.kib(1)...(.mib(1024))), standard: LogSettings().batchSizeMax,
        "the largest batch that the log takes, and so the largest record (max.message.bytes)")
    static let flush = Parameter(
        "flush", .flushPolicy, standard: .durable, "what an acknowledged append has survived")
    static let flushSize = Parameter(
        "flush-size", .size(.zero...(.gib(1))), standard: .mib(8),
        "write and flush at the latest after this much; 0 does so after each batch")
    static let linger = Parameter(
        "linger", .duration, standard: .milliseconds(10),
        "how long an unfinished batch waits for more input")
    static let segmentSize = Parameter(
        "segment-size", .size(.kib(1)...ByteCount(Int(Int32.max))),
        standard: LogSettings().segmentSizeMax, "a segment is rolled before it passes this size")
    static let acknowledge = Switch(
        "acknowledge",
        "print the log's end offset on standard output each time that records are acknowledged")

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        let splitter = try RecordSplitter(arguments)
        let sources = try AppendSources(paths: Array(arguments.positionals.dropFirst()))
        let session = try AppendSession(invocation)
        let progress = invocation.console.startProgress(
            "append", total: sources.size, .bytes)
        do {
            var input = AppendInput(
                sources: sources, splitter: splitter, session: session,
                linger: arguments[linger], console: invocation.console, progress: progress)
            try input.run()
        } catch {
            throw session.end(after: error)
        }
        try session.close()
        try session.summarise()
        return .done
    }
}

extension ValueKind<String> {
    /// Text between key and value; `\t` means a tab.
    static var separator: Self {
        Self(
            placeholder: "TEXT", allowed: "at least one letter, or \\t for a tab",
            parse: { $0.isEmpty ? nil : $0 == "\\t" ? "\t" : $0 },
            show: { $0 == "\t" ? "\\t" : $0 })
    }
}

/// The files of an append, opened before anything is stored: a misspelt name changes nothing.
struct AppendSources {
    let streams: [LinuxStream]
    /// The size of all; nil when one of them has none.
    let size: Int?

    init(paths: [String]) throws(CommandError) {
        var streams: [LinuxStream] = []
        for path in paths.isEmpty ? ["-"] : paths {
            streams.append(
                path == "-"
                    ? .standardInput
                    : try files { () throws(FileError) in try LinuxStream.open(reading: path) })
        }
        self.streams = streams
        size = streams.reduce(0) { sum, stream in
            guard let sum, let size = stream.size else { return nil }
            let (total, overflow) = sum.addingReportingOverflow(size.bytes)
            return overflow ? nil : total
        }
    }
}
