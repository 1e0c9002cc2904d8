internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// The `varve.ends` file of a log: made with the first append of an opening, rewritten after each
/// flush, removed by a clean close.
struct EndsFile: ~Copyable {
    static let fileName = "varve.ends"

    private let folder: String
    private let fileSystem: any FileSystem
    /// Nil while the file is not open.
    private var open: Open?
    /// Whether the file's name and both slots are sure to survive a power cut.
    private(set) var isDurable = false
    /// The number of the slot that was written last.
    private(set) var sequence: UInt64

    /// The file, and the bytes of a slot on their way into it.
    private final class Open {
        let file: OpenFile
        private var slot: ByteBuffer?

        init(_ file: consuming OpenFile) { self.file = file }

        func write(_ ends: PublishedEnds, at start: Int) throws(FileError) {
            var slot = self.slot.take() ?? ByteBuffer(capacity: PublishedEnds.Layout.slotSize)
            slot.removeAll()
            ends.print(into: &slot)
            do throws(FileError) {
                try file.write(slot.bytes, at: FilePosition(start))
            } catch {
                self.slot = consume slot
                throw error
            }
            self.slot = consume slot
        }
    }

    private var path: String { folder + "/" + Self.fileName }

    /// - Parameter last: what the file said when the log was opened, to go on from.
    init(folder: String, last: PublishedEnds?, in fileSystem: any FileSystem) {
        self.folder = folder
        self.fileSystem = fileSystem
        sequence = last?.sequence ?? 0
    }

    /// What the file in `folder` says; nil when there is none or neither slot is whole.
    static func load(
        folder: String, in fileSystem: any FileSystem
    ) throws(FileError) -> PublishedEnds? {
        let path = folder + "/" + Self.fileName
        guard try fileSystem.status(at: path) != nil else { return nil }
        let file = try OpenFile(path, .read, in: fileSystem)
        let copy = try file.copyBytes(at: .zero, count: PublishedEnds.Layout.fileSize)
        return PublishedEnds(file: copy.bytes(in: 0..<copy.count))
    }

    /// Writes the next slot. Nothing waits for the disk, except the first time: recovery must find
    /// the file, and a whole slot beside one that is torn.
    mutating func publish(_ ends: PublishedEnds) throws(FileError) {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.endsNameNotFlushed.isPlanted { isDurable = true }
        #endif
        guard isDurable else { return try publishDurably(ends) }
        try write(ends, to: try opened())
    }

    /// Writes both slots and waits for the disk: before the flushed end may be taken back.
    mutating func publishDurably(_ ends: PublishedEnds) throws(FileError) {
        let open = try opened()
        try write(ends, to: open)
        // The second slot is touched only when the first is safe: a power cut may tear the one and
        // lose the other.
        try open.file.flush()
        try write(ends, to: open)
        try open.file.flush()
        if !isDurable {
            try fileSystem.flushDirectory(folder)
            isDurable = true
        }
    }

    private mutating func opened() throws(FileError) -> Open {
        if let open { return open }
        let made = Open(try OpenFile(path, .readWriteOrCreate, in: fileSystem))
        open = made
        return made
    }

    private mutating func write(_ ends: PublishedEnds, to open: Open) throws(FileError) {
        sequence += 1
        var ends = ends
        ends.sequence = sequence
        #if VARVE_PLANTED_BUGS
            let turn = PlantedBug.endsSlotKept.isPlanted ? 0 : Int(sequence % 2)
        #else
            let turn = Int(sequence % 2)
        #endif
        try open.write(ends, at: PublishedEnds.Layout.slotStarts[turn])
    }

    /// Gives the descriptor back until the next publishing.
    mutating func rest() { open = nil }

    /// Removes the file: the directory is closed cleanly and the checkpoints say it all.
    mutating func remove() throws(FileError) {
        open = nil
        isDurable = false
        if try fileSystem.status(at: path) != nil {
            try fileSystem.removeFile(path)
            try fileSystem.flushDirectory(folder)
        }
    }
}
