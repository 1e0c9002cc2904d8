internal import VarveSystem
internal import VarveTerms

/// What opening a data directory would find and do, found out without doing it: nothing is written
/// or removed, not even the mark of a clean end. While this object lives nobody else can open the
/// directory, where its lock may be taken at all.
///
/// *Threads*: not `Sendable`.
public final class RecoveryPreview {
    private let path: String
    private let surroundings: Surroundings
    private let checkpoints: DirectoryCheckpoints
    private let integrity: DirectoryIntegrity
    private let shape: DirectoryShape
    private let lock: OpenFile?
    /// Whether the directory was closed cleanly.
    public let wasClosedCleanly: Bool
    /// What an opening would put into the logs' files before it looks at any of them; nil when
    /// there is nothing. The reports tell of the logs as they are without it.
    public let commitRing: CommitRingContents?

    /// - Throws: `.notADataDirectory`; `.locked` when somebody has it open; `.file`.
    public init(_ path: String, in surroundings: Surroundings) throws(LogError) {
        let fileSystem = surroundings.fileSystem
        self.path = path
        self.surroundings = surroundings
        shape = try DirectoryShape(path, in: fileSystem)
        try shape.check(.mustExist)
        lock = try Self.lock(path, in: fileSystem)
        integrity = try DirectoryIntegrity(path, in: fileSystem)
        do {
            checkpoints = try DirectoryCheckpoints(
                path: path, integrity: integrity, in: fileSystem)
        } catch {
            throw .checkpoint(error)
        }
        wasClosedCleanly = try wrapping { () throws(FileError) in
            try fileSystem.status(at: path + "/" + CleanShutdownMarker.fileName) != nil
        }
        commitRing = try CommitRingContents(of: path, in: fileSystem)
    }

    /// Holds the lock where there is a lock file that may be opened; nothing is made.
    private static func lock(
        _ path: String, in fileSystem: any FileSystem
    ) throws(LogError) -> OpenFile? {
        guard let file = try openLock(path + "/" + DirectoryLock.fileName, in: fileSystem) else {
            return nil
        }
        switch try wrapping({ () throws(FileError) in try file.lock() }) {
        case .acquired: return file
        case .heldBy(let processID): throw .locked(path: path, processID: processID)
        }
    }

    private static func openLock(
        _ path: String, in fileSystem: any FileSystem
    ) throws(LogError) -> OpenFile? {
        do {
            return try OpenFile(path, .readWrite, in: fileSystem)
        } catch {
            switch error.error {
            case .notFound, .accessDenied, .notPermitted, .readOnly: return nil
            default: throw .file(error)
            }
        }
    }

    /// The logs of the directory, in order of name, or the one that is asked for.
    /// - Throws: `.noSuchLog` when that one is missing.
    public func logNames(only name: LogName? = nil) throws(LogError) -> [LogName] {
        guard let name else { return shape.logs }
        guard shape.logs.contains(name) else {
            throw .noSuchLog(path: path + "/" + name.folder)
        }
        return [name]
    }

    /// What opening the log would find and do.
    /// - Complexity: as opening it: reads what lies above its known-flushed offset.
    public func report(
        of name: LogName, settings: LogSettings = LogSettings()
    ) throws(LogError) -> RecoveryReport {
        let folder = path + "/" + name.folder
        let metadata = try? PartitionMetadata.load(
            folder + "/" + PartitionMetadata.fileName, in: surroundings.fileSystem)
        let recovery = LogRecovery(
            folder: folder,
            files: SegmentFiles(
                folder: folder, fileSystem: surroundings.fileSystem,
                creation: settings.segmentCreation),
            settings: settings, checkpointed: checkpoints.recoveryPoint(of: name),
            checkpointedStart: checkpoints.start(of: name), wasClosedCleanly: wasClosedCleanly,
            bootID: surroundings.bootID,
            integrity: try integrity.log(
                name.folder,
                LogIdentity(topicID: metadata?.topicID, partition: name.partition),
                now: surroundings.clock.wallClock()),
            compactedTo: checkpoints.rewritten(of: name))
        return try recovery.preview()
    }
}
