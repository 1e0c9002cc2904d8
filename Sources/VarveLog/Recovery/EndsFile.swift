internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// The `varve.ends` file of a log: made with the first append of an opening, rewritten after each
/// flush, removed by a clean close.
struct EndsFile: ~Copyable {
    static let fileName = "varve.ends"

    private let folder: String
    private let fileSystem: any FileSystem
    private var file: OpenFile?
    /// Whether the file's name and both slots are sure to survive a power cut.
    private(set) var isDurable = false
    /// The number of the slot that was written last.
    private(set) var sequence: UInt64
    /// Nil until the first slot is written.
    private var slot: ByteBuffer?

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
        try open()
        try write(ends)
    }

    /// Writes both slots and waits for the disk: before the flushed end may be taken back.
    mutating func publishDurably(_ ends: PublishedEnds) throws(FileError) {
        try open()
        try write(ends)
        // The second slot is touched only when the first is safe: a power cut may tear the one and
        // lose the other.
        try file?.flush()
        try write(ends)
        try file?.flush()
        if !isDurable {
            try fileSystem.flushDirectory(folder)
            isDurable = true
        }
    }

    private mutating func open() throws(FileError) {
        if file == nil { file = try OpenFile(path, .readWriteOrCreate, in: fileSystem) }
    }

    private mutating func write(_ ends: PublishedEnds) throws(FileError) {
        sequence += 1
        var ends = ends
        ends.sequence = sequence
        #if VARVE_PLANTED_BUGS
            let turn = PlantedBug.endsSlotKept.isPlanted ? 0 : Int(sequence % 2)
        #else
            let turn = Int(sequence % 2)
        #endif
        let start = PublishedEnds.Layout.slotStarts[turn]
        var slot = self.slot.take() ?? ByteBuffer(capacity: PublishedEnds.Layout.slotSize)
        slot.removeAll()
        ends.print(into: &slot)
        do throws(FileError) {
            try file?.write(slot.bytes, at: FilePosition(start))
        } catch {
            self.slot = consume slot
            throw error
        }
        self.slot = consume slot
    }

    /// Gives the descriptor back until the next publishing.
    mutating func rest() {
        file = nil
        slot = nil
    }

    /// Removes the file: the directory is closed cleanly and the checkpoints say it all.
    mutating func remove() throws(FileError) {
        file = nil
        isDurable = false
        if try fileSystem.status(at: path) != nil {
            try fileSystem.removeFile(path)
            try fileSystem.flushDirectory(folder)
        }
    }
}
