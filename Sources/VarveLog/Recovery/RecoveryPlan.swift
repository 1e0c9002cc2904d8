internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// What a log's folder holds, and what is to be done before it takes appends. Made by looking
/// only, so that a dry run can show it; `LogRecovery.apply` does it.
struct RecoveryPlan {
    /// The segments that stay, in order, with the sizes that they keep.
    var segments: [Segment] = []
    /// How full the last of them is; nil when a new one is needed.
    var activeFill: SegmentFill?
    /// Where a new segment starts when none can be appended to.
    var newSegment: Offset?
    /// Bytes of the last segment's file that go, beyond the size that it keeps.
    var isTailCut = false
    /// Segments behind whose batches zeros stand that go.
    var trimmed: [Segment] = []
    /// Segments that go whole.
    var removedSegments: [Offset] = []
    /// Files of no segment that go.
    var removedFiles: [String] = []
    var indexRepairs: [IndexRepair] = []
    /// Sidecars of segments that were read: the last one is gone on with, others are sealed anew.
    var sidecars: [SidecarRepair] = []
    var epochs = LeaderEpochHistory()
    var mustStoreEpochs = false
    /// Segments with bytes that are kept and of which nothing says that they are flushed.
    var unflushed: [UnflushedBytes] = []
    var ends: LogEnds
    var published: PublishedEnds?
    /// What the log knows of its producers, once the plan is done.
    var producers = ProducerStates()
    var snapshots: ProducerSnapshots?
    var report: RecoveryReport

    /// Whether files get other names, or none, by what is to be done.
    var changesNames: Bool {
        !removedFiles.isEmpty || !removedSegments.isEmpty || newSegment != nil
    }
}

/// The end of a segment that may stand in the page cache only.
struct UnflushedBytes {
    var path: String
    var positions: Range<Int>

    /// Writes the bytes anew and flushes them. A flush alone proves nothing here: after one that
    /// failed in another life the system may call pages clean that never reached the disk.
    func settle(in fileSystem: any FileSystem) throws(FileError) {
        let file = try OpenFile(path, .readWrite, in: fileSystem)
        var position = positions.lowerBound
        while position < positions.upperBound {
            let count = min(Self.stride, positions.upperBound - position)
            let copy = try file.copyBytes(at: FilePosition(position), count: count)
            try file.write(copy.bytes(in: 0..<copy.count), at: FilePosition(position))
            position += count
        }
        try file.flush()
    }

    /// How much is copied at a time.
    private static let stride = 1 << 20
}

/// How one segment's index files are set right: what is kept of each, and what follows it.
struct IndexRepair {
    var paths: SegmentPaths
    var offsetsKept: Int
    var offsetEntries: [UInt8]
    var timesKept: Int
    var timeEntries: [UInt8]
    /// The entry that follows them if the segment is sealed: its largest timestamp.
    var closingTime: [UInt8] = []
    /// Whether both files are replaced whole. Those of a trusted segment are hardly looked at: one
    /// that a crash left half written would pass for finished from then on.
    var isReplacement = false

    /// - Parameter isSettled: whether what is seen of the files is what the disk has, as after a
    ///   clean close: those that stay as they are need no flush then.
    func apply(isSettled: Bool, in fileSystem: any FileSystem) throws(FileError) {
        guard !isReplacement else {
            try WholeFile.store(offsetEntries, at: paths.offsetIndex, in: fileSystem)
            try WholeFile.store(timeEntries, at: paths.timeIndex, in: fileSystem)
            return
        }
        for (path, kept, entries) in [
            (paths.offsetIndex, offsetsKept, offsetEntries),
            (paths.timeIndex, timesKept, timeEntries),
        ] {
            if isSettled, try stands(entries, behind: kept, in: path, fileSystem) { continue }
            try Self.rewrite(path, kept: kept, entries, fileSystem)
        }
    }

    /// Whether a file ends with these entries already, and at most the closing one behind them: the
    /// next entry takes its place.
    private func stands(
        _ entries: [UInt8], behind kept: Int, in path: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> Bool {
        let size = try fileSystem.status(at: path)?.size.bytes ?? 0
        let isClosed = path == paths.timeIndex && size == kept + entries.count + closingTime.count
        guard isClosed || size == kept + entries.count else { return false }
        let expected = isClosed ? entries + closingTime : entries
        guard !expected.isEmpty else { return true }
        let file = try OpenFile(path, .read, in: fileSystem)
        let found = try file.copyBytes(at: FilePosition(kept), count: expected.count)
        return found.bytes(in: 0..<found.count).array() == expected
    }

    private static func rewrite(
        _ path: String, kept: Int, _ entries: [UInt8], _ fileSystem: any FileSystem
    ) throws(FileError) {
        let file = try OpenFile(path, .readWriteOrCreate, in: fileSystem)
        try file.resize(to: ByteCount(kept))
        try file.write(entries.rawSpan, at: FilePosition(kept))
        try file.flush()
    }
}
