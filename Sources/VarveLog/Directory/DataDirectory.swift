internal import VarveBytes
internal import VarveSystem
public import VarveTerms

/// A directory that holds one or many logs, owned by one process at a time: `meta.properties`,
/// the lock, the checkpoints, and a folder for each log, as Apache Kafka keeps them.
///
/// *Threads*: not `Sendable`; logs opened from it may each be owned by a thread of its own.
public final class DataDirectory {
    public let path: String
    /// Whose directory it is.
    public let properties: MetaProperties
    /// Whether it was closed cleanly when this opening took it over.
    public let wasClosedCleanly: Bool
    /// Files of the directory that are not what they were when it was closed, and whether another
    /// program opened it since. What is wrong with a log's files, its own report tells.
    public let findings: [Finding]
    /// Whether folders of deleted logs were there at the opening: `removeDeletedLogs` has to run.
    public let hasDeletedLogs: Bool
    /// Logs that had a folder at the opening, until somebody takes them.
    private var foundLogs: [LogName]
    /// Logs that are open, by name.
    public internal(set) var openLogs: [LogName: Log] = [:]
    /// Logs that are being copied here and are open, by the name that they will have.
    public internal(set) var openFutures: [LogName: Log] = [:]

    let surroundings: Surroundings
    let checkpoints: DirectoryCheckpoints
    /// What its logs share.
    let keeping: LogKeeping
    var integrity: DirectoryIntegrity
    private let brokerEpoch: Int64?
    /// What this opening put back into logs that a crash had left in the commit ring; nil when it
    /// left none.
    public let replayed: CommitRingContents?
    /// Where many logs share a flush.
    let ring: CommitRing
    private var lock: DirectoryLock?
    /// Folders of logs that were recovered, or found to need no recovery.
    var recovered: Set<String> = []
    /// Folders of logs that this life closed and whose ends file stayed.
    var restedWithEnds: Set<String> = []
    /// Folders that were made with others and are empty still. Their names are flushed.
    var madeFolders: Set<LogName> = []
    /// Logs that were deleted while the ring had bytes of them that could not be voided.
    var unsettled: Set<LogName> = []
    /// Folders of logs that could not be opened; nothing may be said of them at the close.
    var failed: Set<String> = []

    var fileSystem: any FileSystem { surroundings.fileSystem }

    /// What an opening may do to a path.
    public enum Creation: Hashable, Sendable {
        /// A missing or empty directory becomes a data directory.
        case createIfMissing
        /// The directory must be one already.
        case mustExist
    }

    /// Opens a data directory and takes its lock. No log is opened yet.
    ///
    /// On return the clean-shutdown marker is gone: a crash from here on is an unclean end.
    /// - Parameters:
    ///   - owner: whose directory a new one becomes; nil for an owner with random ids.
    ///   - commitRingSize: how large the file gets, at most, in which logs share flushes; it is
    ///     made with the first flush of several logs.
    /// - Throws: `.locked` when it is in use, by this process too; `.notADataDirectory` when
    ///   `path` is a file, or a directory with something else in it; `.file`, `.checkpoint`.
    public init(
        _ path: String, _ creation: Creation = .createIfMissing,
        owner: MetaProperties.Owner? = nil, commitRingSize: ByteCount = .mib(32),
        in surroundings: Surroundings
    ) throws(LogError) {
        let shape = try DirectoryShape(path, in: surroundings.fileSystem)
        try shape.check(creation)
        if shape.isMissing {
            try wrapping { () throws(FileError) in
                try DirectoryShape.make(path, in: surroundings.fileSystem)
            }
        }
        if !shape.hasProperties {
            try wrapping { () throws(FileError) in
                try DirectoryShape.settleNames(above: path, in: surroundings.fileSystem)
            }
        }
        self.path = path
        self.surroundings = surroundings
        hasDeletedLogs = !shape.deleted.isEmpty
        foundLogs = shape.logs
        lock = try DirectoryLock(
            path, processID: surroundings.processID, in: surroundings.fileSystem)
        integrity = try DirectoryIntegrity(
            path, folders: shape.folderNames, in: surroundings.fileSystem)
        try integrity.checkProperties()
        properties = try Self.properties(of: path, owner: owner, in: surroundings)
        do {
            checkpoints = try DirectoryCheckpoints(
                path: path, integrity: integrity, in: surroundings.fileSystem)
            let marker = try CleanShutdownMarker.load(
                path + "/" + CleanShutdownMarker.fileName, in: surroundings.fileSystem)
            wasClosedCleanly = marker != nil
            brokerEpoch = marker?.brokerEpoch
        } catch {
            throw .checkpoint(error)
        }
        keeping = LogKeeping(
            LogSettings(), surroundings: surroundings, checkpoints: checkpoints)
        ring = CommitRing(directory: path, capacity: commitRingSize.bytes, in: surroundings)
        var replay = CommitReplay(
            path, bootID: surroundings.bootID, in: surroundings.fileSystem)
        replayed = try replay.run(wasClosedCleanly: wasClosedCleanly)
        findings = try Self.settle(integrity, shape)
        if wasClosedCleanly {
            try wrapping { () throws(FileError) in
                try WholeFile.remove(
                    path + "/" + CleanShutdownMarker.fileName, in: surroundings.fileSystem)
            }
        }
        if !wasClosedCleanly, !shape.logs.isEmpty {
            // Whoever made a log's folder may have been killed before it flushed the name.
            try wrapping { () throws(FileError) in
                try surroundings.fileSystem.flushDirectory(path)
            }
        }
        // A crash may have come between the deletion of a log and that of its rows.
        checkpoints.forget(deletedIn: shape)
    }

