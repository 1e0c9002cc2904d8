internal import VarveRecords
internal import VarveTerms

/// How full a segment is, and what its indexes say so far. Pure: it decides when to roll and which
/// index entries a batch brings, and touches no file.
///
/// Entries follow Kafka's rule: one per batch that starts more than `indexInterval` bytes after
/// the last indexed one; the count starts at zero with each opening.
struct SegmentFill: Hashable, Sendable {
    let baseOffset: Offset
    /// Bytes of batches.
    var size = 0
    /// Bytes of entries in each index.
    var offsetIndexSize = 0
    var timeIndexSize = 0
    var bytesSinceIndexEntry = 0
    /// The offset of the last entry of the offset index. An older Kafka's may lie behind its batch,
    /// at the end of the append that the batch was the first of.
    var lastIndexedOffset: Int32 = -1
    /// The largest timestamp of any batch, and the last offset of the batch that has it.
    var largestTimestamp = Timestamp.none
    var offsetOfLargest: Offset
    var lastTimeEntry: TimeIndexEntry?
    /// The first batch's timestamp: `segmentAgeMax` counts from it.
    var firstTimestamp: Timestamp?
    /// The offset after the last batch that was added.
    var endOffset: Offset

    init(baseOffset: Offset) {
        self.baseOffset = baseOffset
        offsetOfLargest = baseOffset
        endOffset = baseOffset
    }

    /// Whether a batch must go to a new segment. An empty one takes any whose offsets fit.
    func mustRoll(before batch: BatchHeader, settings: LogSettings, now: Timestamp) -> Bool {
        guard let last = batch.lastOffset,
            last - baseOffset.rawValue <= Int64(Int32.max)
        else { return true }
        guard size > 0 else { return false }
        if size > settings.segmentSizeMax.bytes - batch.sizeInBytes { return true }
        if isOffsetTearable(batch) { return true }
        return isIndexFull(settings) || isTooOld(batch, settings: settings, now: now)
    }

    /// Whether a batch that starts behind a gap of offsets would pass for one that starts earlier,
    /// were the sector lost that the front of its base offset is in: no checksum covers that
    /// number. With 7 of its bytes lost, offset 0x1_0A reads as 0x0A, which may follow 0x05.
    ///
    /// It takes a gap over the first number with one more byte, so a log rolls for it at most seven
    /// times in its life.
    private func isOffsetTearable(_ batch: BatchHeader) -> Bool {
        let lost = Self.sectorSize - size % Self.sectorSize
        guard lost < 8, batch.baseOffset > endOffset.rawValue else { return false }
        let rest = batch.baseOffset & (1 << (8 * (8 - lost)) - 1)
        return rest != batch.baseOffset && rest >= endOffset.rawValue
    }

    /// What a disk writes whole.
    private static let sectorSize = 512

    private func isIndexFull(_ settings: LogSettings) -> Bool {
        // One slot of the time index is kept free for the entry that closes it.
        offsetIndexSize + OffsetIndexLayout.entrySize > settings.indexSizeMax.bytes
            || timeIndexSize + 2 * TimeIndexLayout.entrySize > settings.indexSizeMax.bytes
    }

    private func isTooOld(_ batch: BatchHeader, settings: LogSettings, now: Timestamp) -> Bool {
        guard let firstTimestamp, firstTimestamp.milliseconds >= 0 else { return false }
        let newest = batch.maxTimestamp >= 0 ? Timestamp(milliseconds: batch.maxTimestamp) : now
        let age = Duration.milliseconds(max(0, newest.milliseconds(since: firstTimestamp)))
        return age > settings.segmentAgeMax
    }

    /// The entries that a batch brings.
    struct Entries {
        var offset: OffsetIndexEntry?
        var time: TimeIndexEntry?
    }

    /// Takes a batch that is appended at the end.
    /// - Precondition: `mustRoll` is false for it, and its offsets lie in this segment.
    mutating func add(_ batch: BatchHeader, indexInterval: Int) -> Entries {
        let last = Offset(batch.lastOffset ?? batch.baseOffset)
        let timestamp = Timestamp(milliseconds: batch.maxTimestamp)
        if timestamp > largestTimestamp {
            largestTimestamp = timestamp
            offsetOfLargest = last
        }
        if firstTimestamp == nil { firstTimestamp = timestamp }
        var entries = Entries()
        if bytesSinceIndexEntry > indexInterval, relative(last) > lastIndexedOffset {
            lastIndexedOffset = relative(last)
            entries.offset = OffsetIndexEntry(
                relativeOffset: lastIndexedOffset, position: Int32(size))
            #if VARVE_PLANTED_BUGS
                if PlantedBug.indexPositionWrong.isPlanted { entries.offset?.position += 1 }
            #endif
            offsetIndexSize += OffsetIndexLayout.entrySize
            entries.time = takeTimeEntry()
            bytesSinceIndexEntry = 0
        }
        size += batch.sizeInBytes
        bytesSinceIndexEntry += batch.sizeInBytes
        endOffset = last.advanced(byExactly: 1) ?? last
        return entries
    }

    /// The entry for the largest timestamp so far, if it is news to the time index: with each
    /// offset entry, and as the closing entry of a segment.
    mutating func takeTimeEntry() -> TimeIndexEntry? {
        let known = lastTimeEntry?.timestamp ?? .none
        guard largestTimestamp > known else { return nil }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.timeEntryOffsetWrong.isPlanted { offsetOfLargest = baseOffset }
        #endif
        let entry = TimeIndexEntry(
            timestamp: largestTimestamp, relativeOffset: relative(offsetOfLargest))
        if let lastTimeEntry, entry.relativeOffset <= lastTimeEntry.relativeOffset { return nil }
        lastTimeEntry = entry
        timeIndexSize += TimeIndexLayout.entrySize
        return entry
    }

    private func relative(_ offset: Offset) -> Int32 {
        let distance = baseOffset.distance(to: offset)
        precondition(distance >= 0 && distance <= Int64(Int32.max), "\(offset) of \(baseOffset)")
        return Int32(distance)
    }
}
