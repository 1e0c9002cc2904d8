internal import VarveSystem
internal import VarveTerms

/// The one place where files of segments are made, handed over and removed. A name is durable
/// when a call here returns.
struct SegmentFiles: Sendable {
    let folder: String
    let fileSystem: any FileSystem
    let creation: LogSettings.SegmentCreation

    func paths(_ baseOffset: Offset) -> SegmentPaths {
        SegmentPaths(folder: folder, baseOffset: baseOffset)
    }

    /// Makes the files of an empty segment. Leftovers of the same name are removed first.
    /// - Parameter expectedSize: how large the `.log` file may become, for `.reserving`.
    func make(
        _ baseOffset: Offset, expectedSize: Int
    ) throws(FileError) -> ActiveSegment.Files {
        let paths = paths(baseOffset)
        for path in paths.all where try fileSystem.status(at: path) != nil {
            try fileSystem.removeFile(path)
        }
        let log = try OpenFile(paths.log, .createNew, in: fileSystem)
        let offsetIndex = try OpenFile(paths.offsetIndex, .createNew, in: fileSystem)
        let timeIndex = try OpenFile(paths.timeIndex, .createNew, in: fileSystem)
        // The sidecar's name is made durable with the others; nobody keeps the file open.
        _ = try OpenFile(paths.sidecar, .createNew, in: fileSystem)
        if creation == .reserving { try log.reserve(ByteCount(expectedSize)) }
        #if VARVE_PLANTED_BUGS
            if !PlantedBug.noDirectoryFlushOnCreate.isPlanted {
                try fileSystem.flushDirectory(folder)
            }
        #else
            try fileSystem.flushDirectory(folder)
        #endif
        return ActiveSegment.Files(
            log: LazyFile(.log, open: log), offsetIndex: LazyFile(.index, open: offsetIndex),
            timeIndex: LazyFile(.timeIndex, open: timeIndex))
    }

    /// The files of a segment that is appended to; index files that are missing are made. Nothing
    /// stays open before the first append.
    /// - Parameter names: files that are known to be there; others are looked for.
    func open(
        _ baseOffset: Offset, among names: [SegmentFileName] = []
    ) throws(FileError) -> ActiveSegment.Files {
        let paths = paths(baseOffset)
        func isMissing(_ content: SegmentFileName.Content) throws(FileError) -> Bool {
            guard !names.contains(SegmentFileName(baseOffset, content)) else { return false }
            return try fileSystem.status(at: paths.path(content)) == nil
        }
        if try isMissing(.log) { throw FileError(.open, paths.log, .notFound) }
        var isMade = false
        for content in [SegmentFileName.Content.index, .timeIndex, .sidecar]
        where try isMissing(content) {
            _ = try OpenFile(paths.path(content), .readWriteOrCreate, in: fileSystem)
            isMade = true
        }
        if isMade { try fileSystem.flushDirectory(folder) }
        return ActiveSegment.Files(
            log: LazyFile(.log), offsetIndex: LazyFile(.index), timeIndex: LazyFile(.timeIndex))
    }

    /// Removes all files of segments, the `.log` files last, so that an index without its log is
    /// the most that a crash leaves.
    func remove(_ segments: [Offset]) throws(FileError) {
        guard !segments.isEmpty else { return }
        for baseOffset in segments {
            let paths = paths(baseOffset)
            for path in paths.all where path != paths.log {
                if try fileSystem.status(at: path) != nil { try fileSystem.removeFile(path) }
            }
            if try fileSystem.status(at: paths.log) != nil {
                try fileSystem.removeFile(paths.log)
            }
        }
        try fileSystem.flushDirectory(folder)
    }
}
