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

    /// - Throws: `LogError.file`; `LogError.notADataDirectory` when compaction was interrupted half
    ///   way: opening the log settles that first.
    init(_ path: String, in fileSystem: any FileSystem) throws(LogError) {
        var indexes: [SegmentFileName] = []
        var bases: Set<Offset> = []
        for entry in try wrapping({ () throws(FileError) in try fileSystem.entries(of: path) })
        where entry.kind == .file {
            guard let name = SegmentFileName(entry.name) else {
                if entry.name.hasSuffix(WholeFile.temporarySuffix) { strays.append(entry.name) }
                continue
            }
            switch (name.standing, name.content) {
            case (.live, .log):
                let status = try wrapping { () throws(FileError) in
                    try fileSystem.status(at: path + "/" + entry.name)
                }
                segments.append((name.baseOffset, status?.size.bytes ?? 0))
                bases.insert(name.baseOffset)
            case (.live, .producerSnapshot): snapshots.append(name.baseOffset)
            case (.live, _): indexes.append(name)
            case (.deleted, _), (.cleaned, _): strays.append(entry.name)
            case (.swap, _):
                throw .notADataDirectory(
                    path: path,
                    reason: "\(entry.name) is left of a compaction that did not finish; "
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
