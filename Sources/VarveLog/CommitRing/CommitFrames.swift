internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Walks the frames of a ring that count, past those that are damaged.
struct CommitFrames {
    private let header: CommitRingHeader
    /// How many bytes of the ring may hold frames.
    private let size: Int
    /// Where the next frame starts, if it is whole, and its sequence.
    private var position = CommitRingHeader.Layout.framesStart
    private var sequence: UInt64 = 0

    init(_ header: CommitRingHeader, size: Int) {
        self.header = header
        self.size = size
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
        var place = position
        while place < size {
            guard let table = try table(in: file, at: place), table.sequence >= sequence else {
                place += CommitFrame.Layout.alignment
                continue
            }
            var found = Found(table: table, position: place)
            if place > position || table.sequence > sequence {
                found.damage = FilePosition(position)..<FilePosition(place)
            }
            position = place + CommitFrame.stride(of: table.size)
            sequence = table.sequence + 1
            return found
        }
        return nil
    }

    private func table(
        in file: borrowing OpenFile, at position: Int
    ) throws(FileError) -> CommitFrameTable? {
        let front = try file.copyBytes(
            at: FilePosition(position), count: min(CommitFrame.Layout.headerSize, size - position))
        let claimed = CommitFrameTable.claimedSize(front.bytes(in: 0..<front.count), of: header)
        guard let claimed, claimed <= size - position else { return nil }
        let bytes = try file.copyBytes(at: FilePosition(position), count: claimed)
        guard let table = CommitFrameTable(bytes.bytes(in: 0..<bytes.count), of: header),
            table.size <= size - position, table.sequence < .max
        else { return nil }
        return table
    }
}
