internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// `varve verify`: goes through logs without changing them and says what is wrong.
enum VerifyCommand {
    static let log = OptionalParameter(
        "log", .logName, "only this log of the directory, by its folder's name")

    static let command = Command(
        "verify", "check logs, batch by batch and record by record, and say what is wrong",
        paragraphs: [
            "Reads every batch and every record, decompressed, and holds indexes, names, "
                + "checkpoints and snapshots against them. It changes nothing, takes no lock, and "
                + "goes on after damage. Directories that Apache Kafka wrote are verified alike.",
            "A finding is 'damage' when records are lost or may be, 'index' when something is "
                + "wrong that can be made anew, and 'note' when it is only worth knowing. Notes "
                + "do not change the exit code. After its findings each log of a directory has "
                + "one line.",
        ],
        positionals: [
            Positional("PATH", .required, "a data directory, a log's folder, or a .log file")
        ],
        options: [log],
        examples: [
            .init("varve verify data", "all logs of a directory"),
            .init("varve verify data --log orders-3 --json", "one log, for a script"),
        ],
        exitCodes: [.no, .unusable, .failed], run: run)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let run = try VerifyRun(invocation)
        let totals = try run.verify()
        try run.conclude(totals)
        return totals.isSound ? .done : .no
    }
}

/// One run of `varve verify`.
private final class VerifyRun {
    private let console: Console
    private let fileSystem: any FileSystem
    private let path: String
    private let log: LogName?
    private let kind: FileKind
    private var progress: Progress?
    /// What printing failed with; verification cannot throw it.
    private var failure: CommandError?

    init(_ invocation: Invocation) throws(CommandError) {
        console = invocation.console
        let fileSystem = invocation.surroundings.fileSystem
        let path = invocation.arguments.positionals[0]
        let status = try files { () throws(FileError) in try fileSystem.status(at: path) }
        guard let status else { throw .file(FileError(.open, path, .notFound)) }
        (self.fileSystem, self.path, kind) = (fileSystem, path, status.kind)
        log = invocation.arguments[VerifyCommand.log]
    }

    func verify() throws(CommandError) -> VerificationTotals {
        let totals: VerificationTotals
        do throws(LogError) {
            totals = try verification()
        } catch {
            throw failure ?? .log(error)
        }
        if let failure { throw failure }
        try console.checkStop()
        return totals
    }

    private func verification() throws(LogError) -> VerificationTotals {
        guard kind == .directory else {
            return try Verification.segment(
                at: path, in: fileSystem, progress: advance, stopping: { self.console.isStopping },
                report: print)
        }
        if log == nil, try isLogFolder {
            return try Verification.log(
                at: path, in: fileSystem, progress: advance, stopping: { self.console.isStopping },
                report: print)
        }
        return try Verification.directory(
            path, only: log, in: fileSystem, progress: advance,
            stopping: { self.console.isStopping }, didFinish: print, report: print)
    }

    /// Whether the path holds segments itself.
    private var isLogFolder: Bool {
        get throws(LogError) {
            do {
                return try fileSystem.entries(of: path).contains {
                    SegmentFileName($0.name)?.content == .log
                }
            } catch {
                throw .file(error)
            }
        }
    }

    private func advance(_ step: VerificationProgress) {
        let progress =
            progress ?? console.startProgress("verify", total: step.total.bytes, .bytes)
        self.progress = progress
        progress.advance(to: step.done.bytes)
    }

    private func print(_ finding: Finding) {
        guard failure == nil else { return }
        do throws(CommandError) {
            try write(finding)
        } catch {
            failure = error
        }
    }

    private func print(_ name: LogName, _ totals: VerificationTotals) {
        guard failure == nil, !(console.isQuiet && totals.isSound) else { return }
        do throws(CommandError) {
            try write(name, totals)
        } catch {
            failure = error
        }
    }

    /// One line for each log, after its findings.
    private func write(_ name: LogName, _ totals: VerificationTotals) throws(CommandError) {
        guard !console.isJSON else {
            return try console.output.line([
                "log": .text("\(name)"), "sound": .flag(totals.isSound),
                "segments": .count(totals.segments), "batches": .count(totals.batches),
                "records": .number(totals.records), "bytes": .count(totals.size.bytes),
                "findings": .object(Self.counts(of: totals)),
            ])
        }
        console.clearProgress()
        try console.output.line(
            "\(name): \(totals.isSound ? "sound" : "not sound"), \(totals.segments) segments, "
                + "\(totals.batches) batches, \(totals.records) records, \(totals.size) bytes")
    }

    private static func counts(of totals: VerificationTotals) -> [JSON.Member] {
        Finding.Severity.allCases.map {
            JSON.Member(name: $0.rawValue, value: .count(totals.findings[$0] ?? 0))
        }
    }

    private func write(_ finding: Finding) throws(CommandError) {
        guard !console.isJSON else { return try console.output.line(Self.json(finding)) }
        console.clearProgress()
        try console.output.line("\(finding.severity.rawValue): \(finding)")
        if let advice = finding.problem.advice {
            try console.output.line("    \(advice)")
        }
    }

    private static func json(_ finding: Finding) -> JSON {
        var members: [JSON.Member] = [
            .init(name: "severity", value: .text(finding.severity.rawValue)),
            .init(name: "file", value: .text(finding.path)),
        ]
        if let positions = finding.positions {
            let size = positions.lowerBound.distance(to: positions.upperBound)
            members += [
                .init(name: "position", value: .count(positions.lowerBound.bytes)),
                .init(name: "size", value: .count(size)),
            ]
        }
        if let offsets = finding.offsets {
            members += [
                .init(name: "firstOffset", value: .number(offsets.lowerBound.rawValue)),
                .init(name: "endOffset", value: .number(offsets.upperBound.rawValue)),
            ]
        }
        let advice = finding.problem.advice.map { JSON.text($0) } ?? .null
        members += [
            .init(name: "problem", value: .text("\(finding.problem)")),
            .init(name: "advice", value: advice),
        ]
        return .object(members)
    }

    func conclude(_ totals: VerificationTotals) throws(CommandError) {
        let counts = Finding.Severity.allCases.map { ($0, totals.findings[$0] ?? 0) }
        let found = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }
        let verdict = totals.isSound ? "sound" : "not sound"
        try console.summarise(
            "\(path) is \(verdict): \(totals.logs) logs, \(totals.segments) segments, "
                + "\(totals.batches) batches, \(totals.records) records, "
                + "\(totals.size.bytes) bytes read"
                + (found.isEmpty ? "" : "; findings: " + found.joined(separator: ", ")),
            [
                "sound": .flag(totals.isSound), "logs": .count(totals.logs),
                "segments": .count(totals.segments), "batches": .count(totals.batches),
                "records": .number(totals.records), "bytes": .count(totals.size.bytes),
                "findings": .object(Self.counts(of: totals)),
            ])
    }
}
