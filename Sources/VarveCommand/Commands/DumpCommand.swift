internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// `varve dump`: prints what stands in the files of logs, whoever wrote them.
enum DumpCommand {
    static let shallow = Switch("shallow", "batches only: records are not looked into")

    static let command = Command(
        "dump", "print what stands in log files, indexes and checkpoints",
        paragraphs: [
            "A PATH is a file (.log, .index, .timeindex, .txnindex, .snapshot, .checkpoint, "
                + "varve.ends, a commit ring, meta.properties, partition.metadata or a text "
                + "checkpoint), the folder of a log, or a data directory. Nothing is changed and "
                + "no lock is taken.",
            "Keys and values are shown as text where they can be printed, else in hex. With --json "
                + "each line is one batch, index or file, and keys and values are in hex.",
        ],
        positionals: [Positional("PATH", .many, "files, log folders and data directories")],
        options: [shallow],
        examples: [
            .init("varve dump data/log-0", "the files of one log, record by record"),
            .init(
                "varve dump --shallow 00000000000000000000.log", "the batches of one segment"),
        ],
        exitCodes: [.unusable, .failed, .corrupt], run: run)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let paths = invocation.arguments.positionals
        guard !paths.isEmpty else {
            throw .usage("dump needs a PATH: a file, a log's folder or a data directory")
        }
        var dump = Dump(invocation)
        for path in paths { try dump.print(trimmed(path)) }
        return dump.isDamaged ? .corrupt : .done
    }

    /// The path without slashes at its end.
    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}

/// One run of `varve dump`.
struct Dump {
    let console: Console
    let fileSystem: any FileSystem
    let isShallow: Bool
    /// Whether some bytes were not what was written.
    var isDamaged = false

    init(_ invocation: Invocation) {
        console = invocation.console
        fileSystem = invocation.surroundings.fileSystem
        isShallow = invocation.arguments[DumpCommand.shallow]
    }

    /// Prints a file, the files of a log's folder, or all of a data directory's.
    mutating func print(_ path: String) throws(CommandError) {
        let fileSystem = fileSystem
        let status = try files { () throws(FileError) in try fileSystem.status(at: path) }
        guard let status else { throw .file(FileError(.open, path, .notFound)) }
        let name = DumpFile.lastPart(of: path)
        guard status.kind == .directory else {
            guard let kind = DumpFile(name) else {
                throw .ended(
                    .unusable, "\(path) is no file that dump knows; 'varve dump --help' lists them")
            }
            return try printFile(path, as: name, kind)
        }
        let printed = try printFolder(path, prefix: "")
        guard printed > 0 else {
            throw .ended(.unusable, "\(path) has no log, index or checkpoint in it")
        }
    }

    /// Prints the files of a folder in order of name, then those of the logs in it.
    /// - Returns: how many files and log folders there were.
    private mutating func printFolder(
        _ folder: String, prefix: String
    ) throws(CommandError) -> Int {
        let fileSystem = fileSystem
        let entries = try files { () throws(FileError) in try fileSystem.entries(of: folder) }
            .sorted { $0.name < $1.name }
        var count = 0
        for entry in entries where entry.kind == .file {
            guard let kind = DumpFile(entry.name) else { continue }
            try printFile(folder + "/" + entry.name, as: prefix + entry.name, kind)
            count += 1
        }
        guard prefix.isEmpty else { return count }
        for entry in entries where entry.kind == .directory {
            guard LogFolderName(entry.name) != nil || entry.name == "varve.commit" else { continue }
            _ = try printFolder(folder + "/" + entry.name, prefix: entry.name + "/")
            count += 1
        }
        return count
    }

    private mutating func printFile(
        _ path: String, as name: String, _ kind: DumpFile
    ) throws(CommandError) {
        try console.checkStop()
        switch kind {
        case .batches: try printBatches(path, as: name)
        case .offsetIndex, .timeIndex: try printIndex(path, as: name, kind)
        case .transactionIndex: try printTransactions(path, as: name)
        case .snapshot: try printSnapshot(path, as: name)
        case .ends: try printEnds(path, as: name)
        case .ring: try printRing(path, as: name)
        case .text: try printText(path, as: name)
        }
    }

    /// Remembers damage, and tells of it beside the answer.
    mutating func noteDamage(_ text: String) {
        isDamaged = true
        console.warn(text)
    }

    /// The whole of a file that is small, or an index.
    func content(of path: String) throws(CommandError) -> [UInt8] {
        do throws(CheckpointError) {
            return try WholeFile.load(path, sizeMax: .mib(512), in: fileSystem) ?? []
        } catch {
            throw .log(.checkpoint(error))
        }
    }
}
