public import VarveSystem
public import VarveTerms

/// One shared flush, as the file of a commit ring has it.
public struct CommitRingFrame: Hashable, Sendable {
    /// Where it stands in the file.
    public var position: FilePosition
    /// Its number since the ring was made.
    public var sequence: UInt64
    public var size: ByteCount
    public var entries: [Entry]

    /// What it has of one log.
    public struct Entry: Hashable, Sendable {
        /// The log's folder in the data directory.
        public var folder: String
        public var topicID: UniqueID
        public var segmentBase: Offset
        /// Where the bytes belong in the segment's file.
        public var position: FilePosition
        public var size: ByteCount
        /// The offset after the last record in them.
        public var end: Offset
        /// Whether the bytes are what was written.
        public var isWhole: Bool
    }

    /// The frames that count in the ring's file at `path`, in order.
    ///
    /// - Returns: nil when the file has no header by which frames could be told.
    /// - Throws: `.file` when it cannot be read.
    public static func all(
        in path: String, _ fileSystem: any FileSystem
    ) throws(LogError) -> [CommitRingFrame]? {
        do throws(FileError) {
            let file = try OpenFile(path, .read, in: fileSystem)
            guard let header = try CommitRingHeader(of: file) else { return nil }
            var frames = CommitFrames(header, size: try file.size().bytes)
            var all: [CommitRingFrame] = []
            while let found = try frames.next(in: file) { all.append(try Self(found, in: file)) }
            return all
        } catch {
            throw .file(error)
        }
    }

    private init(_ found: CommitFrames.Found, in file: borrowing OpenFile) throws(FileError) {
        var entries: [Entry] = []
        for row in found.table.rows {
            let copy = try file.copyBytes(at: found.position(of: row), count: row.entry.size)
            entries.append(
                Entry(
                    folder: row.entry.folder, topicID: row.entry.topicID,
                    segmentBase: row.entry.segmentBase,
                    position: FilePosition(row.entry.position), size: ByteCount(row.entry.size),
                    end: row.entry.endOffset,
                    isWhole: row.isRight(copy.bytes(in: 0..<copy.count))))
        }
        position = FilePosition(found.position)
        sequence = found.table.sequence
        size = ByteCount(found.table.size)
        self.entries = entries
    }
}
