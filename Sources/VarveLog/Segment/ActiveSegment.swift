internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// The segment that takes appends: its open files and how full it is. One owner; readers see it
/// through `segment`, to which every finished step is published.
struct ActiveSegment: ~Copyable {
    /// The files of a segment; those that were written to are open.
    struct Files: ~Copyable {
        var log: LazyFile
        var offsetIndex: LazyFile
        var timeIndex: LazyFile

        mutating func rest() {
            log.rest()
            offsetIndex.rest()
            timeIndex.rest()
        }
    }

    let segment: Segment
    private(set) var fill: SegmentFill
    private var files: Files
    private var sidecar: SidecarWriter
    /// Entries that are not in their files yet, and how many bytes are.
    private var pendingOffsets: [UInt8] = []
    private var pendingTimes: [UInt8] = []
    private var offsetsInFile: Int
    private var timesInFile: Int
    /// How far the `.log` file reaches.
    private var space: PrewrittenSpace

    /// - Parameter fill: what the files hold already; entries past it are cut by the caller.
    init(
        segment: Segment, files: consuming Files, fill: SegmentFill,
        sidecar: consuming SidecarWriter
    ) {
        self.segment = segment
        self.files = files
        self.sidecar = sidecar
        self.fill = fill
        space = PrewrittenSpace(size: fill.size)
        offsetsInFile = fill.offsetIndexSize
        timesInFile = fill.timeIndexSize
        segment.offsetIndex.publish(size: offsetsInFile)
        segment.timeIndex.publish(size: timesInFile)
    }

    /// Where a run of batches ends that go into this segment.
    struct Run {
        var size: Int
        var endOffset: Offset
    }

    /// Appends batches from the front of `bytes` until one must go to a new segment. All are whole,
    /// checked, and stamped with the offsets that they get.
    ///
    /// When writing fails nothing of the run stays: the file is cut back.
    /// - Parameter zeros: how many zeros are to follow the run when it makes the file longer.
    /// - Returns: nil when the very first batch must go to a new segment.
    mutating func append(
        _ bytes: RawSpan, settings: LogSettings, now: Timestamp, prewriting zeros: Int = 0
    ) throws(AppendFailure) -> Run? {
        let (offsetsBefore, timesBefore) = (pendingOffsets.count, pendingTimes.count)
        var next = fill
        var run: Run?
        var position = 0
        while let header = BatchHeader(bytes, at: position),
            !next.mustRoll(before: header, settings: settings, now: now)
        {
            note(next.add(header, indexInterval: settings.indexInterval.bytes))
            position += header.sizeInBytes
            let last = Offset(header.lastOffset ?? header.baseOffset)
            run = Run(size: position, endOffset: last.advanced(by: 1))
        }
        guard let run else { return nil }
        do throws(FileError) {
            try files.log.write(
                bytes.extracting(0..<run.size), at: FilePosition(fill.size), of: segment)
        } catch {
            pendingOffsets.removeLast(pendingOffsets.count - offsetsBefore)
            pendingTimes.removeLast(pendingTimes.count - timesBefore)
            try cutBack(after: error)
        }
        sidecar.note(bytes.extracting(0..<run.size), at: fill.size)
        fill = next
        prewrite(zeros, sizeMax: settings.segmentSizeMax.bytes)
        segment.largestTimestamp = fill.largestTimestamp
        segment.publish(writtenSize: fill.size)
        writeEntries()
        return run
    }

    private mutating func note(_ entries: SegmentFill.Entries) {
        if let entry = entries.offset {
            Self.append(entry.relativeOffset, to: &pendingOffsets)
            Self.append(entry.position, to: &pendingOffsets)
        }
        if let entry = entries.time { note(entry) }
    }

    private mutating func note(_ entry: TimeIndexEntry) {
        Self.append(entry.timestamp.milliseconds, to: &pendingTimes)
        Self.append(entry.relativeOffset, to: &pendingTimes)
    }

    /// Appends the bytes of a number, the highest first.
    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private mutating func cutBack(after error: FileError) throws(AppendFailure) -> Never {
        // A file that could not even be opened has not a byte of it.
        if error.operation == .open { throw .refused(error) }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.failedWriteLeft.isPlanted { throw .refused(error) }
        #endif
        do throws(FileError) {
            try files.log.resize(to: ByteCount(fill.size), of: segment)
            space.didCut(to: fill.size)
        } catch let second {
            // Bytes of a refused append stand behind the end and could pass for appended ones.
            throw .remains(second)
        }
        throw .refused(error)
    }

