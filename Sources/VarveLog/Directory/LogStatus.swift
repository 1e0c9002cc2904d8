public import VarveSystem
public import VarveTerms

/// What one log of a data directory looks like from outside, without opening or changing it.
public struct LogStatus: Hashable, Sendable {
    public var name: LogName
    /// Nil in a log from before there were ids, and where the file cannot be read.
    public var topicID: UniqueID?
    /// The offset of the first record, and the one after the last.
    public var start: Offset
    public var end: Offset
    /// Up to where the checkpoint says that the log is flushed; nil without a row.
    public var recoveryPoint: Offset?
    /// Bytes of batches.
    public var size: ByteCount
    public var segmentCount: Int
    public var epochCount: Int
    public var latestEpoch: LeaderEpoch?
    /// Producers that the newest snapshot knows, and how many of them had a transaction open; nil
    /// without a snapshot that can be read.
    public var producerCount: Int?
    public var openTransactionCount: Int?
    /// Index files that segments with batches lack.
    public var missingIndexCount: Int
    /// Segments that have a sidecar.
    public var sidecarCount: Int
    /// What is known to be damaged.
    public var quarantine: Quarantine
}

/// What a data directory looks like from outside: whose it is, how it was left, and its logs. It
/// takes no lock and changes nothing; what an owner does meanwhile may show in one number and not
/// in another.
public struct DirectoryStatus: Sendable {
    public let path: String
    /// Nil when there is no file, or none that can be read.
    public let properties: MetaProperties?
    public let wasClosedCleanly: Bool
    /// Each log, in order of name, or why nothing can be said of it.
    public let logs: [(name: LogName, status: Result<LogStatus, LogError>)]
    /// Folders of logs on their way in or out, and strays.
    public let others: [LogFolderName]
    /// Flushes that logs shared and that are not in their own files yet; nil when there are none.
    public let commitRing: CommitRingContents?

    /// - Throws: `.notADataDirectory`; `.file`.
    /// - Complexity: reads names and small files, and of each log what lies behind the last index
    ///   entry.
    public init(_ path: String, in fileSystem: any FileSystem) throws(LogError) {
        let shape = try DirectoryShape(path, in: fileSystem)
        try shape.check(.mustExist)
        self.path = path
        properties = try? MetaProperties.load(
            path + "/" + MetaProperties.fileName, in: fileSystem)
        wasClosedCleanly = try wrapping { () throws(FileError) in
            try fileSystem.status(at: path + "/" + CleanShutdownMarker.fileName) != nil
        }
        others = shape.others
        commitRing = try CommitRingContents(of: path, in: fileSystem)
        let rows = try? OffsetCheckpoint.load(
            path + "/" + OffsetCheckpoint.recoveryPointFileName, in: fileSystem)
        logs = shape.logs.map { name in
            do throws(LogError) {
                let status = try LogStatus(
                    name, in: path, recoveryPoint: rows?.offsets[name], fileSystem)
                return (name, .success(status))
            } catch {
                return (name, .failure(error))
            }
        }
    }
}

extension LogStatus {
    fileprivate init(
        _ name: LogName, in directory: String, recoveryPoint: Offset?,
        _ fileSystem: any FileSystem
    ) throws(LogError) {
        let log = try ReadOnlyLog(name, in: directory, fileSystem: fileSystem)
        let folder = log.path
        let listing = try FolderListing(folder, in: fileSystem)
        let history =
            (try? LeaderEpochCheckpoint.load(
                folder + "/" + LeaderEpochCheckpoint.fileName, in: fileSystem))?.history
        self.init(
            name: name, topicID: Self.topicID(in: folder, fileSystem), start: log.ends.start,
            end: log.ends.written, recoveryPoint: recoveryPoint, size: log.size,
            segmentCount: listing.segments.count, epochCount: history?.entries.count ?? 0,
            latestEpoch: history?.latest?.epoch, missingIndexCount: 0, sidecarCount: 0,
            quarantine: log.reader.quarantine)
        try countFiles(in: folder, listing, fileSystem)
        if let newest = listing.snapshots.last { readProducers(newest, fileSystem) }
    }

    private static func topicID(in folder: String, _ fileSystem: any FileSystem) -> UniqueID? {
        let path = folder + "/" + PartitionMetadata.fileName
        return (try? PartitionMetadata.load(path, in: fileSystem))?.topicID
    }

    private mutating func countFiles(
        in folder: String, _ listing: FolderListing, _ fileSystem: any FileSystem
    ) throws(LogError) {
        let entries = try wrapping { () throws(FileError) in try fileSystem.entries(of: folder) }
        let names = Set(entries.map(\.name))
        for (base, size, _) in listing.segments where size > 0 {
            for content in [SegmentFileName.Content.index, .timeIndex]
            where !names.contains("\(SegmentFileName(base, content))") {
                missingIndexCount += 1
            }
        }
        sidecarCount = names.count { $0.hasSuffix(".varve") }
    }

    private mutating func readProducers(_ path: String, _ fileSystem: any FileSystem) {
        guard
            let bytes = try? WholeFile.load(
                path, sizeMax: ProducerSnapshotFile.sizeMax, in: fileSystem),
            let snapshot = ProducerSnapshotFile(parsing: bytes), snapshot.isCRCRight
        else { return }
        producerCount = snapshot.producers.count
        openTransactionCount = snapshot.producers.count { $0.currentTransactionFirstOffset >= 0 }
    }
}
