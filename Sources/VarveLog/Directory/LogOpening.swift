internal import Synchronization
internal import VarveSystem
internal import VarveTerms

/// Opens one log of a data directory. It has all that it needs, so any thread can run it, and many
/// can run at a time: each touches only its own log's folder, and the checkpoints by their lock.
struct LogOpening: Sendable {
    /// The log's folder by its name, in the data directory at `directory`.
    let place: LogFolderName
    let directory: String
    let keeping: LogKeeping
    /// The topic's id that a new log gets; nil for a random one.
    var newTopicID: UniqueID?
    /// Whether the folder was just made with others, and its name is flushed.
    var isNamed = false
    /// Whether the directory was closed cleanly.
    let wasClosedCleanly: Bool
    let integrity: DirectoryIntegrity

    var name: LogName { place.log }
    /// The path of the log's folder.
    var folder: String { "\(directory)/\(place)" }

    private var settings: LogSettings { keeping.settings }
    private var surroundings: Surroundings { keeping.surroundings }
    private var checkpoints: DirectoryCheckpoints { keeping.checkpoints }
    private var fileSystem: any FileSystem { surroundings.fileSystem }

    /// Opens the log, recovers it where that is needed, and makes it when it is missing.
    func run(_ creation: DataDirectory.Creation) throws(LogError) -> Log {
        try settings.validate()
        try makeFolder(creation)
        let (known, rest) = try rest()
        let seen = try seen()
        var recovery = try recovery(known, rest, seen)
        let replaced = try recovery.settleReplacements()
        var topicID = known
        if topicID == nil { topicID = try makeTopicID(seen) }
        // Making the id, too, changes names: a file that an earlier making left gets its own.
        if topicID != known || !replaced.isEmpty {
            recovery = try self.recovery(topicID, rest, try self.seen())
        }
        var plan = try recovery.plan()
        plan.report.completedReplacements = replaced
        let active = try recovery.apply(&plan)
        let log = Log(
            name: name, topicID: topicID, plan: plan, active: active, recovery: recovery,
            keeping: keeping)
        log.takeUpQuarantine()
        // Who opens thousands of logs does not go on to read each of them.
        for segment in log.segments { segment.letGo() }
        return log
    }

    /// `run`, with its error as a value.
    func outcome(_ creation: DataDirectory.Creation) -> Result<Log, LogError> {
        do throws(LogError) {
            return .success(try run(creation))
        } catch {
            return .failure(error)
        }
    }

    /// What `run` would find and do, without doing it.
    /// - Throws: `.noSuchLog`; `.file`.
    func preview() throws(LogError) -> RecoveryReport {
        guard try wrapping({ () throws(FileError) in try fileSystem.status(at: folder) }) != nil
        else { throw .noSuchLog(path: folder) }
        let (known, rest) = try rest()
        return try recovery(known, rest).preview()
    }

    /// How the log was left when it was last in use.
    private struct Rest {
        /// What was said of its files when it was closed; nil when nobody says.
        var line: IntegrityRoot.LogLine?
        var isClosed: Bool
        /// Whether this life closed it.
        var isOfThisLife = false
        /// Whether the file that says whose log it is was held against the line.
        var isChecked = false
    }

    /// Whose log it is, as far as that is known, and how it was left.
    private func rest() throws(LogError) -> (topicID: UniqueID?, Rest) {
        let folder = "\(place)"
        let isOfThisLife = integrity.rested[folder] != nil
        if isOfThisLife || wasClosedCleanly {
            let line = integrity.line(of: folder)
            try integrity.checkMetadata(of: folder, line)
            return (
                try knownTopicID(),
                Rest(line: line, isClosed: true, isOfThisLife: isOfThisLife, isChecked: true)
            )
        }
        let known = try knownTopicID()
        let identity = LogIdentity(topicID: known, partition: name.partition)
        let line = try integrity.untouched(folder, of: identity)
        return (known, Rest(line: line, isClosed: line != nil))
    }

