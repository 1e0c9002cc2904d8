internal import VarveLog
internal import VarveTerms

/// `varve repair`: puts back what is damaged or missing, from other copies of the directory.
enum RepairCommand {
    static let from = ListParameter(
        "from", .text("DIR2", allowed: "the path of a data directory"),
        "another copy of the directory; may be given more than once")
    static let log = OptionalParameter(
        "log", .logName, "only this log of the directory, by its folder's name")
    static let dryRun = Switch("dry-run", "say what could be repaired, and write nothing")

    static let command = Command(
        "repair", "put back damaged or missing records from other copies",
        paragraphs: [
            "Reads every log of DIR whole. What is damaged, or missing below the last "
                + "known-flushed offset, is taken batch by batch from whichever copy has it "
                + "sound: copies that are damaged at different places make up for each other. "
                + "Copies are directories that Varve or Apache Kafka wrote; they are only read, "
                + "and should not be in use.",
            "A batch is taken only where its checksum holds, its offsets and leader epoch "
                + "fit between the sound batches on both sides, all copies that have it agree, "
                + "and the topic id or the batches around the damage show that it is a copy of "
                + "this log. What no copy has stays fenced and is named. Each segment is written "
                + "anew beside the old one, read again, and renamed: a crash leaves the old one "
                + "or the new one.",
        ],
        positionals: [LogPlace.directory],
        options: [from, log, dryRun],
        examples: [
            .init("varve repair data --from /backup/data --dry-run", "what would come back"),
            .init("varve repair data --from r2/data --from r3/data", "from two other replicas"),
        ],
        exitCodes: [.no, .unusable, .failed], run: run)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let donors = invocation.arguments[from]
        guard !donors.isEmpty else {
            throw .usage("repair needs --from DIR2: another copy of the directory")
        }
        let console = invocation.console
        let repair = try engine { () throws(LogError) in
            try Repair(invocation.directory, from: donors, in: invocation.surroundings)
        }
        let names = try engine { () throws(LogError) in
            try repair.logNames(only: invocation.arguments[log])
        }
        let mode: Repair.Mode = invocation.arguments[dryRun] ? .dryRun : .write
        var total = 0
        for name in names {
            total += try engine { () throws(LogError) in try repair.size(of: name).bytes }
        }
        let progress = console.startProgress("repair", total: total, .bytes)
        var (done, tally) = (0, Tally())
        for name in names {
            try console.checkStop()
            let report = try engine { () throws(LogError) in
                try repair.run(name, mode) { size in
                    done += size.bytes
                    progress.advance(to: done)
                    return !console.isStopping
                }
            }
            if report.isStopped { try console.checkStop() }
            tally.add(report)
            try RepairText(name: name, report: report, mode: mode).print(to: console)
        }
        try tally.conclude(names.count, mode, console)
        return tally.isWhole && (mode == .write || tally.repaired == 0) ? .done : .no
    }

    /// What became of all logs.
    private struct Tally {
        var repaired = 0
        var left = 0

        var isWhole: Bool { left == 0 }

        mutating func add(_ report: RepairReport) {
            repaired += report.places.count { !$0.repaired.isEmpty }
            left += report.places.count { !$0.left.isEmpty }
        }

        func conclude(
            _ logs: Int, _ mode: Repair.Mode, _ console: Console
        ) throws(CommandError) {
            let verb = mode == .write ? "repaired" : "could be repaired"
            let isNothing = repaired == 0 && left == 0
            try console.summarise(
                isNothing
                    ? "\(logs) logs are whole; nothing to repair"
                    : "\(repaired) damaged ranges \(verb), \(left) stay in whole or in part"
                        + (mode == .write ? "" : "; nothing was changed"),
                [
                    "logs": .count(logs), "repaired": .count(repaired), "left": .count(left),
                    "done": .flag(mode == .write),
                ])
        }
    }
}

/// What a repair says of one log.
private struct RepairText {
    let name: LogName
    let report: RepairReport
    let mode: Repair.Mode

    func print(to console: Console) throws(CommandError) {
        guard !console.isJSON else { return try console.output.line(json) }
        for refused in report.refusedDonors where !report.places.isEmpty {
            console.warn("\(name): a copy is of no use: \(refused)")
        }
        console.clearProgress()
        for place in report.places {
            let size = place.positions.lowerBound.distance(to: place.positions.upperBound)
            try console.output.line(
                "\(name): segment \(place.segment), \(size) bytes at "
                    + "\(place.positions.lowerBound), "
                    + "offsets \(Self.text(of: place.offsets)): \(place.reason)")
            let verb = mode == .write ? "repaired" : "can be repaired"
            for offsets in place.repaired {
                try console.output.line("  \(verb): offsets \(Self.text(of: offsets))")
            }
            for source in place.sources { try console.output.line("    from \(source)") }
            for offsets in place.left {
                try console.output.line("  stays damaged: offsets \(Self.text(of: offsets))")
            }
            for refusal in place.refusals { try console.output.line("    \(refusal)") }
        }
    }

    /// `5 to 9`; offsets of a batch that has one record alone as `5`.
    private static func text(of offsets: Range<Offset>) -> String {
        let last = max(offsets.lowerBound.rawValue, offsets.upperBound.rawValue - 1)
        return last == offsets.lowerBound.rawValue
            ? "\(offsets.lowerBound)" : "\(offsets.lowerBound) to \(last)"
    }

    private var json: JSON {
        [
            "log": .text("\(name)"), "whole": .flag(report.isWhole),
            "refusedDonors": .list(report.refusedDonors.map { .text($0) }),
            "places": .list(
                report.places.map { place in
                    [
                        "segment": .number(place.segment.rawValue),
                        "position": .count(place.positions.lowerBound.bytes),
                        "endPosition": .count(place.positions.upperBound.bytes),
                        "offsets": Self.json(place.offsets), "reason": .text(place.reason),
                        "repaired": .list(place.repaired.map(Self.json)),
                        "left": .list(place.left.map(Self.json)),
                        "sources": .list(place.sources.map { .text($0) }),
                        "refusals": .list(place.refusals.map { .text($0) }),
                    ]
                }),
        ]
    }

    private static func json(_ offsets: Range<Offset>) -> JSON {
        [.number(offsets.lowerBound.rawValue), .number(offsets.upperBound.rawValue)]
    }
}
