internal import VarveSystem
public import VarveTerms

/// What can be said of a log that is not open, by the names and sizes of its files and the last
/// entry of one index: enough to know whether it is worth opening.
public struct RestingLog: Hashable, Sendable {
    /// Of all segments.
    public var size = ByteCount.zero
    public var segmentCount = 0
    /// Of the first segment: its size, and the largest timestamp that its time index tells of; nil
    /// where it tells of none.
    public var firstSize = ByteCount.zero
    public var firstNewest: Timestamp?

    init(_ folder: String, in fileSystem: any FileSystem) throws(LogError) {
        let segments = try LogFolder(folder, in: fileSystem).segments
        guard let first = segments.first else { return }
        size = ByteCount(segments.reduce(0) { $0 + $1.size })
        segmentCount = segments.count
        firstSize = ByteCount(first.size)
        firstNewest = try wrapping { () throws(FileError) in
            try Self.newest(
                SegmentPaths(folder: folder, baseOffset: first.base).timeIndex, fileSystem)
        }
    }

    private static func newest(
        _ path: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> Timestamp? {
        let width = TimeIndexLayout.entrySize
        let size = try fileSystem.status(at: path)?.size.bytes ?? 0
        guard size >= width else { return nil }
        let file = try OpenFile(path, .read, in: fileSystem)
        let last = try file.copyBytes(at: FilePosition(size / width * width - width), count: width)
        guard last.count == width else { return nil }
        let newest = TimeIndexLayout.entry(0, in: last.bytes(in: 0..<width)).timestamp
        return newest > .none ? newest : nil
    }

    /// When retention may have something to do at the earliest; nil for never, while nobody
    /// appends.
    public func retentionDue(_ settings: LogSettings, now: Timestamp) -> Timestamp? {
        guard size > .zero, settings.cleanupPolicy.contains(.delete) else { return nil }
        if let limit = settings.retentionSize, segmentCount > 1,
            size.bytes - limit.bytes >= firstSize.bytes
        {
            return now
        }
        guard let age = settings.retentionAge else { return nil }
        return firstNewest?.advanced(by: age) ?? now
    }
}

extension DataDirectory {
    /// Whether a log that is not open is known to have no batch, from when it was closed.
    public func isEmpty(resting name: LogName) -> Bool {
        guard let line = integrity.line(of: name.folder) else { return false }
        return line.end == .zero
    }

    /// Looks at a log that is not open.
    /// - Throws: `.file`, also when there is none; `.closed`.
    /// - Complexity: lists the folder and reads one entry.
    public func look(atResting name: LogName) throws(LogError) -> RestingLog {
        try checkOpen()
        return try RestingLog(path + "/" + name.folder, in: surroundings.fileSystem)
    }
}
