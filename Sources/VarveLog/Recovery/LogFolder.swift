internal import VarveSystem
internal import VarveTerms

/// What the folder of a log holds, by name and size; nothing is read but the directory.
struct LogFolder {
    /// Base offsets and sizes of `.log` files, in order.
    var segments: [(base: Offset, size: Int)] = []
    /// Names of files that belong to no segment and are of no use.
    var strays: [String] = []
    /// Offsets of producer snapshots.
    var snapshots: [Offset] = []
    /// Every name, as it was listed.
    let names: FolderNames

    /// - Throws: `LogError.file`; `LogError.notADataDirectory` when compaction was interrupted half
    ///   way: opening the log settles that first.
    /// - Parameter seen: what was seen of it already, and holds.
    init(
        _ path: String, seen: LogFolder? = nil, in fileSystem: any FileSystem
    ) throws(LogError) {
        if let seen {
            self = seen
            return
        }
        let names = try wrapping { () throws(FileError) in
            try FolderNames(path, in: fileSystem)
        }
        try self.init(path, names, in: fileSystem)
    }

    /// The same for a folder that was listed.
    init(
        _ path: String, _ names: FolderNames, in fileSystem: any FileSystem
    ) throws(LogError) {
        self.names = names
        var indexes: [SegmentFileName] = []
        var bases: Set<Offset> = []
        for file in names.files {
            guard let name = SegmentFileName(file) else {
                if file.hasSuffix(WholeFile.temporarySuffix) { strays.append(file) }
                continue
            }
            switch (name.standing, name.content) {
            case (.live, .log):
                let status = try wrapping { () throws(FileError) in
                    try fileSystem.status(at: path + "/" + file)
                }
                segments.append((name.baseOffset, status?.size.bytes ?? 0))
                bases.insert(name.baseOffset)
            case (.live, .producerSnapshot): snapshots.append(name.baseOffset)
            case (.live, _): indexes.append(name)
            case (.deleted, _), (.cleaned, _): strays.append(file)
            case (.swap, _):
                throw .notADataDirectory(
                    path: path,
                    reason: "\(file) is left of a compaction that did not finish; "
                        + "opening the log completes it, or takes it back")
            }
        }
        segments.sort { $0.base < $1.base }
        for name in indexes where !bases.contains(name.baseOffset) {
            strays.append("\(name)")
        }
        strays.sort()
    }
}
