internal import VarveLog
internal import VarveTerms

/// `varve status`: one line for each log of a data directory.
enum StatusCommand {
    static let command = Command(
        "status", "show how a directory's logs are, or a running cluster",
        paragraphs: [
            "Opens nothing, takes no lock and changes nothing: it may run beside the owner. Damage "
                + "is what is known of: 'scrub' and 'verify' look for more. Directories of Apache "
                + "Kafka are shown alike.",
            "STATE is 'ok', or what is not: ranges that are fenced as damaged, indexes that are "
                + "missing.",
            "With --bootstrap and no DIR it shows a running cluster: brokers, features, and how "
                + "many partitions have no leader or replicas behind, which exit code 1 tells of.",
        ],
        positionals: [Positional("DIR", .optional, "the data directory")],
        options: ClusterPlace.options + [apis],
        examples: [
            .init("varve status --bootstrap localhost:9092", "a running broker"),
            .init("varve status data", "a table"),
            .init("varve status data --json", "one object for each log, for a script"),
        ],
        exitCodes: [.no, .unusable, .failed], run: run)

    static let apis = Switch("apis", "show the APIs of the broker, with their versions, as well")

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let console = invocation.console
        let namesBroker = invocation.arguments.has(ClusterPlace.bootstrap)
        guard namesBroker != !invocation.arguments.positionals.isEmpty else {
            throw .usage("status needs DIR, a data directory, or --bootstrap, a broker; not both")
        }
        if namesBroker {
            let status = try BrokerStatus(invocation.makeClient())
            try status.print(to: console, showsServices: invocation.arguments[apis])
            return status.isSound ? .done : .no
        }
        let status = try engine { () throws(LogError) in
            try DirectoryStatus(
                invocation.directory, in: invocation.surroundings.fileSystem)
        }
        var table = TextTable(heads)
        var isSound = true
        for (name, log) in status.logs {
            switch log {
            case .success(let log):
                isSound = isSound && log.quarantine.isEmpty
                if console.isJSON { try console.output.line(json(log)) }
                table.add(row(log))
            case .failure(let error):
                isSound = false
                if console.isJSON {
                    try console.output.line(["log": .text("\(name)"), "error": .text("\(error)")])
                }
                table.add(
                    ["\(name)"] + Array(repeating: "?", count: heads.count - 2) + ["\(error)"])
            }
        }
        if !console.isJSON, !status.logs.isEmpty {
            for line in table.lines { try console.output.line(line) }
        }
        try conclude(status, console)
        return isSound ? .done : .no
    }

    private static func conclude(
        _ status: DirectoryStatus, _ console: Console
    ) throws(CommandError) {
        let properties = status.properties
        let owner = properties.map {
            "node \($0.nodeID.map { "\($0)" } ?? "?") of cluster \($0.clusterID ?? "?")"
        }
        let size = status.logs.reduce(0) { sum, log in
            sum + ((try? log.status.get())?.size.bytes ?? 0)
        }
        try console.summarise(
            "\(status.path): \(owner ?? "no meta.properties"), \(status.logs.count) logs, "
                + "\(size) bytes, "
                + (status.wasClosedCleanly ? "closed cleanly" : "open, or not closed cleanly")
                + (status.commitRing.map { "; " + RingText.summary(of: $0) } ?? "")
                + (status.others.isEmpty
                    ? ""
                    : "; also " + status.others.map { "\($0)" }.joined(separator: ", ")),
            [
                "path": .text(status.path), "logs": .count(status.logs.count),
                "bytes": .count(size), "closedCleanly": .flag(status.wasClosedCleanly),
                "nodeId": properties?.nodeID.map { .number(Int64($0)) } ?? .null,
                "clusterId": properties?.clusterID.map { .text($0) } ?? .null,
                "directoryId": properties?.directoryID.map { .text("\($0)") } ?? .null,
                "commitRing": status.commitRing.map { RingText.json(of: $0) } ?? .null,
                "otherFolders": .list(status.others.map { .text("\($0)") }),
            ])
    }

    // MARK: Rows

    private static let heads = [
        "LOG", "TOPIC ID", "START", "END", "FLUSHED", "BYTES", "SEGMENTS", "EPOCHS", "PRODUCERS",
        "SIDECARS", "STATE",
    ]

    private static func row(_ log: LogStatus) -> [String] {
        let producers = log.producerCount.map { count in
            let open = log.openTransactionCount ?? 0
            return open == 0 ? "\(count)" : "\(count) (\(open) open)"
        }
        let epochs = log.latestEpoch.map { "\(log.epochCount) (to \($0))" }
        return [
            "\(log.name)", log.topicID.map { "\($0)" } ?? "-", "\(log.start)", "\(log.end)",
            log.recoveryPoint.map { "\($0)" } ?? "-", "\(log.size)", "\(log.segmentCount)",
            epochs ?? "-", producers ?? "-", "\(log.sidecarCount) of \(log.segmentCount)",
            state(log),
        ]
    }

    private static func state(_ log: LogStatus) -> String {
        var parts: [String] = []
        if !log.quarantine.isEmpty { parts.append("\(log.quarantine.ranges.count) damaged") }
        if log.missingIndexCount > 0 { parts.append("\(log.missingIndexCount) indexes missing") }
        return parts.isEmpty ? "ok" : parts.joined(separator: ", ")
    }

    private static func json(_ log: LogStatus) -> JSON {
        [
            "log": .text("\(log.name)"), "topicId": log.topicID.map { .text("\($0)") } ?? .null,
            "startOffset": .number(log.start.rawValue), "endOffset": .number(log.end.rawValue),
            "recoveryPoint": log.recoveryPoint.map { .number($0.rawValue) } ?? .null,
            "bytes": .count(log.size.bytes), "segments": .count(log.segmentCount),
            "epochs": .count(log.epochCount),
            "latestEpoch": log.latestEpoch.map { .number(Int64($0.rawValue)) } ?? .null,
            "producers": log.producerCount.map { .count($0) } ?? .null,
            "openTransactions": log.openTransactionCount.map { .count($0) } ?? .null,
            "missingIndexes": .count(log.missingIndexCount),
            "sidecars": .count(log.sidecarCount),
            "damaged": .list(
                log.quarantine.ranges.map { range in
                    [
                        "segment": .number(range.segment.rawValue),
                        "position": .count(range.positions.lowerBound.bytes),
                        "endPosition": .count(range.positions.upperBound.bytes),
                        "firstOffset": .number(range.offsets.lowerBound.rawValue),
                        "endOffset": .number(range.offsets.upperBound.rawValue),
                        "reason": .text(range.reason),
                        "foundMs": .number(range.found.milliseconds),
                    ]
                }),
        ]
    }
}

/// Columns of text, numbers to the right.
struct TextTable {
    private var rows: [[String]]

    init(_ heads: [String]) { rows = [heads] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var lines: [String] {
        let widths = rows[0].indices.map { column in
            rows.reduce(0) { max($0, $1[column].count) }
        }
        let isNumber = rows[0].indices.map { column in
            rows.dropFirst().allSatisfy { row in row[column].allSatisfy { $0.isNumber || $0 == "-" }
            }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - cell.count)
                line += (column == 0 ? "" : "  ") + (isNumber[column] ? space + cell : cell + space)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
