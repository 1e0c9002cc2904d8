internal import VarveLinux
internal import VarveLog
internal import VarveTerms

/// `varve truncate`: cuts the end of a log off.
enum TruncateCommand {
    static let to = OptionalParameter(
        "to", .offset, "the offset from which on records go; required")
    static let yes = Switch("yes", "do not ask, even on a terminal")

    static let command = Command(
        "truncate", "cut a log's records off from an offset on",
        paragraphs: [
            "A batch that the offset lies inside goes whole, so the log may end before the offset; "
                + "it never ends after it. What is cut cannot be had back."
        ],
        positionals: [LogPlace.directory], options: [to, LogPlace.log, yes],
        examples: [
            .init("varve truncate data --to 1000", "keep the records before offset 1000")
        ],
        exitCodes: [.no, .unusable, .failed], run: run)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        guard let target = invocation.arguments[to] else {
            throw .usage("truncate needs --to OFFSET: the offset from which on records go")
        }
        let directory = try engine { () throws(LogError) in
            try DataDirectory(invocation.directory, .mustExist, in: invocation.surroundings)
        }
        let outcome: Outcome
        do throws(CommandError) {
            outcome = try truncate(directory, to: target, invocation)
        } catch {
            // What could be opened is closed in order, whatever the answer was.
            try? directory.close()
            throw error
        }
        try engine { () throws(LogError) in try directory.close() }
        let cut = outcome.end.distance(to: outcome.before)
        try invocation.console.summarise(
            cut == 0
                ? "\(invocation.logName) ends at \(outcome.before) already"
                : "\(invocation.logName) ends at \(outcome.end) now, it ended at \(outcome.before)",
            [
                "log": .text("\(invocation.logName)"), "endOffset": .number(outcome.end.rawValue),
                "endOffsetBefore": .number(outcome.before.rawValue),
            ])
        return .done
    }

    private struct Outcome {
        var before: Offset
        var end: Offset
    }

    private static func truncate(
        _ directory: DataDirectory, to target: Offset, _ invocation: Invocation
    ) throws(CommandError) -> Outcome {
        let name = invocation.logName
        let log = try engine { () throws(LogError) in try directory.openLog(name, .mustExist) }
        let before = log.ends.written
        guard target < before else { return Outcome(before: before, end: before) }
        if !invocation.arguments[yes], LinuxStream.standardInput.isTerminal {
            try RecoverQuestion.ask(
                "cut offsets \(target) to \(before.rawValue - 1) of \(name)?", invocation.console)
        }
        let end = try engine { () throws(LogError) in try log.truncate(to: target) }
        return Outcome(before: before, end: end)
    }
}
