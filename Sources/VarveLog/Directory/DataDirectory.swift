internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

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
    /// Logs that are open, by name.
    public private(set) var openLogs: [LogName: Log] = [:]

    private let surroundings: Surroundings
    private let checkpoints: DirectoryCheckpoints
    private let brokerEpoch: Int64?
    private var lock: DirectoryLock?
    /// Logs that this opening recovered.
    private var recovered: Set<LogName> = []

    private var fileSystem: any FileSystem { surroundings.fileSystem }

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
    /// - Throws: `.locked` when it is in use, by this process too; `.notADataDirectory` when
    ///   `path` is a file, or a directory with something else in it; `.file`, `.checkpoint`.
    public init(
        _ path: String, _ creation: Creation = .createIfMissing, in surroundings: Surroundings
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
        lock = try DirectoryLock(
            path, processID: surroundings.processID, in: surroundings.fileSystem)
        properties = try Self.properties(of: path, in: surroundings)
        do {
            checkpoints = try DirectoryCheckpoints(path: path, in: surroundings.fileSystem)
            let marker = try CleanShutdownMarker.load(
                path + "/" + CleanShutdownMarker.fileName, in: surroundings.fileSystem)
            wasClosedCleanly = marker != nil
            brokerEpoch = marker?.brokerEpoch
        } catch {
            throw .checkpoint(error)
        }
        if wasClosedCleanly {
            try wrapping { () throws(FileError) in
                try WholeFile.remove(
                    path + "/" + CleanShutdownMarker.fileName, in: surroundings.fileSystem)
            }
        }
    }

    private static func properties(
        of path: String, in surroundings: Surroundings
    ) throws(LogError) -> MetaProperties {
        let file = path + "/" + MetaProperties.fileName
        do {
            if let found = try MetaProperties.load(file, in: surroundings.fileSystem) {
                return found
            }
            let made = MetaProperties(
                .node(1, cluster: "\(surroundings.randomness.uniqueID())"),
                directoryID: surroundings.randomness.uniqueID())
            try made.store(at: file, in: surroundings.fileSystem)
            return made
        } catch {
            throw .checkpoint(error)
        }
    }

    // MARK: Logs

    /// The logs that have a folder here, in order of name.
    public func logNames() throws(LogError) -> [LogName] {
        try DirectoryShape(path, in: fileSystem).logs
    }

    /// Opens a log, recovers it where that is needed, and makes it when it is missing.
    ///
    /// - Throws: `.noSuchLog` when it is missing and `creation` says so; `.setting`; `.file`;
    ///   `.closed` when the directory is closed.
    /// - Complexity: reads only what lies above the log's known-flushed offset.
    public func openLog(
        _ name: LogName, settings: LogSettings = LogSettings(),
        _ creation: Creation = .createIfMissing
    ) throws(LogError) -> Log {
        guard lock != nil else { throw .closed(path: path) }
        if let open = openLogs[name] { return open }
        try settings.validate()
        let folder = path + "/" + name.folder
        try makeFolder(folder, creation)
        let topicID = try topicID(in: folder)
        let recovery = recovery(of: name, settings: settings)
        var plan = try recovery.plan()
        let active = try recovery.apply(&plan)
        let log = Log(
            name: name, topicID: topicID, settings: settings, plan: plan, active: active,
            files: recovery.files, surroundings: surroundings, checkpoints: checkpoints)
        openLogs[name] = log
        recovered.insert(name)
        return log
    }

    /// What opening a log would find and do, without doing it.
    /// - Throws: `.noSuchLog`; `.file`.
    public func previewRecovery(
        of name: LogName, settings: LogSettings = LogSettings()
    ) throws(LogError) -> RecoveryReport {
        guard lock != nil else { throw .closed(path: path) }
        if let open = openLogs[name] { return open.recovery }
        let folder = path + "/" + name.folder
        guard try wrapping({ () throws(FileError) in try fileSystem.status(at: folder) }) != nil
        else { throw .noSuchLog(path: folder) }
        return try recovery(of: name, settings: settings).plan().report
    }

    private func recovery(of name: LogName, settings: LogSettings) -> LogRecovery {
        let folder = path + "/" + name.folder
        return LogRecovery(
            folder: folder,
            files: SegmentFiles(
                folder: folder, fileSystem: fileSystem, creation: settings.segmentCreation),
            settings: settings, checkpointed: checkpoints.recoveryPoint(of: name),
            checkpointedStart: checkpoints.start(of: name), wasClosedCleanly: wasClosedCleanly,
            bootID: surroundings.bootID)
    }

    private func makeFolder(_ folder: String, _ creation: Creation) throws(LogError) {
        try wrapping { () throws(FileError) -> Void? in
            let status = try fileSystem.status(at: folder)
            if status != nil {
                // An opening that was killed may have made it, and not lived to flush the name.
                if !wasClosedCleanly { try fileSystem.flushDirectory(path) }
                return ()
            }
            guard creation == .createIfMissing else { return nil }
            try fileSystem.makeDirectory(folder)
            try fileSystem.flushDirectory(path)
            return ()
        }.orThrow(.noSuchLog(path: folder))
    }

    /// The topic's id; a new folder, or one that never took a batch, is given one.
    private func topicID(in folder: String) throws(LogError) -> UniqueID? {
        let file = folder + "/" + PartitionMetadata.fileName
        do {
            if let found = try PartitionMetadata.load(file, in: fileSystem) {
                return found.topicID
            }
            guard try LogFolder(folder, in: fileSystem).segments.isEmpty else { return nil }
            let made = PartitionMetadata(topicID: surroundings.randomness.uniqueID())
            try made.store(at: file, in: fileSystem)
            return made.topicID
        } catch let error as CheckpointError {
            throw .checkpoint(error)
        } catch let error as LogError {
            throw error
        } catch {
            preconditionFailure("nothing else is thrown")
        }
    }

    // MARK: Flushing and closing

    /// Makes everything that was appended to `logs` durable: the one place where many logs share
    /// a flush.
    /// - Throws: the first failure; the other logs are flushed all the same.
    public func flush(_ logs: [Log]) throws(LogError) {
        var first: LogError?
        for log in logs {
            do {
                try log.flush()
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    /// Records how far the open logs are flushed, so that a recovery reads only what follows.
    public func checkpoint() throws(LogError) {
        for log in openLogs.values { try log.noteForCheckpoint() }
        try checkpoints.store()
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
        var first: LogError?
        for log in openLogs.values {
            do {
                try log.close()
            } catch {
                first = first ?? error
            }
        }
        let closed = openLogs.values
        openLogs = [:]
        if let first { throw first }
        try checkpoints.store()
        for log in closed { try log.removeEnds() }
        // The mark speaks for every log: one that nobody opened since a crash would lose its
        // recovery by it.
        let names = try logNames()
        guard wasClosedCleanly || recovered.isSuperset(of: names) else { return }
        do {
            try CleanShutdownMarker(brokerEpoch: brokerEpoch ?? -1).store(
                at: path + "/" + CleanShutdownMarker.fileName, in: fileSystem)
        } catch {
            throw .checkpoint(error)
        }
    }
}

extension Optional {
    func orThrow(_ error: LogError) throws(LogError) {
        guard self != nil else { throw error }
    }
}
