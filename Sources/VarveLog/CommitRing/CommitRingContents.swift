public import VarveSystem
public import VarveTerms

/// What the commit ring of a data directory holds: flushes that many logs shared, and that are not
/// in the logs' own files yet, as far as anybody can be sure. After a crash an opening puts them
/// there; a clean close leaves no ring.
public struct CommitRingContents: Hashable, Sendable {
    /// The ring's file.
    public var path: String
    /// Shared flushes.
    public var frameCount = 0
    /// What they have of each log, in order of folder.
    public internal(set) var shares: [Share] = []
    /// Where the ring is damaged. What stood there is lost, unless the logs' own files have it: the
    /// openings of the logs tell.
    public internal(set) var damage: [Range<FilePosition>] = []

    /// What the ring has of one log.
    public struct Share: Hashable, Sendable {
        /// The log's folder in the data directory.
        public var folder: String
        /// Whether the folder is there and of the same log: otherwise nothing is put back.
        public var isPresent: Bool
        /// How many shared flushes have bytes of it.
        public var entryCount = 0
        /// Bytes of batches.
        public var size = ByteCount.zero
        /// The offset after the last record.
        public var end = Offset.zero
    }

    /// Bytes of batches that an opening puts back.
    public var size: ByteCount {
        shares.reduce(.zero) { $1.isPresent ? $0 + $1.size : $0 }
    }

    /// Looks at the ring of the data directory at `directory`; changes nothing.
    ///
    /// - Returns: nil when there is no ring, or nothing of it counts, since the directory was
    ///   closed cleanly.
    /// - Throws: `.file`.
    public init?(of directory: String, in fileSystem: any FileSystem) throws(LogError) {
        let marker = directory + "/" + CleanShutdownMarker.fileName
        let isClean = try wrapping { () throws(FileError) in
            try fileSystem.status(at: marker) != nil
        }
        guard !isClean else { return nil }
        var search = CommitRingSearch(directory, in: fileSystem)
        let found = try wrapping { () throws(FileError) in
            try search.run { (_, _) throws(FileError) in }
        }
        guard let found else { return nil }
        self = found
    }

    /// Whether an opening puts back bytes of the log.
    public func holds(_ name: LogName) -> Bool {
        shares.contains { $0.isPresent && $0.folder == name.folder }
    }

    init(path: String) { self.path = path }
}

/// Goes through a ring that nobody writes to.
struct CommitRingSearch {
    private let directory: String
    private let fileSystem: any FileSystem
    private var contents: CommitRingContents
    private var standings: [CommitEntry.Log: Bool] = [:]

    init(_ directory: String, in fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
        let folder = directory + "/" + CommitRing.folderName
        contents = CommitRingContents(path: folder + "/" + CommitRing.fileName)
    }

    /// Hands entries of logs that are there to `take`, in order, with their bytes.
    /// - Returns: nil when there is no ring.
    mutating func run(
        _ take: (CommitEntry, MappedBytes) throws(FileError) -> Void
    ) throws(FileError) -> CommitRingContents? {
        guard try fileSystem.status(at: contents.path) != nil else { return nil }
        let file = try OpenFile(contents.path, .read, in: fileSystem)
        let size = try file.size().bytes
        guard let header = try CommitRingHeader(of: file) else {
            // The file was being made, or both headers are gone, and with them the word on which
            // of the frames count.
            if size > CommitRingHeader.Layout.framesStart {
                let end = CommitRingHeader.Layout.framesStart
                contents.damage.append(.zero..<FilePosition(end))
            }
            return contents
        }
        var frames = CommitFrames(header, size: size)
        // Entries of the last frame that are not whole: it was not flushed, or is damaged.
        var torn: [Range<FilePosition>] = []
        while let found = try frames.next(in: file) {
            contents.damage += torn
            torn = []
            if let hole = found.damage { contents.damage.append(hole) }
            contents.frameCount += 1
            for row in found.table.rows {
                let start = found.position(of: row)
                let copy = try file.copyBytes(at: start, count: row.entry.size)
                if row.isRight(copy.bytes(in: 0..<copy.count)) {
                    if try note(row.entry) { try take(row.entry, copy) }
                } else {
                    torn.append(start..<start.advanced(by: row.entry.size))
                }
            }
        }
        contents.shares.sort { $0.folder < $1.folder }
        return contents
    }

    /// - Returns: whether its log is there.
    private mutating func note(_ entry: CommitEntry) throws(FileError) -> Bool {
        let isPresent = try isPresent(entry)
        let slot = contents.shares.firstIndex {
            $0.folder == entry.folder && $0.isPresent == isPresent
        }
        var share =
            slot.map { contents.shares[$0] }
            ?? CommitRingContents.Share(folder: entry.folder, isPresent: isPresent)
        share.entryCount += 1
        share.size = share.size + ByteCount(entry.size)
        share.end = max(share.end, entry.endOffset)
        if let slot { contents.shares[slot] = share } else { contents.shares.append(share) }
        return isPresent
    }

    /// Logs that were deleted, also where another one has the name now, and segments that
    /// retention took, are gone for good.
    private mutating func isPresent(_ entry: CommitEntry) throws(FileError) -> Bool {
        if let known = standings[entry.log] { return known }
        var isPresent = false
        // The name comes from a file: it must be that of a log, and of no other place.
        if let name = LogFolderName(entry.folder) {
            let folder = "\(directory)/\(name)"
            let paths = SegmentPaths(folder: folder, baseOffset: entry.segmentBase)
            if try fileSystem.status(at: paths.log) != nil {
                isPresent = try topicID(of: folder) ?? entry.topicID == entry.topicID
            }
        }
        standings[entry.log] = isPresent
        return isPresent
    }

    /// The id of the log that is there now; nil where it cannot be understood. Then the bytes are
    /// taken for the log's: a log that is deleted leaves none in the ring.
    private func topicID(of folder: String) throws(FileError) -> UniqueID? {
        do throws(CheckpointError) {
            return try PartitionMetadata.load(
                folder + "/" + PartitionMetadata.fileName, in: fileSystem)?.topicID
        } catch {
            guard case .file(let cause) = error else { return nil }
            throw cause
        }
    }
}

extension CommitEntry {
    /// Which segment of which log it is of.
    struct Log: Hashable {
        var folder: String
        var topicID: UniqueID
        var segmentBase: Offset
    }

    var log: Log { Log(folder: folder, topicID: topicID, segmentBase: segmentBase) }
}