    /// Takes away the root, and what it says cannot be believed.
    private static func settle(
        _ integrity: DirectoryIntegrity, _ shape: DirectoryShape
    ) throws(LogError) -> [Finding] {
        let folders = (shape.logs.map { LogFolderName($0) } + shape.futures).map { "\($0)" }
        return integrity.findings
            + (try wrapping { () throws(FileError) in try integrity.settle(folders) })
    }

    /// The logs that had a folder when the directory was opened; none the second time.
    func takeFoundLogs() -> [LogName] {
        defer { foundLogs = [] }
        return foundLogs
    }

    func checkOpen() throws(LogError) {
        guard lock != nil else { throw .closed(path: path) }
    }

    private static func properties(
        of path: String, owner: MetaProperties.Owner?, in surroundings: Surroundings
    ) throws(LogError) -> MetaProperties {
        let file = path + "/" + MetaProperties.fileName
        do {
            if let found = try MetaProperties.load(file, in: surroundings.fileSystem) {
                return found
            }
            let made = MetaProperties(
                owner ?? .node(1, cluster: "\(surroundings.randomness.uniqueID())"),
                directoryID: surroundings.randomness.uniqueID())
            try made.store(at: file, in: surroundings.fileSystem)
            return made
        } catch {
            throw .checkpoint(error)
        }
    }

    // MARK: Checkpoints and closing

    /// Records how far the open logs are flushed, so that a recovery reads only what follows.
    /// - Throws: the first failure; the other logs are recorded all the same.
    public func checkpoint() throws(LogError) {
        var first: LogError?
        for log in everyOpenLog {
            do {
                try log.noteForCheckpoint()
            } catch {
                first = first ?? error
            }
        }
        try checkpoints.store()
        if let first { throw first }
    }

    /// By place: a table's own order differs from one run to the next.
    private var everyOpenLog: [Log] {
        let logs = Array(openLogs.values) + Array(openFutures.values)
        return logs.sorted { $0.path < $1.path }
    }

    /// Closes every log, writes the checkpoints, and leaves the mark of a clean end last. On return
    /// Apache Kafka may open the directory, and so may this engine, without any recovery; but when
    /// the directory was taken over after a crash and some logs of it were not opened since, no
    /// mark is left, and the next opening recovers those.
    ///
    /// - Throws: what could not be done. No mark is left then and the next opening recovers, unless
    ///   it was only the flush of the mark's name that failed.
    public func close() throws(LogError) {
        guard lock != nil else { return }
        defer { lock = nil }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.cleanMarkerFirst.isPlanted {
                try? CleanShutdownMarker(brokerEpoch: -1).store(
                    at: path + "/" + CleanShutdownMarker.fileName, in: fileSystem)
            }
        #endif
        var first: LogError?
        let closed = everyOpenLog
        for log in closed {
            do {
                try log.close()
            } catch {
                first = first ?? error
            }
        }
        openLogs = [:]
        openFutures = [:]
        if let first {
            // What the others noted bounds their recovery.
            try? checkpoints.store()
            throw first
        }
        try wrapping { () throws(FileError) in try ring.remove() }
        try checkpoints.store()
        for log in closed { try log.removeEnds() }
        try removeRestedEnds()
        guard try mayBeMarked() else { return }
        let marker = CleanShutdownMarker(brokerEpoch: brokerEpoch ?? -1).printedByVarve()
        try integrity.storeRoot(
            of: closed.map { (WholeFile.name(of: $0.path), $0.rootLine) }, marker: marker,
            now: surroundings.clock.wallClock())
        do {
            try WholeFile.store(
                marker, at: path + "/" + CleanShutdownMarker.fileName, in: fileSystem)
        } catch {
            throw .checkpoint(.file(error))
        }
    }

    /// Whether the mark of a clean end may be left. It speaks for every log: one that nobody opened
    /// since a crash, or that could not be opened, would lose its recovery by it.
    private func mayBeMarked() throws(LogError) -> Bool {
        guard failed.isEmpty else { return false }
        if wasClosedCleanly { return true }
        let shape = try DirectoryShape(path, in: fileSystem)
        return recovered.isSuperset(
            of: (shape.logs.map { LogFolderName($0) } + shape.futures).map { "\(path)/\($0)" })
    }
}
