internal import VarveSystem
internal import VarveTerms

/// A look at a segment's index files that costs no more than their sizes and last entries: enough
/// to find one that is missing, torn, or much shorter than its log. Entries that are wrong in the
/// middle are found when a read meets them, since a read checks what the index tells it.
struct IndexInspection {
    /// Why the files cannot be used at all.
    private(set) var missing: String?
    /// Why they cannot be those of a sealed segment.
    private(set) var distrust: String?
    /// Where the batch of the last index entry starts; 0 without a lawful entry.
    private(set) var lastPosition = 0
    private var timesSize = 0

    /// Why the files cannot be those of a sealed segment whose last batches have, at most, the
    /// timestamp `newest`: whoever died while sealing it may not have written the entry that closes
    /// its time index, without which a search by time passes the segment over.
    func distrust(of segment: Segment, newest: Timestamp) throws(LogError) -> String? {
        guard distrust == nil, newest > .none else { return distrust }
        let closed = try timesSize > 0 ? lastTimestamp(of: segment) : .none
        return newest > closed ? "the time index was not closed" : nil
    }

    private func lastTimestamp(of segment: Segment) throws(LogError) -> Timestamp {
        let last = try wrapping { () throws(FileError) in
            try segment.lastEntry(
                of: segment.paths.timeIndex, ofSize: TimeIndexLayout.entrySize, fileSize: timesSize)
        }
        return TimeIndexLayout.entry(0, in: last.bytes(in: 0..<last.count)).timestamp
    }

    init(of segment: Segment, settings: LogSettings) throws(LogError) {
        let sizes = try wrapping { () throws(FileError) in
            (
                try segment.sizeOnDisk(of: segment.paths.offsetIndex),
                try segment.sizeOnDisk(of: segment.paths.timeIndex)
            )
        }
        missing = Self.shapeDefect(offsets: sizes.0, times: sizes.1)
        distrust = missing
        if missing == nil, let offsets = sizes.0, let times = sizes.1 {
            try inspectLast(of: segment, fileSize: offsets, settings)
            timesSize = times
        }
    }

    private static func shapeDefect(offsets: Int?, times: Int?) -> String? {
        guard let offsets else { return "there is no offset index" }
        guard let times else { return "there is no time index" }
        if offsets % OffsetIndexLayout.entrySize != 0 {
            return "the offset index has \(offsets) bytes, no multiple of 8"
        }
        if times % TimeIndexLayout.entrySize != 0 {
            return "the time index has \(times) bytes, no multiple of 12"
        }
        return nil
    }

    private mutating func inspectLast(
        of segment: Segment, fileSize: Int, _ settings: LogSettings
    ) throws(LogError) {
        // Between two entries lie at most the interval and the batch that passed it; the last
        // entry is at most that far from the end.
        let reach = settings.indexInterval.bytes + 2 * max(settings.batchSizeMax.bytes, 1 << 20)
        let size = segment.writtenSize
        guard fileSize > 0 else {
            if size > reach { distrust = "the offset index is empty" }
            return
        }
        let last = try wrapping { () throws(FileError) in
            try segment.lastEntry(
                of: segment.paths.offsetIndex, ofSize: OffsetIndexLayout.entrySize,
                fileSize: fileSize)
        }
        let entry = OffsetIndexLayout.entry(0, in: last.bytes(in: 0..<last.count))
        if entry.position <= 0 || Int(entry.position) >= size {
            distrust = "the last index entry names byte \(entry.position) of \(size)"
            return
        }
        lastPosition = Int(entry.position)
        if Int(entry.position) + reach < size {
            distrust = "the offset index ends at byte \(entry.position) of \(size)"
        }
    }
}

extension Segment {
    /// The length of one of the segment's files; nil when it is not there.
    func sizeOnDisk(of path: String) throws(FileError) -> Int? {
        try fileSystem.status(at: path)?.size.bytes
    }

    /// The last entry of an index.
    func lastEntry(
        of path: String, ofSize size: Int, fileSize: Int
    ) throws(FileError) -> MappedBytes {
        let file = try OpenFile(path, .read, in: fileSystem)
        return try file.copyBytes(at: FilePosition(fileSize - size), count: size)
    }
}
