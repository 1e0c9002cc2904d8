internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// `varve scrub`: goes through the flushed bytes of a directory at a rate that leaves the disk to
/// others, and fences what is damaged.
enum ScrubCommand {
    static let rate = OptionalParameter(
        "rate", .size(.kib(1)...(.gib(1024))), "bytes to read each second, at most; as in 50MiB")
    static let log = OptionalParameter(
        "log", .logName, "only this log of the directory, by its folder's name")
    static let resume = Switch("resume", "go on where the last scrub was left")

    static let command = Command(
        "scrub", "look for damage in the background, and fence what is found",
        paragraphs: [
            "Goes through every batch of every log and holds it against its checksum. Damage is "
                + "written down in the log's quarantine, from which readers, 'status' and 'repair' "
                + "know it; a fence around bytes that are sound again is lifted.",
            "Ctrl-C stops it, and --resume goes on from there. A program that has the directory "
                + "open scrubs its own logs; this command is for directories that nobody has open.",
        ],
        positionals: [LogPlace.directory],
        options: [rate, log, resume],
        examples: [
            .init("varve scrub data --rate 50MiB", "at 50 MiB a second"),
            .init("varve scrub data --resume", "the rest of one that was stopped"),
        ],
        exitCodes: [.no, .unusable, .failed], run: run)

    /// So much is read between two looks at the clock and at signals: some milliseconds.
    private static let stepSize = ByteCount.mib(1)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let (console, arguments) = (invocation.console, invocation.arguments)
        let scrub = try engine { () throws(LogError) in
            try DirectoryScrub(
                invocation.directory, arguments[resume] ? .resume : .start, only: arguments[log],
                in: invocation.surroundings)
        }
        let progress = console.startProgress("scrub", total: scrub.total.bytes, .bytes)
        var pace = ScrubPace(arguments[rate], now: console.clock.now())
        var (size, found) = (0, 0)
        let budget = min(stepSize, arguments[rate] ?? stepSize)
        while true {
            if LinuxProcess.waitForStop(atMost: pace.delay(now: console.clock.now())) {
                try engine { () throws(LogError) in try scrub.save() }
                throw .stopped(
                    signal: LinuxProcess.stopSignal ?? 2,
                    "stopped after \(size) bytes; go on with --resume")
            }
            let step = try engine { () throws(LogError) in try scrub.step(budget: budget) }
            if step.isDone { break }
            size += step.size.bytes
            found += step.found.count
            pace.didRead(step.size, now: console.clock.now())
            progress.advance(to: scrub.done.bytes)
            for range in step.found { try print(range, of: step.log, console) }
        }
        try console.summarise(
            "\(size) bytes gone through, "
                + (found == 0 ? "nothing damaged" : "\(found) damaged ranges are fenced"),
            ["bytes": .count(size), "damaged": .count(found)])
        return found == 0 ? .done : .no
    }

    private static func print(
        _ range: CorruptRange, of log: LogName?, _ console: Console
    ) throws(CommandError) {
        guard console.isJSON else {
            console.clearProgress()
            return try console.output.line("\(range)")
        }
        try console.output.line([
            "log": log.map { .text("\($0)") } ?? .null, "file": .text(range.path),
            "position": .count(range.positions.lowerBound.bytes),
            "endPosition": .count(range.positions.upperBound.bytes),
            "firstOffset": .number(range.offsets.lowerBound.rawValue),
            "endOffset": .number(range.offsets.upperBound.rawValue),
            "defect": .text("\(range.defect)"),
        ])
    }
}
