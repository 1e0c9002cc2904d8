internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// `varve read`: prints the records of a log, beside its writer or without one.
enum ReadCommand {
    static let command = Command(
        "read", "print the records of a log, once or as they come",
        paragraphs: [
            "Takes no lock and writes nothing: a log may be read while it is appended to. What is "
                + "not flushed yet is not shown, unless --include-unflushed asks for it.",
            "FORMAT is lines: each value and a line feed; value: the values alone, nothing between "
                + "them; keys: key, separator, value; full: offset, time, key and value between "
                + "tabs; json: an object for each record; prefixed: each value after its length, "
                + "32 bits, big-endian, as append --format prefixed takes it; raw-batches: the "
                + "stored batches as they are. A key or value that is missing prints as nothing, "
                + "in json as null, and under --keyed as the length ffffffff. Control records are "
                + "left out, but for raw-batches.",
            "Whoever stops reading the output ends the command quietly, with exit code 0.",
        ],
        positionals: [LogPlace.directory],
        options: [
            LogPlace.log, from, until, count, follow, format, keySeparator, keyed, skipCorrupt,
            includeUnflushed, isolation,
        ],
        examples: [
            .init("varve read /var/lib/app --count 10", "The first ten records."),
            .init(
                "varve read /var/lib/app --from end --follow",
                "What is appended from now on, until Ctrl-C."),
            .init(
                "varve read DIR --from 2026-01-31T18:00:00Z --json",
                "From the first record of that time or later on, as JSON."),
        ],
        exitCodes: [.no, .unusable, .failed, .corrupt], run: run)

    static let from = Parameter(
        "from", .readStart, standard: .start,
        "where to start: an offset, start, end, a time as in 2026-01-31T18:30:00Z, or @MS, "
            + "milliseconds since 1970")
    static let until = OptionalParameter("until", .offset, "where to stop, before this offset")
    static let count = OptionalParameter("count", .count(), "how many records to print at most")
    static let follow = Switch("follow", "wait for more at the end, until Ctrl-C")
    static let format = Parameter(
        "format", .choice("FORMAT"), standard: RecordFormat.lines,
        "lines, value, keys, full, json, prefixed or raw-batches")
    static let keySeparator = Parameter(
        "key-separator", .separator, standard: "\t", "what stands between key and value for keys")
    static let keyed = Switch("keyed", "prefixed prints the key, too, before each value")
    static let skipCorrupt = Switch(
        "skip-corrupt", "warn of damaged ranges and go on behind them; exit code 1 tells of any")
    static let isolation = Parameter(
        "isolation", .choice("LEVEL"), standard: IsolationLevel.uncommitted,
        "committed leaves out records of aborted transactions, and ends before the first record of "
            + "one that is open; uncommitted shows all")
    static let includeUnflushed = Switch(
        "include-unflushed", "show what is written and not flushed yet: a crash may take it back")

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let arguments = invocation.arguments
        let fileSystem = invocation.surroundings.fileSystem
        let directory = invocation.directory
        let status = try files { () throws(FileError) in try fileSystem.status(at: directory) }
        guard let status else {
            throw .log(.notADataDirectory(path: directory, reason: "there is no such directory"))
        }
        guard status.kind == .directory else {
            throw .log(
                .notADataDirectory(path: directory, reason: "it is a file, not a directory"))
        }
        let log = try engine { () throws(LogError) in
            try ReadOnlyLog(
                invocation.logName, in: directory,
                visibility: arguments[includeUnflushed] ? .includingUnflushed : .flushed,
                isolation: arguments[isolation].level, fileSystem: fileSystem)
        }
        let format = arguments.has(Command.json) ? .json : arguments[format]
        let printer = RecordPrinter(
            format, separator: arguments[keySeparator], isKeyed: arguments[keyed])
        var reading = LogReading(log, printer, invocation)
        return try reading.run()
    }
}

/// Which records of transactions are shown.
enum IsolationLevel: String, CaseIterable, Sendable {
    case uncommitted, committed

    var level: ReadIsolation { self == .committed ? .committed : .uncommitted }
}

/// Where reading starts.
enum ReadStart: Sendable {
    case start, end
    case offset(Offset)
    case time(Timestamp)
}

extension ValueKind<ReadStart> {
    static var readStart: Self {
        Self(
            placeholder: "PLACE",
            allowed: "an offset, start, end, a time as in 2026-01-31T18:30:00Z, or @MILLISECONDS",
            parse: { text in
                switch text {
                case "start", "earliest": return .start
                case "end", "latest": return .end
                default: break
                }
                if text.hasPrefix("@") {
                    return WholeNumber.parse(text.dropFirst()).map {
                        .time(Timestamp(milliseconds: Int64($0)))
                    }
                }
                if let number = WholeNumber.parse(text) {
                    return Offset(exactly: Int64(number)).map { .offset($0) }
                }
                return TimeText.parse(text).map { .time($0) }
            },
            show: { start in
                switch start {
                case .start: "start"
                case .end: "end"
                case .offset(let offset): "\(offset)"
                case .time(let time): TimeText.show(time)
                }
            })
    }
}