    /// The folder as it is; nil where a replacement of segments is to be settled first.
    private func seen() throws(LogError) -> LogFolder? {
        let names = try wrapping { () throws(FileError) in
            try FolderNames(folder, in: fileSystem)
        }
        guard !SegmentSwap(names.segments, in: folder).isPending else { return nil }
        return try LogFolder(folder, names, in: fileSystem)
    }

    /// - Parameter seen: the folder as it is, where that is known.
    private func recovery(
        _ topicID: UniqueID?, _ rest: Rest, _ seen: LogFolder? = nil
    ) throws(LogError) -> LogRecovery {
        let folder = folder
        var recovery = LogRecovery(
            folder: folder,
            files: SegmentFiles(
                folder: folder, fileSystem: fileSystem, creation: settings.segmentCreation),
            settings: settings, checkpointed: checkpoints.recoveryPoint(of: name),
            checkpointedStart: checkpoints.start(of: name), wasClosedCleanly: rest.isClosed,
            bootID: surroundings.bootID,
            integrity: try integrity.log(
                "\(place)", LogIdentity(topicID: topicID, partition: name.partition), rest.line,
                now: surroundings.clock.wallClock(), isMetadataChecked: rest.isChecked,
                seen: seen),
            compactedTo: checkpoints.rewritten(of: name), keepsEnds: rest.isOfThisLife)
        recovery.seen = seen
        return recovery
    }

    private func makeFolder(_ creation: DataDirectory.Creation) throws(LogError) {
        let status = try wrapping { () throws(FileError) in try fileSystem.status(at: folder) }
        guard status == nil else { return }
        guard creation == .createIfMissing else { throw .noSuchLog(path: folder) }
        // A row that a deleted log of this name left would speak of the new one.
        try checkpoints.settleForgotten()
        try wrapping { () throws(FileError) in try fileSystem.makeDirectory(folder) }
    }

    private func flushName() throws(LogError) {
        try wrapping { () throws(FileError) in try fileSystem.flushDirectory(directory) }
    }

    /// Gives a new folder, or one that never took a batch, a topic's id.
    private func makeTopicID(_ seen: LogFolder?) throws(LogError) -> UniqueID? {
        let there = try LogFolder(folder, seen: seen, in: fileSystem)
        guard there.segments.isEmpty else { return nil }
        // This opening made the folder, or one that failed to flush its name.
        if !isNamed { try flushName() }
        let made = PartitionMetadata(
            topicID: newTopicID ?? surroundings.randomness.uniqueID())
        do {
            try made.store(at: folder + "/" + PartitionMetadata.fileName, in: fileSystem)
        } catch {
            throw .checkpoint(error)
        }
        return made.topicID
    }

    private func knownTopicID() throws(LogError) -> UniqueID? {
        do {
            return try PartitionMetadata.load(
                folder + "/" + PartitionMetadata.fileName, in: fileSystem)?.topicID
        } catch {
            throw .checkpoint(error)
        }
    }
}

/// What became of an opening, on its way from the thread that ran it to the one that asked.
struct OpenedLog: @unchecked Sendable {
    // @unchecked: the thread that made the log hands it over, under a lock, and forgets it.
    let result: Result<Log, LogError>
}

extension ParallelWork {
    /// Runs openings of logs that are there, each to its own end.
    /// - Returns: what became of them, in order.
    func open(_ openings: [LogOpening]) -> [Result<Log, LogError>] {
        let outcomes = Mutex<[OpenedLog?]>(Array(repeating: nil, count: openings.count))
        run(openings.count) { number in
            let outcome = OpenedLog(result: openings[number].outcome(.mustExist))
            outcomes.withLock { $0[number] = outcome }
        }
        return outcomes.withLock { $0 }.map { outcome in
            guard let outcome else { preconditionFailure("a piece of work was not run") }
            return outcome.result
        }
    }
}
