internal import VarveBytes
internal import VarveTerms

/// What the offset index knows of the place of one offset: two neighbouring entries around it.
struct IndexedStretch: Hashable, Sendable {
    /// The last entry at or before the offset; zeros stand for the segment's front.
    var floor: OffsetIndexEntry
    /// The entry after it; nil behind the last one.
    var next: OffsetIndexEntry?

    /// - Parameter relative: the offset, less the segment's base offset.
    /// - Complexity: O(log entries).
    init(around relative: Int64, in entries: RawSpan) {
        let slot = OffsetIndexLayout.slot(atOrBefore: relative, in: entries)
        let following = slot.map { $0 + 1 } ?? 0
        let count = entries.byteCount / OffsetIndexLayout.entrySize
        floor =
            slot.map { OffsetIndexLayout.entry($0, in: entries) }
            ?? OffsetIndexEntry(relativeOffset: 0, position: 0)
        next = following < count ? OffsetIndexLayout.entry(following, in: entries) : nil
    }

    /// Where to start walking for the offset.
    var position: Int { Int(floor.position) }

    /// Bytes for each offset of the stretch, a part of one counted as one; 0 behind the last entry.
    var sizePerOffset: Int {
        guard let next, next.relativeOffset > floor.relativeOffset, next.position > floor.position
        else { return 0 }
        let offsets = Int(next.relativeOffset) - Int(floor.relativeOffset)
        return (Int(next.position) - Int(floor.position)) / offsets + 1
    }

    /// Where the batch of an offset would start if all batches of the stretch were alike.
    ///
    /// An entry names the last offset of its batch: with one record to a batch the guess is exact,
    /// with more it lies at most one batch before.
    /// - Parameter relative: the offset, less the segment's base offset.
    func guess(of relative: Int64) -> Int? {
        guard let next, next.relativeOffset > floor.relativeOffset,
            next.position > floor.position, relative >= Int64(floor.relativeOffset),
            relative <= Int64(next.relativeOffset)
        else { return nil }
        let offsets = Int(next.relativeOffset) - Int(floor.relativeOffset)
        let bytes = Int(next.position) - Int(floor.position)
        return position + (Int(relative) - Int(floor.relativeOffset)) * bytes / offsets
    }
}
