internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Where to begin reading a segment so that everything from the known-flushed offset on is read:
/// at the batch to which the index points there, if batch and entry agree; else at the front.
struct SegmentOpening {
    /// What the segment's files hold up to where reading begins.
    private(set) var fill: SegmentFill
    private(set) var expectedOffset: Offset
    /// Why the indexes on disk are not believed; nil when they are.
    private(set) var distrust: String?

    init(_ segment: Segment, below known: Offset, settings: LogSettings) throws(LogError) {
        fill = SegmentFill(baseOffset: segment.baseOffset)
        expectedOffset = segment.baseOffset
        let inspection = try IndexInspection(of: segment, settings: settings)
        if segment.writtenSize > 0 {
            distrust = inspection.missing
            if distrust == nil { distrust = try segment.indexesOtherThanSealed() }
        }
        guard distrust == nil else { return }
        let relative = segment.baseOffset.distance(to: known)
        guard relative > 0,
            let floor = try segment.offsetIndex.withEntries(
                sizeMax: settings.indexSizeMax.bytes,
                lawfulSize: {
                    OffsetIndexLayout.lawfulCount(in: $0, logSize: segment.writtenSize)
                        * OffsetIndexLayout.entrySize
                },
                { Self.floor(of: relative, in: $0) })
        else { return }
        try resume(segment, at: floor.entry, slot: floor.slot, settings: settings)
    }

    private static func floor(
        of relative: Int64, in entries: RawSpan
    ) -> (entry: OffsetIndexEntry, slot: Int)? {
        guard let slot = OffsetIndexLayout.slot(atOrBefore: relative, in: entries) else {
            return nil
        }
        return (OffsetIndexLayout.entry(slot, in: entries), slot)
    }

    /// Begins at the entry's batch, if it is one and says the same.
    private mutating func resume(
        _ segment: Segment, at entry: OffsetIndexEntry, slot: Int, settings: LogSettings
    ) throws(LogError) {
        let position = Int(entry.position)
        var walk = try BatchWalk(segment, at: position, through: .includingUnflushed)
        guard let first = try? walk.header(at: 0), let header = try? walk.header(at: position),
            (try? walk.verify(at: position, size: header.sizeInBytes)) != nil,
            let last = header.lastOffset,
            segment.baseOffset.rawValue + Int64(entry.relativeOffset) >= header.baseOffset
        else {
            distrust =
                "the entry for offset "
                + "\(segment.baseOffset.rawValue + Int64(entry.relativeOffset)) names byte "
                + "\(position), where no such batch starts"
            return
        }
        let relativeLast = last - segment.baseOffset.rawValue
        let times = try segment.timeIndex.withEntries(
            sizeMax: settings.indexSizeMax.bytes,
            lawfulSize: { TimeIndexLayout.lawfulCount(in: $0) * TimeIndexLayout.entrySize },
            { Self.times(through: relativeLast, in: $0) })
        guard let times else {
            distrust = "the time index has no entry below offset \(last)"
            return
        }
        fill.size = position
        fill.offsetIndexSize = (slot + 1) * OffsetIndexLayout.entrySize
        fill.lastIndexedOffset = entry.relativeOffset
        fill.timeIndexSize = times.size
        fill.lastTimeEntry = times.last
        fill.largestTimestamp = times.last.timestamp
        fill.offsetOfLargest = segment.baseOffset.advanced(by: Int64(times.last.relativeOffset))
        fill.firstTimestamp = Timestamp(milliseconds: first.maxTimestamp)
        expectedOffset = Offset(header.baseOffset)
    }

    /// The entries up to an offset; nil when there is none.
    private static func times(
        through relative: Int64, in entries: RawSpan
    ) -> (size: Int, last: TimeIndexEntry)? {
        let count = entries.byteCount / TimeIndexLayout.entrySize
        let slot = lastSlot(in: count) {
            Int64(TimeIndexLayout.entry($0, in: entries).relativeOffset) <= relative
        }
        guard let slot else { return nil }
        return (
            (slot + 1) * TimeIndexLayout.entrySize, TimeIndexLayout.entry(slot, in: entries)
        )
    }
}
