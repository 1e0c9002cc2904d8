internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// `varve compact`: of each key only the latest record stays.
enum CompactCommand {
    static let throttle = OptionalParameter(
        "throttle", .size(ByteCount(1)...ByteCount(Int.max)),
        "bytes to read and write in a second; none for as many as there can be")
    static let retention = Parameter(
        "delete-retention", .duration, standard: CompactionSettings().deleteRetention,
        "how long tombstones stay after a compaction first met them")
    static let memory = Parameter(
        "memory", .size(), standard: CompactionSettings().mapMemory,
        "memory for keys, 24 bytes each; more keys take more passes")
    static let segmentSize = Parameter(
        "segment-size", .size(), standard: LogSettings().segmentSizeMax,
        "up to this size neighbouring segments are joined")
    static let roll = Switch(
        "roll", "begin a new segment first, so that everything there is can be compacted")
    static let dropKeyless = Switch(
        "drop-keyless", "drop records without a key instead of refusing the log")

    static let command = Command(
        "compact", "keep of each key of a log only the latest record",
        paragraphs: [
            "Records of whose key a later one follows go, and those of aborted transactions; a "
                + "record with a key and no value, a tombstone, goes when it was kept long enough "
                + "for readers to see it. Offsets, times and the order of what stays do not "
                + "change. The active segment is left alone.",
            "Without LOG the logs are compacted that were compacted before. One that never was is "
                + "named, so that no history is lost by mistake, and is refused when it has "
                + "records without a key.",
            "Ctrl-C ends it at any time: the log is then compacted in part and nothing of it is "
                + "lost.",
        ],
        positionals: [
            LogPlace.directory,
            Positional("LOG", .optional, "the log, by its folder's name"),
        ],
        options: [throttle, retention, memory, segmentSize, roll, dropKeyless],
        examples: [
            .init("varve compact data accounts-0", "compact one log"),
            .init("varve compact data --throttle 20MiB", "all that were compacted before, slowly"),
        ],
        exitCodes: [.no, .unusable, .failed, .corrupt], run: run)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let directory = try engine { () throws(LogError) in
            try DataDirectory(invocation.directory, .mustExist, in: invocation.surroundings)
        }
        let ending: ExitCode
        do throws(CommandError) {
            ending = try compact(directory, invocation)
        } catch {
            // What was opened is closed in order, whatever came of it.
            try? directory.close()
            throw error
        }
        try engine { () throws(LogError) in try directory.close() }
        return ending
    }

    private static func compact(
        _ directory: DataDirectory, _ invocation: Invocation
    ) throws(CommandError) -> ExitCode {
        let names = try names(directory, invocation)
        var isDamaged = false
        for name in names {
            try invocation.console.checkStop()
            let run = CompactRun(name, settings(invocation), invocation)
            if try run.compact(in: directory) == .damaged { isDamaged = true }
        }
        if names.isEmpty {
            try invocation.console.summarise(
                "no log of \(invocation.directory) was compacted before; name the one to compact",
                ["logs": 0])
        }
        return isDamaged ? .no : .done
    }

    private static func names(
        _ directory: DataDirectory, _ invocation: Invocation
    ) throws(CommandError) -> [LogName] {
        guard invocation.arguments.positionals.count > 1 else {
            return try engine { () throws(LogError) in try directory.compactedLogNames() }
        }
        let text = invocation.arguments.positionals[1]
        guard let name = ValueKind<LogName>.logName.parse(text) else {
            throw .usage("'\(text)' is not \(ValueKind<LogName>.logName.allowed)")
        }
        return [name]
    }

    private static func settings(_ invocation: Invocation) -> LogSettings {
        var settings = LogSettings()
        settings.cleanupPolicy = .compact
        settings.segmentSizeMax = invocation.arguments[segmentSize]
        settings.compaction.deleteRetention = invocation.arguments[retention]
        settings.compaction.mapMemory = invocation.arguments[memory]
        settings.compaction.throttle = invocation.arguments[throttle]
        if !invocation.arguments[dropKeyless] { settings.compaction.keylessRecords = .refused }
        return settings
    }
}

/// The compaction of one log by `varve compact`.
private final class CompactRun {
    private let name: LogName
    private let settings: LogSettings
    private let console: Console
    private let clock: any Clock
    private let mustRoll: Bool
    private var pace: CleaningPace
    private var stage: CleaningProgress.Stage?
    private var progress: Progress?

    init(_ name: LogName, _ settings: LogSettings, _ invocation: Invocation) {
        self.name = name
        self.settings = settings
        console = invocation.console
        clock = invocation.surroundings.clock
        mustRoll = invocation.arguments[CompactCommand.roll]
        pace = CleaningPace(settings.compaction.throttle, now: clock.now())
    }

    /// What became of a log.
    enum Outcome { case sound, damaged }

    func compact(in directory: DataDirectory) throws(CommandError) -> Outcome {
        let log = try engine { () throws(LogError) in
            try directory.openLog(name, settings: settings, .mustExist)
        }
        let sizeBefore = log.size
        let reports = try engine { () throws(LogError) in
            if mustRoll { try log.roll() }
            return try log.clean(now: clock.wallClock(), proceed: proceed)
        }
        try console.checkStop()
        for case .damaged(let range) in reports.map(\.ending) { console.warn("\(range)") }
        try summarise(reports, sizeBefore: sizeBefore, sizeAfter: log.size)
        for case .damaged in reports.map(\.ending) { return .damaged }
        return .sound
    }

    private func proceed(_ step: CleaningProgress) -> Bool {
        if stage != step.stage {
            stage = step.stage
            progress = console.startProgress(
                "\(name) \(Self.word(step.stage))", total: step.total.bytes, .bytes)
        }
        progress?.advance(to: step.done.bytes)
        LinuxPause.rest(for: pace.pause(after: step.moved, now: clock.now()))
        return !console.isStopping
    }

    private static func word(_ stage: CleaningProgress.Stage) -> String {
        switch stage {
        case .surveying: "survey"
        case .mapping: "keys"
        case .rewriting: "rewrite"
        }
    }

    private func summarise(
        _ reports: [CleaningReport], sizeBefore: ByteCount, sizeAfter: ByteCount
    ) throws(CommandError) {
        let last = reports[reports.count - 1]
        let dropped = reports.reduce(Int64(0)) { $0 + $1.tally.recordsDropped }
        let sum = { (part: KeyPath<CleaningTally, Int64>) -> JSON in
            .number(reports.reduce(Int64(0)) { $0 + $1.tally[keyPath: part] })
        }
        try console.summarise(
            "\(name): \(sizeBefore) bytes before, \(sizeAfter) after; \(dropped) records went, "
                + "clean up to offset \(last.cleanEnd)",
            [
                "log": .text("\(name)"), "bytesBefore": .count(sizeBefore.bytes),
                "bytesAfter": .count(sizeAfter.bytes), "passes": .count(reports.count),
                "dirtyFrom": .number(reports[0].dirty.lowerBound.rawValue),
                "cleanEnd": .number(last.cleanEnd.rawValue),
                "firstUncleanable": .number(last.firstUncleanable.rawValue),
                "recordsDropped": .number(dropped), "superseded": sum(\.recordsSuperseded),
                "aborted": sum(\.recordsAborted), "keyless": sum(\.recordsKeyless),
                "tombstonesExpired": sum(\.tombstonesExpired),
                "recordsKept": .number(last.tally.recordsKept),
                "tombstonesKept": .number(last.tally.tombstonesKept),
            ])
    }
}
