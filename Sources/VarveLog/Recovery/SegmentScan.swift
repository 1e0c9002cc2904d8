internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Reads a segment from some batch on, checks every batch, and collects what its indexes must say.
/// It changes nothing.
struct SegmentScan: ~Copyable {
    /// How full the segment is, up to the last good batch.
    private(set) var fill: SegmentFill
    /// Index entries for the batches that were read, to follow those that are kept.
    private(set) var offsetEntries = ByteBuffer(capacity: 256)
    private(set) var timeEntries = ByteBuffer(capacity: 256)
    /// Epochs as batches brought them, in order.
    private(set) var epochs: [LeaderEpochEntry] = []
    /// What the segment's sidecar notes of the batches that were read.
    private(set) var noted: [NotedBatch] = []
    /// The offset after the last good batch.
    private(set) var endOffset: Offset
    /// Bytes that were read.
    private(set) var scannedSize = 0
    /// Where the first batch starts of which nothing says that it was flushed; nil without one.
    private(set) var unflushedPosition: Int?
    /// Why the scan stopped before the end of the file.
    private(set) var stop: BatchDefect?
    /// Damage that was stepped over, since what lies behind was known to be flushed.
    private(set) var damaged: [CorruptRange] = []

    /// Whether no good batch follows the last damage: nothing can be appended to the file.
    private(set) var endsInDamage = false

    private let segment: Segment
    private let indexInterval: Int

    init(_ segment: Segment, from fill: SegmentFill, expecting offset: Offset, indexInterval: Int) {
        self.segment = segment
        self.fill = fill
        self.indexInterval = indexInterval
        endOffset = offset
    }

    /// What a scan does about bytes that are no batch.
    struct Fence {
        /// Damage below this offset is stepped over and reported: it was flushed once.
        var below: Offset
        /// At or above that the scan stops there; unless nothing at all is known of the log, and
        /// whole batches follow. They may be as old as any, so they are kept.
        var keepsWhatFollows = false
    }

    /// Reads on to the end of the segment.
    ///
    /// - Parameter knownFlushed: batches that reach to it or past it are noted as not flushed.
    mutating func run(knownFlushed: Offset, fence: Fence) throws(LogError) {
        var walk = try BatchWalk(segment, at: fill.size, through: .includingUnflushed)
        let start = fill.size
        defer { scannedSize += fill.size - start }
        while true {
            do {
                guard let header = try walk.header(at: fill.size) else { break }
                try checkOrder(header)
                try walk.verify(at: fill.size, size: header.sizeInBytes)
                if unflushedPosition == nil, header.lastOffset ?? 0 >= knownFlushed.rawValue {
                    unflushedPosition = fill.size
                }
                note(header, walk.window)
                take(header)
            } catch {
                guard case .defect(let defect) = error else { throw Self.logError(error) }
                try stepOver(defect, fence)
                if stop != nil { return }
            }
        }
    }

    private func checkOrder(_ header: BatchHeader) throws(WalkFailure) {
        guard header.baseOffset >= endOffset.rawValue else {
            throw .defect(
                .offsetOutOfOrder(baseOffset: header.baseOffset, expected: endOffset.rawValue))
        }
    }

    private mutating func note(_ header: BatchHeader, _ window: SegmentWindow) {
        guard let seed = segment.sidecar?.seed else { return }
        let front = window.span(fill.size..<fill.size + BatchLayout.checksummedFrom)
        let check = SidecarEntry.check(of: front, at: 0, position: fill.size, seed: seed)
        let entry = SidecarEntry(position: UInt32(clamping: fill.size), check: check)
        noted.append(NotedBatch(entry: entry, crc: header.crc))
    }

    private mutating func take(_ header: BatchHeader) {
        let entries = fill.add(header, indexInterval: indexInterval)
        if let entry = entries.offset {
            offsetEntries.append(entry.relativeOffset)
            offsetEntries.append(entry.position)
        }
        if let entry = entries.time {
            timeEntries.append(entry.timestamp.milliseconds)
            timeEntries.append(entry.relativeOffset)
        }
        if let epoch = LeaderEpoch(exactly: header.partitionLeaderEpoch),
            epochs.last.map({ $0.epoch != epoch }) ?? true
        {
            epochs.append(LeaderEpochEntry(epoch, from: Offset(header.baseOffset)))
        }
        endOffset = Offset(header.lastOffset ?? header.baseOffset).advanced(by: 1)
    }

    /// Finds where good batches go on behind damage at the end of `fill`.
    private mutating func stepOver(_ defect: BatchDefect, _ fence: Fence) throws(LogError) {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.truncatedBelowFlushed.isPlanted {
                stop = defect
                return
            }
        #endif
        let isFenced = endOffset < fence.below
        guard isFenced || fence.keepsWhatFollows else {
            stop = defect
            return
        }
        var search = try DamageSearch(segment, through: .includingUnflushed)
        let next = try search.nextBatch(after: fill.size, expected: endOffset)
        guard isFenced || next.offset != nil else {
            stop = defect
            return
        }
        let end = segment.writtenSize
        let offsets = endOffset..<max(endOffset, next.offset ?? fence.below)
        damaged.append(
            CorruptRange(
                path: segment.paths.log,
                positions: FilePosition(fill.size)..<FilePosition(max(fill.size, next.position)),
                offsets: offsets, defect: defect))
        guard let offset = next.offset else {
            // Nothing good follows in this file.
            fill.skip(to: end)
            endOffset = offsets.upperBound
            endsInDamage = true
            stop = defect
            return
        }
        fill.skip(to: next.position)
        endOffset = offset
    }

    private static func logError(_ failure: WalkFailure) -> LogError {
        switch failure {
        case .log(let error): error
        case .defect: preconditionFailure("a defect is not an error of the log")
        }
    }
}

extension SegmentFill {
    /// Damaged bytes up to `position` stay in the file and are not indexed.
    mutating func skip(to position: Int) {
        precondition(position >= size, "skip from \(size) to \(position)")
        size = position
    }
}