    /// Writes zeros behind the batches once those that were there are used up. They only save time,
    /// so an append does not fail with them: a disk without room gets its space back.
    private mutating func prewrite(_ count: Int, sizeMax: Int) {
        guard let end = space.next(behind: fill.size, step: count, sizeMax: sizeMax) else {
            return space.didReach(fill.size)
        }
        space.didReach(end)
        do throws(FileError) {
            try files.log.writeZeros(at: fill.size..<end, of: segment)
        } catch {
            guard (try? files.log.resize(to: ByteCount(fill.size), of: segment)) != nil else {
                return
            }
            space.didCut(to: fill.size)
        }
    }

    /// Gives the file of the batches its true length, where zeros follow them; on return that
    /// survives a power cut.
    /// - Precondition: under a policy that flushes, all batches are flushed.
    mutating func trim() throws(FileError) {
        guard space.end > fill.size else { return }
        try files.log.resize(to: ByteCount(fill.size), of: segment)
        try files.log.flush(segment)
        space.didCut(to: fill.size)
    }

    /// Writes pending entries. An index can be rebuilt, so an append does not fail with it: what
    /// could not be written stays pending, and readers walk a little further meanwhile.
    private mutating func writeEntries() {
        _ = try? writeEntriesOrThrow()
    }

    private mutating func writeEntriesOrThrow() throws(FileError) {
        if !pendingOffsets.isEmpty {
            try Self.write(pendingOffsets, to: &files.offsetIndex, at: offsetsInFile, of: segment)
            offsetsInFile += pendingOffsets.count
            pendingOffsets.removeAll(keepingCapacity: true)
            segment.offsetIndex.publish(size: offsetsInFile)
        }
        if !pendingTimes.isEmpty {
            try Self.write(pendingTimes, to: &files.timeIndex, at: timesInFile, of: segment)
            timesInFile += pendingTimes.count
            pendingTimes.removeAll(keepingCapacity: true)
            segment.timeIndex.publish(size: timesInFile)
        }
    }

    private static func write(
        _ entries: [UInt8], to file: inout LazyFile, at position: Int, of segment: Segment
    ) throws(FileError) {
        try file.write(entries.rawSpan, at: FilePosition(position), of: segment)
    }

    /// On return every batch written so far survives a power cut.
    mutating func flush() throws(FileError) {
        let size = fill.size
        #if VARVE_PLANTED_BUGS
            if PlantedBug.noFlush.isPlanted { return segment.publish(flushedSize: size) }
            if PlantedBug.flushRetried.isPlanted { try? files.log.flush(segment) }
        #endif
        try files.log.flush(segment)
        segment.publish(flushedSize: size)
    }

    /// Fills `buffer` with bytes that were written.
    mutating func read(
        into buffer: inout MutableRawSpan, at position: Int
    ) throws(FileError) -> Int {
        try files.log.read(into: &buffer, at: FilePosition(position), of: segment)
    }

    /// Writes bytes that the file had before, after a flush of it failed.
    mutating func rewrite(_ bytes: RawSpan, at position: Int) throws(FileError) {
        try files.log.write(bytes, at: FilePosition(position), of: segment)
    }

    /// The file of the batches, for a flush beside the owner; nil while it is not open.
    var fileForFlush: SharedFile? { files.log.forFlush }

    /// Flushes the file of the batches, whatever is known of its sizes.
    mutating func flushFile() throws(FileError) { try files.log.flush(segment) }

    /// On return what the sidecar has of them does too, as far as it can be written.
    mutating func flushSidecar() { sidecar.flush() }

    /// On return the indexes survive a power cut as well.
    mutating func flushIndexes() throws(FileError) {
        sidecar.flush()
        try writeEntriesOrThrow()
        if try segment.transactionIndex.store(.flushed) {
            try segment.fileSystem.flushDirectory(segment.paths.folder)
        }
        try files.offsetIndex.flush(segment)
        try files.timeIndex.flush(segment)
    }

    /// Whether nothing was written since the opening, or since `rest`.
    var isResting: Bool { !files.log.isOpen }

    /// Gives the descriptors back until the next append. Everything is flushed.
    mutating func rest() {
        files.rest()
        if pendingOffsets.isEmpty { pendingOffsets = [] }
        if pendingTimes.isEmpty { pendingTimes = [] }
    }

    /// Closes the time index with the largest timestamp and gives each file its true length.
    mutating func finish() throws(FileError) {
        if let entry = fill.takeTimeEntry() { note(entry) }
        try writeEntriesOrThrow()
        try segment.transactionIndex.store(.written)
        try files.log.resize(to: ByteCount(fill.size), of: segment)
        try files.offsetIndex.resize(to: ByteCount(offsetsInFile), of: segment)
        try files.timeIndex.resize(to: ByteCount(timesInFile), of: segment)
        sidecar.seal(logSize: fill.size, of: segment.paths)
    }
}

/// How an append failed.
enum AppendFailure: Error {
    /// Nothing of it stayed; the log is as before.
    case refused(FileError)
    /// Part of it may stay in the file and could not be removed.
    case remains(FileError)
}
