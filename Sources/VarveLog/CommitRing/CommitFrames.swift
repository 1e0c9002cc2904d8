internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Walks the frames of a ring that count, in the order of their numbers, past those that are
/// damaged: from the first to the end of the file, and on from where frames start.
struct CommitFrames {
    private let header: CommitRingHeader
    /// How many bytes of the ring may hold frames.
    private let size: Int
    /// Where the next frame starts, if it is whole, and its number.
    private var position: Int
    private var sequence: UInt64
    private var hasWrapped = false

    init(_ header: CommitRingHeader, size: Int) {
        self.header = header
        self.size = size
        (position, sequence) = (header.position, header.sequence)
    }

    /// A frame whose table is whole.
    struct Found {
        var table: CommitFrameTable
        var position: Int
        /// Where frames before it are missing. Each was flushed before the next was written, so
        /// they were whole once.
        var damage: Range<FilePosition>?

        /// Where the bytes of an entry stand in the file.
        func position(of row: CommitFrameTable.Row) -> FilePosition {
            FilePosition(position + row.start)
        }
    }

    /// The next frame; nil where they end.
    mutating func next(in file: borrowing OpenFile) throws(FileError) -> Found? {
        let wasWrapped = hasWrapped
        var place = position
        while true {
            // Behind the last frame there are those that are void, which have lower numbers.
            let end = hasWrapped ? min(header.position, size) : size
            guard place < end else {
                guard !hasWrapped else { return nil }
                hasWrapped = true
                place = CommitRingHeader.Layout.framesStart
                continue
            }
            guard let table = try table(in: file, at: place, before: end), counts(table) else {
                place += CommitFrame.Layout.alignment
                continue
            }
            var found = Found(table: table, position: place)
            let isMoved = place != position && hasWrapped == wasWrapped
            if table.sequence > sequence || isMoved {
                found.damage = missing(before: place, isWrap: hasWrapped != wasWrapped)
            }
            position = place + CommitFrame.stride(of: table.size)
            sequence = table.sequence + 1
            return found
        }
    }

    /// Whether a frame is not one that was voided.
    private func counts(_ table: CommitFrameTable) -> Bool {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.staleFrameAccepted.isPlanted { return true }
        #endif
        return table.sequence >= sequence
    }

    /// Where frames should have stood before the one at `place`.
    private func missing(before place: Int, isWrap: Bool) -> Range<FilePosition> {
        if !isWrap { return FilePosition(position)..<FilePosition(place) }
        if position < size { return FilePosition(position)..<FilePosition(size) }
        return FilePosition(CommitRingHeader.Layout.framesStart)..<FilePosition(place)
    }

    private func table(
        in file: borrowing OpenFile, at position: Int, before end: Int
    ) throws(FileError) -> CommitFrameTable? {
        let front = try file.copyBytes(
            at: FilePosition(position), count: min(CommitFrame.Layout.headerSize, end - position))
        let claimed = CommitFrameTable.claimedSize(
            front.bytes(in: 0..<front.count), of: header.life)
        guard let claimed, claimed <= end - position else { return nil }
        let bytes = try file.copyBytes(at: FilePosition(position), count: claimed)
        guard let table = CommitFrameTable(bytes.bytes(in: 0..<bytes.count), of: header.life),
            table.size <= end - position, table.sequence < .max
        else { return nil }
        return table
    }
}
