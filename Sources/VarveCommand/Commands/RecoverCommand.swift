internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// `varve recover`: says what opening a directory would find and do, and does it.
enum RecoverCommand {
    static let log = OptionalParameter(
        "log", .logName, "only this log of the directory, by its folder's name")
    static let dryRun = Switch("dry-run", "say what would be done, and change nothing")
    static let yes = Switch("yes", "do not ask, even on a terminal")

    static let command = Command(
        "recover", "say what a crash left, cut torn tails, rebuild indexes, close cleanly",
        paragraphs: [
            "Nothing below the last known-flushed offset is ever cut: damage there is named with "
                + "its offsets and kept apart from what is served. What is cut above it is "
                + "reported, with the offsets that may have been acknowledged.",
            "Afterwards the directory is marked as closed cleanly, for Varve and for Apache Kafka, "
                + "once all of its logs were recovered.",
        ],
        positionals: [LogPlace.directory],
        options: [log, dryRun, yes],
        examples: [
            .init("varve recover data --dry-run", "what would be done; exit code 1 if anything"),
            .init("varve recover data --yes", "recover all logs without asking"),
        ],
        exitCodes: [.no, .unusable, .failed], run: run)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let isDryRun = invocation.arguments[dryRun]
        let (reports, ring) = try preview(invocation)
        if let ring { try RingText.print(ring, to: invocation.console) }
        for (name, report) in reports {
            try RecoverReport(name: name, report: report).print(to: invocation.console)
        }
        let needed = reports.count {
            !$0.report.isClean || ring?.holds($0.name) ?? false
        }
        if isDryRun {
            try invocation.console.summarise(
                needed == 0
                    ? "nothing to recover in \(reports.count) logs; nothing was changed"
                    : "\(needed) of \(reports.count) logs need recovery; nothing was changed",
                ["logs": .count(reports.count), "needed": .count(needed), "done": false])
            return needed == 0 ? .done : .no
        }
        try confirm(needed: needed, invocation)
        return try recover(reports.map(\.name), invocation)
    }

    private typealias Preview = (name: LogName, report: RecoveryReport)

    /// What opening each log would do. The directory is open meanwhile, and left as it was found.
    private static func preview(
        _ invocation: Invocation
    ) throws(CommandError) -> ([Preview], ring: CommitRingContents?) {
        var reports: [Preview] = []
        let preview = try engine { () throws(LogError) in
            try RecoveryPreview(invocation.directory, in: invocation.surroundings)
        }
        let names = try engine { () throws(LogError) in
            try preview.logNames(only: invocation.arguments[log])
        }
        for name in names {
            try invocation.console.checkStop()
            let report = try engine { () throws(LogError) in try preview.report(of: name) }
            reports.append((name, report))
        }
        return (reports, preview.commitRing)
    }

    private static func confirm(
        needed: Int, _ invocation: Invocation
    ) throws(CommandError) {
        guard needed > 0, !invocation.arguments[yes], LinuxStream.standardInput.isTerminal else {
            return
        }
        try RecoverQuestion.ask("recover \(needed) of the logs?", invocation.console)
    }

    private static func recover(
        _ names: [LogName], _ invocation: Invocation
    ) throws(CommandError) -> ExitCode {
        let directory = try engine { () throws(LogError) in
            try DataDirectory(
                invocation.directory, .mustExist, in: invocation.surroundings)
        }
        var isDamaged = false
        for name in names {
            try invocation.console.checkStop()
            let log = try engine { () throws(LogError) in
                try directory.openLog(name, .mustExist)
            }
            isDamaged = isDamaged || !log.recovery.damaged.isEmpty
        }
        try engine { () throws(LogError) in try directory.close() }
        try invocation.console.summarise(
            "\(names.count) logs recovered and closed cleanly"
                + (isDamaged ? "; damaged records stay fenced, restore them from a replica" : ""),
            ["logs": .count(names.count), "damaged": .flag(isDamaged), "done": true])
        return isDamaged ? .no : .done
    }
}
